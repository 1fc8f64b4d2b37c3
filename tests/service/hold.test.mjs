// hold.test.mjs - legal holds on the real program: what is due of the voyage stays until the last of them ends, and what
// is not due goes on as if there had been none. The clock is moved from outside (tests/support/shift.c).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, folder, live, number, photo, program, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const shim = path.join(path.dirname(program), 'tests', 'shift.so');
const skip = withoutPhotos || (!fs.existsSync(shim) ? `${shim} is not built` : /asan/.test(program) ? 'the sanitizer comes first' : false);
const HOUR = 3_600_000;

describe('legal holds', { skip }, () => {
  let g, clock, hours = 0, n = 0;
  const afters = [];
  const t = { after: (f) => afters.push(f) };
  before(async () => {
    clock = path.join(folder(t), 'shift');
    fs.writeFileSync(clock, Buffer.alloc(8));
    g = await Gangway.start(t, { set: { 'verify.attempts': 1, 'log.level': 'warn', 'photos.per_hour': 1000 }, env: { LD_PRELOAD: shim, SHIFT_FILE: clock } });
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const now = () => Date.now() + hours * HOUR;
  const settle = () => new Promise((resolve) => setTimeout(resolve, 2500)); // what is due is found every second
  const pass = async (more) => {
    hours += more;
    const b = Buffer.alloc(8);
    b.writeBigInt64LE(BigInt(hours) * BigInt(HOUR) * 1000n);
    const fd = fs.openSync(clock, 'r+'); // in place: it is mapped
    fs.writeSync(fd, b);
    fs.closeSync(fd);
    await settle();
  };
  const at = (ms) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  const depart = async () => {
    const v = (await g.manifest(voyage([traveler(n)], { departure: at(now() + HOUR), arrival: at(now() + 8 * HOUR) }))).json.voyage;
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(n++) })).status, 201);
    return v;
  };
  // Of a stranger, whose case a supervisor looks at.
  const take = async (v) => {
    assert.equal((await g.verify(v, live('cage.jpg'))).status, 200);
    const all = (await g.ask('GET', `/v1/voyages/${v}/verifications`, { as: 'officer' })).json.verifications;
    return all[all.length - 1];
  };
  const see = async (p) => (await g.ask('GET', `/v1/photos/${p.photo}?purpose=investigation&case=${p.verification}`, { as: 'supervisor' })).status;
  const hold = async (v, lasts) => {
    const a = await g.ask('POST', `/v1/voyages/${v}/holds`, { as: 'admin', json: { reason: 'C-2026/17', until: new Date(now() + lasts * HOUR).toISOString() } });
    assert.equal(a.status, 201, a.text);
    return a.json.hold;
  };
  const release = async (h) => {
    assert.equal((await g.ask('POST', `/v1/holds/${h}/release`, { as: 'admin', json: {} })).status, 200);
    await settle();
  };
  const close = async (v) => assert.equal((await g.ask('POST', `/v1/voyages/${v}/close`, { as: 'officer', json: {} })).status, 200);
  const kept = async (name) => (await g.ask('GET', '/v1/reports/retention', { as: 'auditor' })).json.classes.find((c) => c.class === name).kept;
  const overAge = async () => (await g.ask('GET', '/v1/reports/retention', { as: 'auditor' })).json.over_age;

  test('released within seconds, it takes nothing with it that is not due', async () => {
    const v = await depart(), p = await take(v);
    await release(await hold(v, 20 * 24));
    assert.equal(await see(p), 200);
    assert.equal(await kept('portrait_photo'), 1);
    await close(v);
    await pass(14);
    assert.deepEqual([await see(p), await kept('probe'), await kept('portrait_photo')], [404, 0, 0]);
  });

  for (const [how, end] of [['ends', () => pass(6)], ['is released', release]])
    test(`placed again for longer, it goes on when the first ${how}`, async () => {
      const v = await depart(), p = await take(v), first = await hold(v, 18), second = await hold(v, 30 * 24);
      await close(v);
      await pass(14);
      assert.equal(await see(p), 200);
      await end(first);
      assert.equal(await see(p), 200);
      assert.equal((await g.ask('GET', `/v1/voyages/${v}/travelers`, { as: 'officer' })).json.travelers.length, 1);
      assert.equal(await overAge(), 0);
      await release(second);
      assert.deepEqual([await see(p), await kept('probe'), await kept('portrait_photo')], [404, 0, 0]);
    });

  test('what is taken after it was placed stays, and so does the portrait', async () => {
    const v = await depart(), h = await hold(v, 20 * 24), p = await take(v);
    await pass(14); // open: only the live picture is due
    assert.equal(await see(p), 200);
    await close(v);
    await pass(14);
    assert.equal(await see(p), 200);
    assert.equal(await kept('portrait_photo'), 1);
    const traveler = (await g.ask('GET', `/v1/voyages/${v}/travelers`, { as: 'officer' })).json.travelers[0];
    assert.equal(traveler.portraits, 1);
    assert.equal(await overAge(), 0);
    await release(h);
    assert.deepEqual([await see(p), await kept('probe'), await kept('portrait_photo')], [404, 0, 0]);
  });
});
