// departure.test.mjs - a voyage from manifest to close, with real faces.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const nobody = '0'.repeat(26);
const portraits = ['franck_01829.jpg', 'audrey.jpg', 'cage.jpg', 'bieber_small.jpg', 'SeanConnery.jpg', 'kim1_crop.jpg'];

describe('a departure', { skip: withoutPhotos }, () => {
  let g, id, m;
  const afters = [];
  // Liveness has tests of its own: these photos are photographs.
  before(async () => { g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0 } }); });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('a portrait may come before the manifest', async () => {
    const a = await g.portrait(photo('franck_01829.jpg'), { number: number(0), captured: '2025-05-31' });
    assert.equal(a.status, 201);
    assert.ok(a.json.quality > 50);
    assert.equal(a.json.voyages, 0);
    assert.ok(Object.keys(a.json.quality_components).includes('sharpness'));
  });

  test('the same portrait again changes nothing and says so', async () => {
    const a = await g.portrait(photo('franck_01829.jpg'), { number: number(0), captured: '2025-05-31' });
    assert.equal(a.status, 200);
    assert.equal(a.json.created, false);
  });

  test('a manifest creates the voyage', async () => {
    m = voyage([0, 1, 2, 3, 4, 5, 6].map((n) => traveler(n)));
    const a = await g.manifest(m);
    assert.equal(a.status, 201);
    assert.equal(a.json.travelers, 7);
    assert.equal(a.json.late, false);
    assert.deepEqual(a.json.problems, []);
    assert.deepEqual(a.json.statuses.map((s) => [s.reference, s.status, s.portraits]),
      [0, 1, 2, 3, 4, 5, 6].map((n) => [`R${n}`, 'expected', n === 0 ? 1 : 0]));
    id = a.json.voyage;
  });

  test('sent twice, it changes nothing', async () => {
    const a = await g.manifest(m);
    assert.equal(a.status, 200);
    assert.deepEqual([a.json.voyage, a.json.created, a.json.added, a.json.changed, a.json.removed], [id, false, 0, 0, 0]);
  });

  test('a portrait may come after the manifest, and the gallery follows', async () => {
    for (let n = 1; n < portraits.length; n++) {
      const a = await g.portrait(photo(portraits[n]), { number: number(n) });
      assert.equal(a.status, 201);
      assert.equal(a.json.voyages, 1);
    }
    const r = await g.readiness(id, 'carrier');
    assert.equal(r.status, 200);
    assert.deepEqual([r.json.portraits.expected, r.json.portraits.covered, r.json.portraits.covered_by_several], [7, 6, 0]);
    assert.deepEqual(r.json.portraits.uncovered.map((t) => t.reference), ['R6']);
    assert.deepEqual(r.json.gallery, { state: 'ready', persons: 6, templates: 6 });
  });

  test('a second portrait from another source counts as several', async () => {
    assert.equal((await g.portrait(photo('franck_02159.jpg'), { number: number(0), source: 'encounter' })).status, 201);
    const r = await g.readiness(id);
    assert.deepEqual([r.json.portraits.covered_by_several, r.json.gallery.persons, r.json.gallery.templates], [1, 6, 7]);
  });

  test('a form carries a portrait too, and a document number stays out of the address', async () => {
    const form = new FormData();
    form.set('portrait', new Blob([photo('SeanConnery.jpg')], { type: 'image/jpeg' }), 'face.jpg');
    form.set('document_number', number(90));
    form.set('issuing_state', 'UTO');
    form.set('source', 'visa');
    const packed = new Response(form);
    const a = await g.ask('PUT', '/v1/portraits', { as: 'admin', body: Buffer.from(await packed.arrayBuffer()), headers: { 'Content-Type': packed.headers.get('content-type') } });
    assert.equal(a.status, 201);
  });

  test('the board shows the voyage to its carrier, to officers and to the gate', async () => {
    for (const as of ['carrier', 'officer', 'supervisor', 'device']) {
      const a = await g.ask('GET', '/v1/voyages', { as });
      assert.deepEqual(a.json.voyages.map((v) => v.voyage), [id], as);
    }
    const one = await g.ask('GET', `/v1/voyages/${id}`, { as: 'carrier' });
    assert.deepEqual([one.json.carrier, one.json.from, one.json.to, one.json.state, one.json.travelers], ['XX', 'YVR', 'JFK', 'open', 7]);
  });

  test('another carrier and another site see nothing of it', async () => {
    for (const [as, where] of [['carrier', { carrier: 'ZZ' }], ['device', { site: 'LHR' }]]) {
      assert.deepEqual((await g.ask('GET', '/v1/voyages', { as, where })).json.voyages, []);
      assert.equal((await g.ask('GET', `/v1/voyages/${id}`, { as, where })).status, 404);
    }
    assert.equal((await g.verify(id, photo('cage.jpg'), { where: { site: 'LHR' } })).status, 404);
    assert.equal((await g.manifest(m, { where: { carrier: 'ZZ' } })).status, 403);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', where: { carrier: 'ZZ' }, json: {} })).status, 404);
  });

  test('the board filters by time, mode and port', async () => {
    const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    for (const [q, n] of [['mode=air', 1], ['mode=sea', 0], ['port=YVR', 1], ['port=JFK', 1], ['port=LHR', 0], [`from=${day}`, 0], [`to=${day}`, 1],
      [`from=${new Date().toISOString()}`, 1], ['from=2026-01-01T00:00:00%2B01:00', 1]])
      assert.equal((await g.ask('GET', `/v1/voyages?${q}`, { as: 'officer' })).json.voyages.length, n, q);
  });

  test('travelers come in pages and in the order announced', async () => {
    const seen = [];
    for (let cursor = ''; cursor !== null;) {
      const a = await g.ask('GET', `/v1/voyages/${id}/travelers?limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { as: 'officer' });
      assert.equal(a.status, 200);
      assert.ok(a.json.travelers.length <= 3);
      seen.push(...a.json.travelers.map((t) => t.reference));
      cursor = a.json.cursor;
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6].map((n) => `R${n}`));
  });

  test('somebody expected is cleared, and the gate learns reference and seat', async () => {
    const a = await g.verify(id, photo('franck_04035.jpg'));
    assert.equal(a.status, 200);
    assert.deepEqual(Object.keys(a.json).sort(), ['attempt', 'attempts_left', 'decision', 'elapsed_ms', 'guidance', 'receipt', 'traveler', 'verification']);
    assert.equal(a.json.decision, 'clear');
    assert.deepEqual(a.json.traveler, { reference: 'R0', seat: '1A' });
    assert.ok(a.json.elapsed_ms > 0);
  });

  test('the same person a second time is not cleared again, and is not named', async () => {
    const a = await g.verify(id, photo('franck_02045.jpg'));
    assert.deepEqual([a.json.decision, a.json.traveler], ['inspect', null]);
    const log = await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' });
    assert.deepEqual(log.json.verifications.map((v) => v.reason), ['matched', 'already_cleared']);
    assert.equal(log.json.verifications[1].severity, 'alert');
    assert.deepEqual(log.json.verifications[1].traveler, { reference: 'R0', seat: '1A' });
    assert.ok(log.json.verifications[0].score > log.json.verifications[0].threshold);
  });

  test('somebody not expected is asked again, then sent to a person', async () => {
    const seen = [];
    for (let i = 0; i < 3; i++) {
      const a = await g.verify(id, live('obama4_crop.jpg'));
      seen.push([a.json.decision, a.json.attempt, a.json.attempts_left, a.json.traveler]);
    }
    assert.deepEqual(seen, [['retry', 1, 2, null], ['retry', 2, 1, null], ['inspect', 3, 0, null]]);
  });

  test('a picture without a face gets guidance', async () => {
    const a = await g.verify(id, photo('ironman.jpg'));
    assert.deepEqual([a.json.decision, a.json.guidance, a.json.attempt], ['retry', 'look_at_camera', 1]);
  });

  test('with a document it is one against one', async () => {
    const right = await g.verify(id, photo('cage.jpg'), { headers: { 'X-Document-Number': number(2), 'X-Issuing-State': 'UTO' } });
    assert.deepEqual([right.json.decision, right.json.traveler?.reference], ['clear', 'R2']);
    const wrong = await g.verify(id, photo('bieber_small.jpg'), { headers: { 'X-Document-Number': number(4) } });
    assert.equal(wrong.json.decision, 'retry');
    const strange = await g.verify(id, photo('bieber_small.jpg'), { query: '?document=Z9999999' });
    assert.equal(strange.json.decision, 'inspect');
  });

  test('who declines is not searched for, and nothing adverse is said', async () => {
    const a = await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R1' } });
    assert.equal(a.status, 201);
    assert.deepEqual([a.json.decision, a.json.traveler.reference], ['inspect', 'R1']);
    const v = await g.verify(id, live('audrey_crop.jpg'));
    assert.deepEqual([v.json.decision, v.json.traveler], ['retry', null]); // nobody like that is searched for any more
    const none = await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'officer' });
    assert.deepEqual([none.status, none.json.traveler], [201, null]);
    const unknown = await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'nobody' } });
    assert.equal(unknown.status, 404);
  });

  test('a carrier never sees a reason, a score or a time of clearing', async () => {
    const t = await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'carrier' });
    for (const word of ['reason', 'score', 'threshold', 'quality', 'liveness', 'cleared_at'])
      assert.ok(!t.text.includes(`"${word}"`), word);
    const o = await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' });
    assert.ok(o.json.travelers.find((x) => x.reference === 'R0').cleared_at);
    assert.deepEqual(o.json.travelers.map((x) => x.status), ['cleared', 'declined', 'cleared', 'expected', 'expected', 'expected', 'expected']);
  });

  test('a later manifest adds and removes while boarding runs', async () => {
    const later = structuredClone(m);
    later.travelers = [...m.travelers.filter((t) => t.reference !== 'R5'), traveler(9)];
    const a = await g.manifest(later);
    assert.deepEqual([a.status, a.json.added, a.json.removed, a.json.travelers], [200, 1, 1, 7]);
    const r = await g.readiness(id);
    assert.equal(r.json.gallery.persons, 4); // without R1, who declined, and R5
    assert.equal((await g.verify(id, live('kim1_crop.jpg'))).json.traveler, null);
    assert.equal((await g.manifest(m)).json.added, 1);
  });

  test('verifications come in pages, oldest first', async () => {
    const all = (await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'supervisor' })).json.verifications;
    const paged = [];
    for (let cursor = ''; cursor !== null;) {
      const a = await g.ask('GET', `/v1/voyages/${id}/verifications?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { as: 'officer' });
      paged.push(...a.json.verifications);
      cursor = a.json.cursor;
    }
    assert.deepEqual(paged, all);
    assert.deepEqual(all.map((v) => v.at), all.map((v) => v.at).sort());
  });

  test('the counters add up', async () => {
    const text = (await g.ask('GET', '/metrics')).text;
    const value = (s) => Number(new RegExp(`^${s.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)[1]);
    const all = (await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'supervisor' })).json.verifications;
    for (const d of ['clear', 'retry', 'inspect'])
      assert.equal(value(`gangway_verifications_total{decision="${d}"}`), all.filter((v) => v.decision === d).length);
    assert.equal(value('gangway_voyages_open'), 1);
    assert.equal(value('gangway_declines_total'), 2);
  });

  test('closing says who is on board; again, it changes nothing', async () => {
    const ask = { boarded: ['R0', 'R3', 'stowaway'] };
    const a = await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: ask });
    assert.equal(a.status, 200);
    assert.deepEqual([a.json.boarded_references, a.json.unexpected, a.json.already], [['R0', 'R3'], ['stowaway'], false]);
    assert.equal(a.json.cleared_not_boarded, 1);
    assert.ok(a.json.purge_at > a.json.closed_at);
    const b = await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} });
    assert.deepEqual([b.json.already, b.json.boarded, b.json.closed_at], [true, a.json.boarded, a.json.closed_at]);
    const t = await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'carrier' });
    assert.equal(t.json.travelers.find((x) => x.reference === 'R0').status, 'boarded');
  });

  test('a closed voyage takes nothing more', async () => {
    assert.equal((await g.verify(id, photo('bieber_small.jpg'))).status, 409);
    assert.equal((await g.manifest(m)).status, 409);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R3' } })).status, 409);
  });

  test('a voyage that is not there is 404 for everybody', async () => {
    assert.equal((await g.verify(nobody, photo('cage.jpg'))).status, 404);
    for (const p of ['', '/travelers', '/readiness']) assert.equal((await g.ask('GET', `/v1/voyages/${nobody}${p}`, { as: 'officer' })).status, 404);
  });

  test('no name, number or reference is in the log', () => {
    for (const n of [0, 1, 2, 3, 4, 5, 6, 9]) {
      const t = traveler(n);
      for (const word of [t.surname, t.documents[0].number]) assert.ok(!g.stderr.includes(word), word);
    }
    for (const word of ['stowaway', 'R3', 'Z9999999', 'GIVEN']) assert.ok(!new RegExp(`\\b${word}\\b`).test(g.stderr), word);
  });
});

describe('asked once', { skip: withoutPhotos }, () => {
  let g, id;
  const afters = [];
  before(async () => {
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0 } });
    const a = await g.manifest(voyage([0, 1].map((n) => traveler(n))));
    id = a.json.voyage;
    await g.portrait(photo('cage.jpg'), { number: number(0) });
    await g.portrait(photo('franck_01829.jpg'), { number: number(1) });
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('the same key and request get the same answer, and it happened once', async () => {
    const headers = { 'Idempotency-Key': 'a1' };
    const first = await g.verify(id, live('cage2_crop.jpg'), { headers });
    const again = await g.verify(id, live('cage2_crop.jpg'), { headers });
    assert.equal(first.json.decision, 'clear');
    assert.equal(again.text, first.text);
    assert.equal(first.headers['idempotency-replayed'], undefined);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    const log = await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' });
    assert.equal(log.json.verifications.length, 1);
  });

  test('the same key with another body is 422', async () => {
    const a = await g.verify(id, photo('audrey.jpg'), { headers: { 'Idempotency-Key': 'a1' } });
    assert.deepEqual([a.status, a.json.code], [422, 'invalid']);
  });

  test('the same key with another target is 422', async () => {
    const a = await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: {}, headers: { 'Idempotency-Key': 'a1' } });
    assert.equal(a.status, 422);
  });

  test('the same key of somebody else is another key', async () => {
    const a = await g.verify(id, photo('audrey.jpg'), { where: { site: 'YVR', gate: 2 }, headers: { 'Idempotency-Key': 'a1' } });
    assert.equal(a.status, 200);
    assert.equal(a.headers['idempotency-replayed'], undefined);
  });

  test('a request that failed is tried again', async () => {
    const headers = { 'Idempotency-Key': 'a2' };
    assert.equal((await g.verify(id, Buffer.from('no picture'), { headers })).status, 415);
    assert.equal((await g.verify(id, Buffer.from('no picture'), { headers })).status, 415);
  });

  test('many at a time with one key: it happens once', async () => {
    const headers = { 'Idempotency-Key': 'a3' };
    const before = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications.length;
    const all = await Promise.all(Array.from({ length: 8 }, () => g.verify(id, photo('franck_04035.jpg'), { headers })));
    for (const a of all) assert.ok(a.status === 200 || (a.status === 409 && a.json.code === 'in_progress' && a.headers['retry-after'] === '1'), a.text);
    const done = all.filter((a) => a.status === 200);
    assert.ok(done.length >= 1);
    assert.equal(new Set(done.map((a) => a.text)).size, 1);
    const log = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications;
    assert.equal(log.length, before + 1);
  });

  test('manifests, portraits, declines and closes are asked once too', async () => {
    const m = voyage([traveler(5)]);
    for (const [i, ask] of [
      () => g.manifest(m, { headers: { 'Idempotency-Key': 'k0' } }),
      () => g.portrait(photo('audrey.jpg'), { number: number(5), headers: { 'Idempotency-Key': 'k1' } }),
      () => g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R1' }, headers: { 'Idempotency-Key': 'k2' } }),
      () => g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: {}, headers: { 'Idempotency-Key': 'k3' } }),
    ].entries()) {
      const first = await ask(), again = await ask();
      assert.ok(first.status < 300, `${i}: ${first.text}`);
      assert.deepEqual([again.status, again.text, again.headers['idempotency-replayed']], [first.status, first.text, 'true'], String(i));
    }
  });
});

describe('liveness', { skip: withoutPhotos }, () => {
  test('a picture below the asked liveness goes to a person, whoever it shows', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0.99999 } });
    const id = (await g.manifest(voyage([traveler(0)]))).json.voyage;
    await g.portrait(photo('cage.jpg'), { number: number(0) });
    assert.equal((await g.verify(id, live('cage.jpg'))).json.decision, 'inspect');
    assert.equal((await g.verify(id, photo('cage.jpg'))).json.decision, 'inspect', 'nor does one in which it cannot be measured');
    const log = await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' });
    assert.deepEqual(log.json.verifications.map((v) => v.reason), ['liveness', 'liveness']);
    assert.ok(!('liveness' in log.json.verifications[1]));
  });
});
