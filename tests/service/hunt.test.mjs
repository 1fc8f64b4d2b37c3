// hunt.test.mjs - the byte hunt on the real program: after a purge nothing of a person is in any file it has, nor in the
// memory of any of its processes (a core dump holds less). The clock is moved from outside (tests/support/shift.c).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, filesIn, folder, live, number, photo, program, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const shim = path.join(path.dirname(program), 'tests', 'shift.so');
const tool = path.join(path.dirname(program), 'tests', 'picture');
const skip = withoutPhotos || (!fs.existsSync(shim) ? `${shim} is not built` : /asan/.test(program) ? 'the sanitizer keeps freed memory' : false);
// Every process of the program: itself, the one that makes children, and these.
function processes(pid) {
  const children = fs.readdirSync(`/proc/${pid}/task`).flatMap((t) =>
    fs.readFileSync(`/proc/${pid}/task/${t}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number));
  return [pid, ...children.flatMap(processes)];
}

// Which of the needles stand in the memory of a process.
function inMemory(pid, needles) {
  const found = new Set();
  const mem = fs.openSync(`/proc/${pid}/mem`);
  for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const m = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line);
    if (!m || /\[v(var|syscall|dso)|\.onnx$/.test(line)) continue;
    const end = parseInt(m[2], 16);
    for (let at = parseInt(m[1], 16); at < end; at += 1 << 24) {
      const piece = Buffer.alloc(Math.min((1 << 24) + 64, end - at));
      try { fs.readSync(mem, piece, 0, piece.length, at); } catch { continue; }
      for (const [name, bytes] of needles) if (!found.has(name) && piece.includes(bytes)) found.add(`${name} in ${line.slice(line.indexOf(' ')).trim()}`);
    }
  }
  fs.closeSync(mem);
  return [...found];
}

function inFiles(dir, needles) {
  const files = filesIn(dir), found = [];
  for (const file of files) {
    const bytes = fs.readFileSync(file);
    for (const [name, b] of needles) if (bytes.includes(b)) found.push(`${name} in ${path.relative(dir, file)}`);
  }
  assert.ok(files.length >= 3, 'there are files to look into');
  return found;
}

describe('the byte hunt', { skip }, () => {
  let g, id, clock, needles;
  const afters = [];
  const t = { after: (f) => afters.push(f) };
  const sent = { portrait: photo('franck_01829.jpg'), probe: live('franck_01829.jpg'), stranger: live('cage.jpg') };
  const moveTo = (hours) => {
    const b = Buffer.alloc(8);
    b.writeBigInt64LE(BigInt(hours) * 3_600_000_000n);
    const fd = fs.openSync(clock, 'r+'); // in place: it is mapped
    fs.writeSync(fd, b);
    fs.closeSync(fd);
  };
  const metric = async (name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await g.ask('GET', '/metrics', { unchecked: true })).text.replace(/[{}]/g, '.'))?.[1]);
  const until = async (what, name) => {
    for (let i = 0; i < 100; i++) {
      if (await what()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(name);
  };

  before(async () => {
    clock = path.join(folder(t), 'shift');
    fs.writeFileSync(clock, Buffer.alloc(8));
    g = await Gangway.start(t, { set: { 'verify.attempts': 1, 'log.level': 'warn' }, env: { LD_PRELOAD: shim, SHIFT_FILE: clock } });
    needles = Object.entries(sent).flatMap(([name, bytes]) => {
      const file = path.join(folder(t), `${name}.jpg`);
      fs.writeFileSync(file, bytes);
      const row = Buffer.from(execFileSync(tool, ['row', '240', file], { encoding: 'utf8' }).trim(), 'hex');
      // Its bytes as they came, at three places, and its pixels, where it is not one flat color.
      return [[`${name} begin`, bytes.subarray(700, 748)], [`${name} middle`, bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 48)],
        [`${name} end`, bytes.subarray(bytes.length - 100, bytes.length - 52)], [`${name} pixels`, row.subarray(row.length >> 1, (row.length >> 1) + 48)]];
    });
    needles.push(['surname', Buffer.from('HUNTEDSURNAME')], ['document', Buffer.from(number(0))]);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('while it is kept, it is sealed in the files', async () => {
    const person = { ...traveler(0), surname: 'HUNTEDSURNAME' };
    id = (await g.manifest(voyage([person]))).json.voyage;
    assert.equal((await g.portrait(sent.portrait, { number: number(0) })).status, 201);
    for (const p of [sent.probe, sent.probe, sent.stranger]) assert.equal((await g.verify(id, p)).status, 200);
    assert.equal((await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers[0].surname, 'HUNTEDSURNAME');
    const v = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications;
    assert.equal((await g.ask('GET', `/v1/photos/${v[2].photo}?purpose=investigation&case=${v[2].verification}`, { as: 'supervisor' })).status, 200);
    assert.deepEqual(inFiles(g.store, needles), []);
    assert.ok(fs.readdirSync(path.join(g.store, 'photos')).length > 0);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} })).status, 200);
  });

  test('a clock set back does not keep anything longer; set forward, what is due dies within seconds', async () => {
    moveTo(-3);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(await metric('gangway_purged_total.what="voyages".'), 0);
    moveTo(13);
    await until(async () => await metric('gangway_purged_total.what="voyages".') === 1, 'the voyage was purged');
    await until(async () => await metric('gangway_purged_total.what="photos".') >= 3, 'its pictures, too');
    assert.equal(await metric('gangway_retention_over_age'), 0);
    assert.deepEqual(fs.readdirSync(path.join(g.store, 'photos')), []);
  });

  test('afterwards it is in no file', () => assert.deepEqual(inFiles(g.store, needles), []));

  test('nor in the memory of any of its processes', (t) => {
    try { fs.closeSync(fs.openSync(`/proc/${g.child.pid}/mem`)); } catch { t.skip('reading the memory of another process takes root'); return; }
    const all = processes(g.child.pid);
    assert.ok(all.length >= 3, 'there are children to look into');
    assert.ok(inMemory(g.child.pid, [['the address', Buffer.from('http.listen')]]).length > 0, 'the hunt finds what is there');
    assert.deepEqual(all.flatMap((pid) => inMemory(pid, needles).map((f) => `${f} (${fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`)), []);
  });

  test('and it leaves no core file', () => {
    const limits = fs.readFileSync(`/proc/${g.child.pid}/limits`, 'utf8');
    assert.match(limits, /Max core file size\s+0\s+0\s/);
  });
});
