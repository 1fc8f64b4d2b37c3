// tokens.mjs - gangway user and gangway device: each ends and renews its own tokens alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GANGWAY ?? process.env.GANGWAY_BIN ?? path.join(root, 'build', 'gangway');
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('GANGWAY')));

describe('tokens', { skip: fs.existsSync(program) ? false : `${program} is not built` }, () => {
  let dir;
  const gangway = (...args) => spawnSync(program, [...args, '--set', `store.path=${path.join(dir, 'store')}`], { env, encoding: 'utf8', timeout: 60_000 });
  const add = (...args) => {
    const r = gangway(...args);
    assert.equal(r.status, 0, r.stderr);
    return JSON.parse(r.stdout).id;
  };
  const listed = (command) => gangway(command, 'list').stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l).id);
  const made = {};
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-tokens-'));
    made.device = add('device', 'add', '--site', 'YVR');
    made.user = add('user', 'add', '--role', 'carrier', '--carrier', 'XX');
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  const rows = [
    ['device', 'revoke', 'user', /no device has this id: it is a token of role carrier, and `gangway user` is for those/],
    ['device', 'rotate', 'user', /no device has this id/],
    ['user', 'revoke', 'device', /no user has this id: it is a token of role device, and `gangway device` is for those/],
    ['user', 'rotate', 'device', /no user has this id/],
  ];
  for (const [command, verb, whose, sentence] of rows)
    test(`gangway ${command} ${verb} refuses the token of a ${whose}, which goes on`, () => {
      const r = gangway(command, verb, made[whose]);
      assert.equal(r.status, 3, r.stdout);
      assert.equal(r.stdout, '');
      assert.match(r.stderr, sentence);
      assert.deepEqual(listed(whose), [made[whose]]);
    });

  for (const command of ['device', 'user'])
    test(`gangway ${command} renews and ends its own`, () => {
      assert.equal(gangway(command, 'rotate', made[command]).status, 0);
      assert.equal(gangway(command, 'revoke', made[command]).status, 0);
      assert.deepEqual(listed(command), []);
      const none = gangway(command, 'revoke', '0'.repeat(26));
      assert.equal(none.status, 3);
      assert.match(none.stderr, /no such token/);
    });
});
