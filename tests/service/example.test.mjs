// example.test.mjs - the commands of docs/api.md, as they stand there, one after the other in one shell.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Gangway, environment, folder, live, photo, program, root, withoutPhotos } from './help/gangway.mjs';

// The same keys, and the same kinds of value in them; of lists, the first item stands for all.
function shape(value) {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === 'quality_components' ? 'numbers' : shape(v)]));
}

test('docs/api.md: its examples work, and answer what stands there', { skip: withoutPhotos }, async (t) => {
  const page = fs.readFileSync(path.join(root, 'docs/api.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```(?:\s*```json\n([\s\S]*?)```)?/g)].map((m) => ({ script: m[1], want: m[2] && JSON.parse(m[2]) }));
  assert.ok(blocks.length >= 9, String(blocks.length));
  assert.equal(blocks.filter((b) => b.want).length, [...page.matchAll(/```json\n/g)].length, 'every answer follows its command');

  const g = await Gangway.start(t), dir = folder(t);
  fs.writeFileSync(path.join(dir, 'portrait.jpg'), photo('franck_01829.jpg'));
  fs.writeFileSync(path.join(dir, 'live.jpg'), live('franck_01829.jpg'));
  fs.symlinkSync(program, path.join(dir, 'gangway'));
  const script = blocks.map((b, i) => `${b.script.replace('http://127.0.0.1:8090', g.url)}\nprintf '\\n@@%d\\n' ${i}`).join('\n');
  const r = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: dir, encoding: 'utf8', timeout: 60_000,
    env: { ...environment, GANGWAY_STORE_PATH: g.store, PATH: `${dir}:${process.env.PATH}` } });
  assert.equal(r.status, 0, r.stderr);
  const got = r.stdout.split(/\n@@\d+\n/);
  for (const [i, b] of blocks.entries()) {
    if (!b.want) continue;
    assert.deepEqual(shape(JSON.parse(got[i])), shape(b.want), b.script);
    for (const k of ['decision', 'status', 'code', 'traveler', 'boarded', 'travelers', 'created']) assert.deepEqual(JSON.parse(got[i])[k], b.want[k], `${k}: ${got[i]}`);
  }
  assert.match(got[blocks.findIndex((b) => b.script.includes('/v1/events'))], /^id: \d+\nevent: decision\ndata: \{"event":"decision".*"decision":"clear"/m);
});
