// kill.test.mjs - kill -9 in the middle of work, fifty times over one store. What was
// answered is there, nothing is there by half, and asking again is safe.
import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Listener } from './help/listen.mjs';
import { Gangway, folder, live, number, photo, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const rounds = 50;
const enrolled = ['franck_01829.jpg', 'audrey.jpg', 'cage.jpg', 'bieber_small.jpg', 'SeanConnery.jpg', 'kim1_crop.jpg'];
const comes = ['franck_04035.jpg', 'audrey_crop.jpg', 'cage2_crop.jpg', 'kim1_crop.jpg', 'joconde.jpg'];

// A request that may be cut off: what was answered, or null.
const maybe = (promise) => promise.catch(() => null);

// Verifications that were told of a voyage, from the beginning: at least n, and what comes right behind them.
async function told(g, voyage, n) {
  const afters = [];
  const l = await Listener.open({ after: (f) => afters.push(f) }, g, { as: 'officer', after: 0, query: `?voyage=${voyage}` });
  const decisions = () => l.events.filter((e) => e.event === 'decision');
  if (n > 0) await l.kind('decision', n);
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const f of afters) f();
  return decisions().map((e) => e.data.verification).sort();
}

class Round {
  constructor(n) {
    this.travelers = enrolled.map((_, i) => traveler(i));
    this.manifest = voyage(this.travelers, { number: String(2000 + n) });
    this.asked = []; // { key, what, file, answer }
    this.announced = null;
    this.added = 0;
  }

  async work(g, until) {
    this.announced = await maybe(g.manifest(this.manifest, { headers: { 'Idempotency-Key': this.key ??= randomUUID() } }));
    if (this.announced === null) return;
    const id = this.announced.json.voyage;
    const gate = async (n) => {
      for (let i = n; !until.over; i++) {
        const one = { key: randomUUID(), file: comes[i % comes.length], gate: n, answer: null };
        this.asked.push(one);
        one.answer = await maybe(g.verify(id, live(one.file), { where: { site: 'YVR', gate: n }, headers: { 'Idempotency-Key': one.key } }));
        if (one.answer === null) return;
        until.answers++;
      }
    };
    const carrier = async () => {
      for (let i = 0; !until.over; i++) {
        const more = { ...this.manifest, travelers: [...this.manifest.travelers, traveler(100 + i)] };
        const a = await maybe(g.manifest(more));
        this.manifest = more;
        if (a === null) return;
        assert.equal(a.json.travelers, more.travelers.length);
        this.added = i + 1;
      }
    };
    await Promise.all([gate(0), gate(1), gate(2), carrier()]);
  }

  // After the restart.
  async check(g, label) {
    if (this.announced === null) { // nobody was told: all of it or nothing
      const again = await g.manifest(this.manifest, { headers: { 'Idempotency-Key': this.key } });
      assert.equal(again.json.travelers, enrolled.length, label);
      return 0;
    }
    const id = this.announced.json.voyage;
    const list = [];
    for (let cursor = ''; cursor !== null;) {
      const a = await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { as: 'officer' });
      list.push(...a.json.verifications);
      cursor = a.json.cursor;
    }
    const people = (await g.ask('GET', `/v1/voyages/${id}/travelers?limit=500`, { as: 'officer' })).json.travelers;
    const recorded = new Map(list.map((v) => [v.verification, v]));
    assert.equal(recorded.size, list.length, `${label}: each decision once`);

    let acknowledged = 0;
    for (const { answer } of this.asked) {
      if (answer === null || answer.status === 503) continue;
      assert.equal(answer.status, 200, `${label}: ${answer.text}`);
      const v = recorded.get(answer.json.verification);
      assert.ok(v, `${label}: a decision that was answered is recorded`);
      for (const k of ['decision', 'guidance', 'attempt', 'attempts_left']) assert.equal(v[k], answer.json[k], `${label}: ${k}`);
      if (answer.json.decision === 'clear') assert.equal(v.traveler.reference, answer.json.traveler.reference, label);
      acknowledged++;
    }

