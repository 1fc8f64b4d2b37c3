// example.test.mjs - the commands of docs/api.md, as they stand there, one after the other in one shell. Between them
// and the service stands one that writes down what was asked: every route has to be among it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Gangway, environment, folder, live, photo, program, root, withoutPhotos } from './help/gangway.mjs';

// The same keys, and the same kinds of value in them; of lists, the first item stands for all.
function shape(value) {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === 'quality_components' ? 'numbers' : shape(v)]));
}

// Passes everything on, and holds each answer to /openapi.json.
async function witness(t, g) {
  const asked = [];
  const server = http.createServer((question, answer) => {
    const on = http.request(`${g.url}${question.url}`, { method: question.method, headers: question.headers, agent: false }, (a) => {
      const pieces = [], one = { method: question.method, target: question.url, status: a.statusCode };
      asked.push(one);
      answer.writeHead(a.statusCode, a.headers);
      a.on('data', (d) => { pieces.push(d); answer.write(d); });
      a.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        try {
          g.hold(one.method, one.target, { status: one.status, headers: a.headers, text, json: /json/.test(a.headers['content-type'] ?? '') ? JSON.parse(text) : null });
        } catch (e) { one.wrong = e; }
        answer.end();
      });
      a.on('error', () => answer.destroy());
    });
    on.on('error', () => answer.destroy());
    answer.on('close', () => on.destroy());
    question.pipe(on);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

function shell(script, options) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], options);
  const r = { stdout: '', stderr: '' };
  for (const k of ['stdout', 'stderr']) child[k].setEncoding('utf8').on('data', (d) => { r[k] += d; });
  return new Promise((resolve) => child.on('exit', (status) => resolve({ ...r, status })));
}

test('docs/api.md: every route has an example, they work, and answer what stands there', { skip: withoutPhotos }, async (t) => {
  const page = fs.readFileSync(path.join(root, 'docs/api.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```(?:\s*```json\n([\s\S]*?)```)?/g)].map((m) => ({ script: m[1], want: m[2] && JSON.parse(m[2]) }));
  assert.equal(blocks.length * 2 + 2 * blocks.filter((b) => b.want).length, [...page.matchAll(/^```/gm)].length, 'every block is a command, or the answer behind it');

  const g = await Gangway.start(t), dir = folder(t), between = await witness(t, g);
  fs.writeFileSync(path.join(dir, 'portrait.jpg'), photo('franck_01829.jpg'));
  fs.writeFileSync(path.join(dir, 'live.jpg'), live('franck_01829.jpg'));
  fs.symlinkSync(program, path.join(dir, 'gangway'));
  const script = blocks.map((b, i) => `${b.script.replace('http://127.0.0.1:8090', between.url)}\nprintf '\\n@@%d\\n' ${i}`).join('\n');
  const r = await shell(script, { cwd: dir, timeout: 120_000, env: { ...environment, GANGWAY_STORE_PATH: g.store, PATH: `${dir}:${process.env.PATH}` } });
  const got = r.stdout.split(/\n@@\d+\n/);
  assert.equal(r.status, 0, `${r.stderr}\nafter: ${blocks[got.length - 2]?.script}`);

  for (const [i, b] of blocks.entries()) {
    if (!b.want) {
      assert.doesNotMatch(got[i], /^\{"type":"urn:gangway:problem/m, b.script);
      continue;
    }
    const is = JSON.parse(got[i]);
    assert.deepEqual(shape(is), shape(b.want), b.script);
    for (const k of ['decision', 'status', 'code', 'traveler', 'boarded', 'travelers', 'created', 'result', 'state', 'boarding_status', 'undone', 'carrier', 'guidance', 'attempt', 'attempts_left'])
      assert.deepEqual(k in is && typeof is[k] !== 'object' ? is[k] : null, k in b.want && typeof b.want[k] !== 'object' ? b.want[k] : null, `${k}: ${got[i]}`);
  }
  assert.match(got[blocks.findIndex((b) => b.script.includes('/v1/events'))], /^id: \d+\nevent: decision\ndata: \{"event":"decision".*"decision":"clear"/m);

  // A new route without an example fails here; and no example is refused because it is written wrongly.
  const routes = Object.entries(g.openapi.paths).flatMap(([at, of]) => Object.keys(of).map((method) => [`${method.toUpperCase()} ${at}`, method.toUpperCase(),
    new RegExp(`^${at.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`)]));
  const shown = (method, fits) => between.asked.filter((a) => a.method === method && fits.test(a.target.split('?')[0]));
  assert.deepEqual(routes.filter(([, method, fits]) => shown(method, fits).length === 0).map(([name]) => name), [], 'routes without an example');
  for (const a of between.asked) {
    assert.equal(a.wrong, undefined, `${a.method} ${a.target}: ${a.wrong?.message}`);
    assert.ok(![400, 401, 405, 415].includes(a.status), `${a.method} ${a.target}: ${a.status}`);
  }
});
