// examples.mjs - what integrators are given to copy, run as they would run it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, environment, folder, live, number, photo, program, root, traveler, voyage, withoutPhotos } from '../service/help/gangway.mjs';

const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function ended(child) {
  const r = { stdout: '', stderr: '' };
  for (const k of ['stdout', 'stderr']) child[k].setEncoding('utf8').on('data', (d) => { r[k] += d; });
  return new Promise((resolve) => child.on('close', (status) => resolve({ ...r, status })));
}
const run = (command, args, env) => ended(spawn(command, args, { env: { ...environment, ...env } }));

describe('examples', { skip: withoutPhotos }, () => {
  let g, at, id;
  const afters = [], t = { after: (f) => afters.push(f) };
  before(async () => {
    // Liveness has tests of its own: these photos are photographs.
    g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    at = folder(t);
    fs.writeFileSync(path.join(at, 'portrait.jpg'), photo('franck_01829.jpg'));
    fs.writeFileSync(path.join(at, 'live.jpg'), live('franck_04035.jpg'));
    fs.writeFileSync(path.join(at, 'empty.jpg'), '');
    fs.writeFileSync(path.join(at, 'other.jpg'), live('cage2_crop.jpg'));
    id = (await g.manifest(voyage([traveler(0), traveler(1)]))).json.voyage;
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(0) })).status, 201);
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(1) })).status, 201);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('walk.sh: a voyage from manifest to close with curl', { skip: has('curl') ? false : 'curl is not installed' }, async () => {
    const tokens = { GANGWAY: g.url, CARRIER: g.token('carrier'), DEVICE: g.token('device'), OFFICER: g.token('officer') };
    const walk = (picture) => run(path.join(root, 'examples', 'walk.sh'), [path.join(at, 'portrait.jpg'), path.join(at, picture)], tokens);
    const cleared = await walk('live.jpg');
    assert.equal(cleared.status, 0, cleared.stdout + cleared.stderr);
    assert.match(cleared.stdout, /"decision": ?"clear"/);
    assert.match(cleared.stdout, /"boarded": ?1/);
    // The voyage is closed now; another walk is another one. What is refused is said, with its reason.
    assert.equal((await walk('live.jpg')).status, 0);
    const refused = await run(path.join(root, 'examples', 'walk.sh'), [path.join(at, 'empty.jpg'), path.join(at, 'live.jpg')], tokens);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /walk: .*there is no picture in the request/);
  });

  test('README.md: what stands there, from the first line to the last', { skip: has('curl') && has('cc') ? false : 'curl or cc is not installed' }, async (t) => {
    const page = fs.readFileSync(path.join(root, 'examples', 'README.md'), 'utf8');
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1]);
    assert.equal(blocks.length, 3);
    for (const f of fs.readdirSync(path.join(root, 'examples'))) assert.ok(f === 'README.md' || page.includes(`\`${f}\``), f);
    const dir = folder(t), own = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    for (const f of ['portrait.jpg', 'live.jpg']) fs.copyFileSync(path.join(at, f), path.join(dir, f));
    fs.symlinkSync(path.join(root, 'examples'), path.join(dir, 'examples'));
    fs.symlinkSync(program, path.join(dir, 'gangway'));
    const script = blocks.join('\n').replace('http://127.0.0.1:8090', own.url);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: dir, env: { ...environment, GANGWAY_STORE_PATH: own.store, PATH: `${dir}:${process.env.PATH}` } });
    const r = await ended(child);
    assert.equal(r.status, 0, r.stderr);
    assert.match(r.stdout, /^clear: seat 12A$/m);
    assert.match(r.stdout, /"decision":"inspect"/);
  });

  test('gate.mjs and gate.c wait for a first try that is being looked at, and then have its answer', async () => {
    // Says "in a moment" once, as the service does to a picture it already has, and then passes on.
    const keys = [];
    const moment = http.createServer((question, answer) => {
      keys.push(question.headers['idempotency-key']);
      question.resume().on('end', () => {
        const first = keys.length % 2 === 1;
        answer.writeHead(first ? 409 : 200, { 'Content-Type': 'application/json', ...(first ? { 'Retry-After': '1' } : {}) });
        answer.end(JSON.stringify(first ? { code: 'in_progress', detail: 'the same request is still being answered' }
          : { decision: 'clear', guidance: null, traveler: { reference: 'R1', seat: '1A' } }));
      });
    });
    await new Promise((resolve) => moment.listen(0, '127.0.0.1', resolve));
    try {
      for (const { command, args } of [await gates['gate.mjs'](), await gates['gate.c']()]) {
        const r = await run(command, [...args, 'voyage', path.join(at, 'live.jpg')], { GANGWAY: `http://127.0.0.1:${moment.address().port}`, DEVICE: 'x' });
        assert.equal(r.status, 0, r.stderr);
      }
      assert.equal(keys.length, 4);
      assert.deepEqual([keys[0], keys[2]], [keys[1], keys[3]], 'one picture, one key');
    } finally { moment.close(); }
  });

  const gates = {
    'gate.mjs': async () => ({ command: process.execPath, args: [path.join(root, 'examples', 'gate.mjs')] }),
    'gate.c': async () => {
      const out = path.join(at, 'gate');
      const built = spawnSync('cc', ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-o', out, path.join(root, 'examples', 'gate.c'), '-lcurl'], { encoding: 'utf8' });
      assert.equal(built.status, 0, built.stderr);
      return { command: out, args: [] };
    },
  };
  for (const [name, start] of Object.entries(gates))
    test(`${name}: clear is 0, another face is 1, no service is 2`, async () => {
      const { command, args } = await start();
      const voyageId = (await g.manifest(voyage([traveler(0)]))).json.voyage;
      const env = { GANGWAY: g.url, DEVICE: g.token('device') };
      const cleared = await run(command, [...args, voyageId, path.join(at, 'live.jpg')], env);
      assert.equal(cleared.status, 0, cleared.stderr);
      assert.match(cleared.stdout, /clear/);
      const other = await run(command, [...args, voyageId, path.join(at, 'other.jpg')], env);
      assert.equal(other.status, 1, other.stderr);
      const refused = await run(command, [...args, voyageId, path.join(at, 'live.jpg')], { ...env, DEVICE: 'gw_nobody' });
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /401/);
      const list = (await g.ask('GET', `/v1/voyages/${voyageId}/verifications`, { as: 'officer' })).json.verifications;
      assert.equal(list.length, 2, 'each picture is one decision');
    });
});
