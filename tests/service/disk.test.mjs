// disk.test.mjs - a disk that is full or cannot be written, and what is on another one: backups.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Gangway, folder, live, number, photo, run, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const does = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

// A small disk of its own, or null where this user may not mount one.
function disk(t, size) {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-disk-'));
  const is = does('mount', '-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'gangway-test', at);
  t.after(() => {
    if (is) does('umount', '-l', at);
    fs.rmdirSync(at);
  });
  return is ? at : null;
}

// What the file system promises not to change; null where there is no such promise.
function freezer(t) {
  const at = folder(t), probe = path.join(at, 'probe');
  fs.writeFileSync(probe, '');
  const fd = fs.openSync(probe, 'r+');
  const can = does('chattr', '+i', probe);
  let holds = false;
  if (can) try { fs.writeSync(fd, 'x'); } catch { holds = true; }
  fs.closeSync(fd);
  if (can) does('chattr', '-i', probe);
  return holds ? at : null;
}

function fill(at) {
  const name = path.join(at, 'filler'), fd = fs.openSync(name, 'w');
  for (const piece of [Buffer.alloc(1 << 20), Buffer.alloc(4096), Buffer.alloc(1)])
    for (;;) try { fs.writeSync(fd, piece); } catch { break; }
  fs.closeSync(fd);
  return name;
}

async function board(g, n = 3) {
  const files = ['franck_01829.jpg', 'audrey.jpg', 'cage.jpg', 'kim1_crop.jpg'];
  for (let i = 0; i < n; i++) assert.equal((await g.portrait(photo(files[i]), { number: number(i) })).status, 201);
  return (await g.manifest(voyage([...Array(n).keys()].map((i) => traveler(i))))).json.voyage;
}

const verifications = async (g, id) => (await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'officer' })).json.verifications;

// While nothing can be written: every verb that would, says so.
async function refused(g, id, why) {
  for (const a of [await g.verify(id, live('franck_04035.jpg')), await g.manifest(voyage([traveler(7)])),
    await g.portrait(photo('audrey_crop.jpg'), { number: number(50) }), await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} })]) {
    assert.equal(a.status, 503, a.text);
    assert.equal(a.json.code, 'unavailable', a.text);
    assert.match(a.json.detail, why);
    assert.doesNotMatch(a.text, new RegExp(g.store), 'an outsider does not learn where it is kept');
  }
  const ready = await g.ask('GET', '/readyz');
  assert.equal(ready.status, 503);
  assert.equal((await g.ask('GET', '/healthz')).status, 200);
}