    // Not by half: who is cleared was cleared by exactly one decision, and the other way round.
    const clears = list.filter((v) => v.decision === 'clear').map((v) => v.traveler.reference);
    assert.equal(new Set(clears).size, clears.length, `${label}: nobody is cleared twice`);
    assert.deepEqual(people.filter((p) => p.status === 'cleared').map((p) => p.reference).sort(), [...clears].sort(), `${label}: statuses are the decisions'`);
    const expected = enrolled.length + this.added;
    assert.ok(people.length === expected || people.length === expected + 1, `${label}: ${people.length} travelers after ${this.added} additions were answered`);
    for (const p of people) assert.ok(p.surname && p.given_names && p.seat, `${label}: a traveler is whole`);

    // With each decision, in the same moment: it was told once, and who was sent to a human waits for one.
    const heard = await told(g, id, list.length);
    assert.deepEqual(heard, [...recorded.keys()].sort(), `${label}: each decision is an event, once`);
    const sent = (await g.ask('GET', `/v1/inspections?limit=500&voyage=${id}`, { as: 'officer' })).json.inspections.map((i) => i.reason);
    assert.deepEqual(sent.sort(), list.filter((v) => v.decision === 'inspect').map((v) => v.reason).sort(), `${label}: inspections are the decisions'`);

    // What was cut off is asked again: done before or done now, but once.
    const cut = this.asked.filter((a) => a.answer === null);
    const before = list.length;
    let done = 0;
    for (const a of cut) {
      const again = await g.verify(id, live(a.file), { where: { site: 'YVR', gate: a.gate }, headers: { 'Idempotency-Key': a.key } });
      assert.equal(again.status, 200, again.text);
      done += recorded.has(again.json.verification) ? 0 : 1;
    }
    const now = (await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'officer' })).json.verifications.length;
    assert.ok(now === Math.min(500, before + done), `${label}: ${before} and ${done} more are ${now}`);
    return acknowledged;
  }
}

test('fifty times killed at work, no acknowledged decision is lost and none is there by half', { skip: withoutPhotos }, async (t) => {
  const store = `${folder(t)}/store`;
  const set = { 'verify.liveness': 0, 'verify.attempts': 20, 'log.level': 'error' };
  let g = await Gangway.start(t, { store, set });
  for (const [i, f] of enrolled.entries()) assert.equal((await g.portrait(photo(f), { number: number(i) })).status, 201);
  for (const w of [0, 1, 2]) g.token('device', { site: 'YVR', gate: w });
  const tokens = (g.token('carrier'), g.token('officer'), g.tokens);
  let acknowledged = 0, cut = 0;
  for (let n = 0; n < rounds; n++) {
    const round = new Round(n), until = { over: false, answers: 0 };
    const working = round.work(g, until);
    // At any moment of the work, however fast the machine is: after so many answers, and a little.
    const enough = randomInt(0, 12);
    do await new Promise((resolve) => setTimeout(resolve, randomInt(1, 30))); while (until.answers < enough);
    await g.kill();
    until.over = true;
    await working;
    cut += round.asked.filter((a) => a.answer === null).length;
    g = await Gangway.start(t, { store, set });
    g.tokens = tokens;
    acknowledged += await round.check(g, `round ${n}`);
  }
  // And the log has each of them, once.
  const { size } = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'auditor' })).json;
  const logged = [];
  for (let from = 0; from < size; from += 1000)
    logged.push(...(await g.ask('GET', `/v1/audit/entries?from=${from}&limit=1000`, { as: 'auditor' })).json.entries.map((e) => JSON.parse(e)).filter((e) => e.kind === 'verify'));
  assert.equal(new Set(logged.map((e) => e.subject)).size, logged.length);
  assert.ok(logged.length >= acknowledged, `${logged.length} in the log, ${acknowledged} answered`);
  await g.signal('SIGTERM');
  const doctor = g.cli('doctor', '--json');
  const line = doctor.stdout.trim().split('\n').map((l) => JSON.parse(l)).find((c) => c.check === 'store');
  assert.equal(line.state, 'ok', line.text);
  t.diagnostic(`${acknowledged} decisions were answered, ${cut} were cut off`);
  // Else the machine was too slow for the test to have tested anything.
  assert.ok(acknowledged > rounds && cut > rounds, `${acknowledged} answered, ${cut} cut off`);
});
