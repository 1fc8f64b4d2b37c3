// examples.mjs - what integrators are given to copy, run as they would run it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, environment, folder, live, number, photo, root, traveler, voyage, withoutPhotos } from '../service/help/gangway.mjs';

const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function run(command, args, env) {
  const child = spawn(command, args, { env: { ...environment, ...env } });
  const r = { stdout: '', stderr: '' };
  for (const k of ['stdout', 'stderr']) child[k].setEncoding('utf8').on('data', (d) => { r[k] += d; });
  return new Promise((resolve) => child.on('exit', (status) => resolve({ ...r, status })));
}

describe('examples', { skip: withoutPhotos }, () => {
  let g, at, id;
  const afters = [], t = { after: (f) => afters.push(f) };
  before(async () => {
    // Liveness has tests of its own: these photos are photographs.
    g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    at = folder(t);
    fs.writeFileSync(path.join(at, 'portrait.jpg'), photo('franck_01829.jpg'));
    fs.writeFileSync(path.join(at, 'live.jpg'), live('franck_04035.jpg'));
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
  });

  for (const [name, start] of [
    ['gate.mjs', async () => ({ command: process.execPath, args: [path.join(root, 'examples', 'gate.mjs')] })],
    ['gate.c', async () => {
      const out = path.join(at, 'gate');
      const built = spawnSync('cc', ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-o', out, path.join(root, 'examples', 'gate.c'), '-lcurl'], { encoding: 'utf8' });
      assert.equal(built.status, 0, built.stderr);
      return { command: out, args: [] };
    }],
  ])
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