async function recovered(g, id) {
  const a = await g.verify(id, live('franck_04035.jpg'));
  assert.equal(a.status, 200, a.text);
  assert.equal(a.json.decision, 'clear');
  for (let i = 0; (await g.ask('GET', '/readyz')).status !== 200; i++) {
    assert.ok(i < 200, 'ready again');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok((await verifications(g, id)).some((v) => v.verification === a.json.verification));
}

describe('a disk', { skip: withoutPhotos }, () => {
  test('that is full: 503 and why; with room again it goes on without a restart, and nothing is lost', async (t) => {
    const at = disk(t, '96m');
    if (at === null) return t.skip('a tmpfs can be mounted by root only');
    const g = await Gangway.start(t, { store: path.join(at, 'store'), set: { 'verify.liveness': 0 } });
    const id = await board(g);
    const kept = await g.verify(id, live('cage2_crop.jpg'));
    assert.equal(kept.json.decision, 'clear');
    g.token('officer');
    g.token('device');
    const filler = fill(at);
    // What is written over in the log needs no room; sooner or later it does.
    let a;
    for (let i = 0; i < 500 && a?.status !== 503; i++) a = await g.manifest(voyage([...Array(20).keys()].map((k) => traveler(100 + 20 * i + k))));
    await refused(g, id, /(is full: make room|No space left on device); nothing was done/);
    fs.unlinkSync(filler);
    await recovered(g, id);
    assert.ok((await verifications(g, id)).some((v) => v.verification === kept.json.verification));
    await g.signal('SIGTERM');
    const after = await Gangway.start(t, { store: g.store, set: g.set });
    after.tokens = g.tokens;
    assert.ok((await verifications(after, id)).some((v) => v.verification === kept.json.verification));
  });

  test('that cannot be written any more: the same', async (t) => {
    const at = freezer(t);
    if (at === null) return t.skip('files cannot be made immutable here (chattr +i, as root, ext4 or xfs)');
    const g = await Gangway.start(t, { store: path.join(at, 'store'), set: { 'verify.liveness': 0 } });
    const id = await board(g);
    g.token('officer');
    g.token('device');
    const files = ['gangway.db', 'gangway.db-wal'].map((f) => path.join(g.store, f));
    t.after(() => does('chattr', '-i', ...files));
    assert.ok(does('chattr', '+i', ...files));
    await refused(g, id, /store\.path cannot be written: .*; nothing was done/);
    assert.ok(does('chattr', '-i', ...files));
    await recovered(g, id);
  });

  test('that is full at the start is refused with what to do', async (t) => {
    const at = disk(t, '4m');
    if (at === null) return t.skip('a tmpfs can be mounted by root only');
    const g = await Gangway.start(t, { store: path.join(at, 'store'), expectFailure: true });
    assert.equal(g.result.code, 3);
    assert.match(g.stderr, /MiB are free for store\.path.*make room/);
  });

  test('mounted read-only is refused at the start with what to do', async (t) => {
    const at = disk(t, '96m');
    if (at === null) return t.skip('a tmpfs can be mounted by root only');
    fs.mkdirSync(path.join(at, 'store'), { mode: 0o700 });
    assert.ok(does('mount', '-o', 'remount,ro', at));
    const g = await Gangway.start(t, { store: path.join(at, 'store'), expectFailure: true });
    assert.equal(g.result.code, 3);
    assert.match(g.stderr, /store\.path .* cannot be written: Read-only file system/);
  });
});

describe('a backup', { skip: withoutPhotos }, () => {
  const set = { 'verify.liveness': 0 };

  // As docs/operations.md says for a damaged database: the copy as gangway.db, the keys as they are now.
  function restore(t, g, copy) {
    const store = path.join(folder(t), 'store');
    fs.mkdirSync(store, { mode: 0o700 });
    fs.copyFileSync(copy, path.join(store, 'gangway.db'));
    for (const keys of ['master.key', 'keyring'])
      if (fs.existsSync(path.join(g.store, keys))) fs.copyFileSync(path.join(g.store, keys), path.join(store, keys));
    return store;
  }

  test('taken while gates and carriers are at work holds all that was answered before', async (t) => {
    const g = await Gangway.start(t, { set });
    const id = await board(g), at = folder(t), file = path.join(at, 'one.backup');
    let over = false, made = 0;
    g.token('officer');
    const before = [];
    for (const f of ['franck_04035.jpg', 'cage2_crop.jpg']) before.push((await g.verify(id, live(f))).json);
    const crowd = async () => {
      for (; !over; made++) assert.ok((await g.manifest(voyage([traveler(200 + made)]))).status < 300);
    };
    const working = [crowd(), crowd()];
    const b = await new Promise((resolve) => setTimeout(() => resolve(g.cli('backup', file)), 50));
    over = true;
    await Promise.all(working);
    assert.equal(b.status, 0, b.stderr);
    assert.equal(b.json.file, file);
    assert.equal(b.json.bytes, fs.statSync(file).size);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(fs.readdirSync(at), ['one.backup'], 'nothing else is left there');
    assert.ok(made > 0);
    // In the log before it began, and with what it is; the copy's own log says that it was begun.
    const entries = (where, name) => {
      const out = path.join(folder(t), name);
      assert.equal(where.cli('audit', 'export', out).status, 0);
      return fs.readFileSync(out, 'utf8').split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l)).filter((e) => e.kind === 'backup');
    };
    const digest = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
    assert.deepEqual(entries(g, 'log').map((e) => [e.answer, e.count, e.digest]), [['begun', undefined, undefined], ['made', b.json.bytes, digest]]);

    const restored = await Gangway.start(t, { store: restore(t, g, file), set });
    restored.tokens = g.tokens;
    assert.deepEqual(entries(restored, 'old').map((e) => e.answer), ['begun']);
    const list = await verifications(restored, id);
    for (const v of before) assert.ok(list.some((r) => r.verification === v.verification && r.decision === v.decision));
    assert.equal(restored.cli('doctor', '--json').stdout.trim().split('\n').map((l) => JSON.parse(l)).find((c) => c.check === 'store').state, 'ok');
  });

  test('is taken from a store nobody serves, too', async (t) => {
    const g = await Gangway.start(t, { set });
    await board(g, 1);
    await g.signal('SIGTERM');
    const file = path.join(folder(t), 'b');
    assert.equal(g.cli('backup', file).status, 0);
    assert.ok(fs.statSync(file).size > 0);
  });

  test('replaces nothing, makes no store, and leaves nothing where it fails', async (t) => {
    const g = await Gangway.start(t, { set });
    const at = folder(t), file = path.join(at, 'b');
    fs.writeFileSync(file, 'mine');
    const there = g.cli('backup', file);
    assert.equal(there.status, 1);
    assert.match(there.stderr, /is there already/);
    assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
    assert.equal(g.cli('backup', path.join(at, 'no', 'folder')).status, 3);
    assert.equal(g.cli('backup').status, 2);
    assert.equal(run(['backup', path.join(at, 'x'), '--set', `store.path=${path.join(at, 'none')}`]).status, 3);
    assert.deepEqual(fs.readdirSync(at), ['b']);
    const small = disk(t, '64k');
    if (small === null) return t.skip('a tmpfs can be mounted by root only');
    const full = g.cli('backup', path.join(small, 'b'));
    assert.equal(full.status, 3);
    assert.match(full.stderr, /the backup's disk is full/);
    assert.deepEqual(fs.readdirSync(small), []);
    assert.equal((await g.ask('GET', '/readyz')).status, 200);
  });
});
