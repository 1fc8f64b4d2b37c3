// desk.test.mjs - who is sent to a human, what the human may decide, and who hears of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos, withoutProgram } from './help/gangway.mjs';
import { Listener } from './help/listen.mjs';

const wrong = 'cage.jpg', right = 'audrey.jpg';

describe('inspections', { skip: withoutPhotos }, () => {
  let g, id, officer, other;
  const afters = [], t = { after: (f) => afters.push(f) };
  const ask = (method, target, json, as = 'officer', more = {}) => g.ask(method, target, { as, ...(json === undefined ? {} : { json }), ...more });
  const queue = async (query = '', as = 'officer') => (await ask('GET', `/v1/inspections${query}`, undefined, as)).json.inspections;
  // A face that is not the holder's, until a human is sent for. Says which inspection it opened.
  const mismatch = async (n, face = wrong) => {
    const known = new Set((await queue()).map((i) => i.inspection));
    let a;
    do {
      a = await g.verify(id, live(face), { headers: { 'X-Document-Number': number(n), 'X-Issuing-State': 'UTO' } });
      assert.equal(a.status, 200, a.text);
      assert.notEqual(a.json.decision, 'clear');
    } while (a.json.decision === 'retry');
    return (await queue()).find((i) => !known.has(i.inspection));
  };

  before(async () => {
    g = await Gangway.start(t, { set: { 'verify.liveness': 0, 'inspection.lease': '2s' } });
    // Grown up, a child, and one without a portrait.
    const all = [traveler(0), traveler(1, { birth_date: '2020-05-05' }), traveler(2), traveler(3), traveler(4)];
    id = (await g.manifest(voyage(all))).json.voyage;
    for (const n of [0, 1, 3]) assert.equal((await g.portrait(photo(n === 3 ? 'kim1_crop.jpg' : right), { number: number(n) })).status, 201);
    officer = await Listener.open(t, g, { as: 'officer' });
    other = g.token('officer', { site: 'YVR' });
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('a mismatch of a grown-up cannot be overridden, only referred, and supervisors hear of it', async () => {
    const supervisor = await Listener.open(t, g, { as: 'supervisor' });
    const i = await mismatch(0);
    assert.deepEqual([i.cause, i.reason, i.state, i.mismatch, i.may_clear, i.traveler.reference], ['verification', 'named_mismatch', 'open', true, false, 'R0']);
    const at = `/v1/inspections/${i.inspection}`;
    const c = (await ask('GET', at)).json;
    assert.equal(c.verification.reason, 'named_mismatch');
    assert.ok(c.verification.score < c.verification.threshold);
    assert.equal(c.candidate.reference, 'R0');
    assert.equal(c.traveler.documents[0].number, number(0));
    assert.equal(c.traveler.birth_date, '1980-01-01');
    for (const method of ['document', 'biographic', 'fingerprint', 'biometric_recheck']) {
      const a = await ask('POST', `${at}/outcome`, { method, result: 'cleared' });
      assert.equal(a.status, 409, `${method}: ${a.text}`);
      assert.match(a.json.detail, method === 'biometric_recheck' ? /refer|verification/ : /refer it/);
    }
    assert.equal((await ask('GET', at)).json.state, 'open', 'a refused outcome leaves nothing');
    const r = await ask('POST', `${at}/outcome`, { method: 'document', result: 'referred' });
    assert.deepEqual([r.status, r.json.state, r.json.result, r.json.closed_at], [200, 'referred', 'referred', null]);
    const [alert] = await supervisor.wait((e) => e.event === 'alert' && e.data.kind === 'referral');
    assert.equal(alert.data.inspection, i.inspection);
    assert.equal(alert.data.traveler.reference, 'R0');

    // It is the supervisor's now, and not by the document alone.
    assert.equal((await ask('POST', `${at}/outcome`, { method: 'fingerprint', result: 'cleared' })).status, 409);
    assert.equal((await ask('POST', `${at}/outcome`, { method: 'document', result: 'cleared' }, 'supervisor')).status, 409);
    assert.equal((await ask('POST', `${at}/outcome`, { method: 'document', result: 'referred' }, 'supervisor')).status, 409);
    const d = await ask('POST', `${at}/outcome`, { method: 'fingerprint', result: 'denied' }, 'supervisor');
    assert.deepEqual([d.status, d.json.state, d.json.result, d.json.traveler.status], [200, 'closed', 'denied', 'denied']);
    assert.equal((await ask('POST', `${at}/outcome`, { method: 'fingerprint', result: 'cleared' }, 'supervisor')).status, 409);

    const open = (await ask('GET', '/v1/alerts?state=open', undefined, 'supervisor')).json.alerts.find((x) => x.alert === alert.data.alert);
    assert.deepEqual([open.kind, open.traveler.reference], ['referral', 'R0']);
    const nameless = (await ask('GET', '/v1/alerts', undefined, 'auditor')).json.alerts.find((x) => x.alert === open.alert);
    assert.equal(nameless.traveler, null);
    assert.deepEqual((await ask('GET', '/v1/alerts', undefined, 'admin')).json.alerts, [], 'alerts about travelers are not for admins');
    const taken = await ask('POST', `/v1/alerts/${open.alert}/acknowledge`, {}, 'supervisor');
    assert.equal(taken.json.state, 'acknowledged');
    const again = await ask('POST', `/v1/alerts/${open.alert}/acknowledge`, {}, 'supervisor');
    assert.equal(again.json.acknowledged_at, taken.json.acknowledged_at);
    assert.equal((await ask('POST', `/v1/alerts/${open.alert}/acknowledge`, {}, 'admin')).status, 404);
  });

  test('who referred it does not decide it', async () => {
    const i = await mismatch(3);
    const at = `/v1/inspections/${i.inspection}/outcome`;
    assert.equal((await ask('POST', at, { method: 'document', result: 'referred' }, 'supervisor')).status, 200);
    assert.equal((await ask('POST', at, { method: 'fingerprint', result: 'cleared' }, 'supervisor')).status, 409);
    const second = g.token('supervisor', { site: 'YVR' });
    const a = await g.ask('POST', at, { token: second, json: { method: 'fingerprint', result: 'cleared' } });
    assert.deepEqual([a.status, a.json.traveler.status], [200, 'inspected']);
  });

  test('a mismatch below the age of the rule pack an officer may let pass', async () => {
    const i = await mismatch(1);
    assert.deepEqual([i.mismatch, i.may_clear], [true, true]);
    const a = await ask('POST', `/v1/inspections/${i.inspection}/outcome`, { method: 'document', result: 'cleared' });
    assert.deepEqual([a.status, a.json.state, a.json.traveler.status], [200, 'closed', 'inspected']);
    const [e] = await officer.wait((x) => x.event === 'traveler' && x.data.traveler.reference === 'R1');
    assert.equal(e.data.status, 'inspected');
  });

  test('searched among all and like nobody: a mismatch for whoever has a portrait, and for nobody else', async () => {
    const known = new Set((await queue()).map((i) => i.inspection));
    let a;
    do a = await g.verify(id, live('SeanConnery.jpg')); while (a.json.decision === 'retry');
    assert.equal(a.json.decision, 'inspect');
    const i = (await queue()).find((x) => !known.has(x.inspection));
    assert.deepEqual([i.reason, i.traveler, i.mismatch], ['below_threshold', null, false]);
    const at = `/v1/inspections/${i.inspection}/outcome`;
    assert.equal((await ask('POST', at, { method: 'document', result: 'cleared' })).status, 422, 'whose document was it?');
    assert.equal((await ask('POST', at, { method: 'document', result: 'cleared', reference: 'nobody' })).status, 404);
    assert.equal((await ask('POST', at, { method: 'document', result: 'cleared', document_number: number(0), issuing_state: 'UTO' })).status, 409,
      'R0 has portraits, and this is not that face');
    const c = await ask('POST', at, { method: 'document', result: 'cleared', reference: 'R4' });
    assert.deepEqual([c.status, c.json.traveler.reference, c.json.traveler.status], [200, 'R4', 'inspected']);
  });

  test('a recheck that clears settles a mismatch', async () => {
    const again = (await g.manifest(voyage([traveler(20)]))).json.voyage;
    assert.equal((await g.portrait(photo(right), { number: number(20) })).status, 201);
    let a;
    do a = await g.verify(again, live(wrong), { headers: { 'X-Document-Number': number(20) } }); while (a.json.decision === 'retry');
    const [i] = await queue(`?voyage=${again}`);
    const at = `/v1/inspections/${i.inspection}/outcome`;
    assert.equal((await ask('POST', at, { method: 'biometric_recheck', result: 'cleared' })).status, 409);
    assert.equal((await g.verify(again, live(right), { headers: { 'X-Document-Number': number(20) } })).json.decision, 'clear');
    const c = await ask('POST', at, { method: 'biometric_recheck', result: 'cleared' });
    assert.deepEqual([c.status, c.json.method, c.json.traveler.status], [200, 'biometric_recheck', 'cleared']);
  });

  test('a case is one officer’s while he has it, and anybody’s when his time is over', async () => {
    const i = await mismatch(0);
    const at = `/v1/inspections/${i.inspection}`;
    const a = await ask('POST', `${at}/claim`, {});
    assert.deepEqual([a.status, a.json.state], [200, 'claimed']);
    assert.ok(Date.parse(a.json.claimed_until) > Date.parse(a.json.claimed_at));
    assert.deepEqual((await queue('?state=claimed')).map((x) => x.inspection), [i.inspection]);
    assert.ok(!(await queue('?state=open')).some((x) => x.inspection === i.inspection));
    for (const [what, json] of [['claim', {}], ['outcome', { method: 'document', result: 'denied' }]])
      assert.equal((await g.ask('POST', `${at}/${what}`, { token: other, json })).status, 409, what);
    assert.equal((await ask('POST', `${at}/claim`, {})).status, 200, 'again is fine for who has it');
    let b;
    do b = await g.ask('POST', `${at}/claim`, { token: other, json: {} }); while (b.status === 409);
    assert.equal(b.status, 200);
    assert.equal(b.json.claimed_at, a.json.claimed_at, 'the first claim is what the report counts');
    assert.equal((await ask('POST', `${at}/outcome`, { method: 'document', result: 'denied' })).status, 409);
    assert.equal((await g.ask('POST', `${at}/outcome`, { token: other, json: { method: 'document', result: 'denied' } })).status, 200);
  });

  test('an outcome sent again under its key is one outcome', async () => {
    const i = await mismatch(3, 'franck_01829.jpg');
    const send = () => ask('POST', `/v1/inspections/${i.inspection}/outcome`, { method: 'document', result: 'referred' }, 'officer', { headers: { 'Idempotency-Key': 'o-1' } });
    const first = await send(), second = await send();
    assert.equal(first.status, 200);
    assert.equal(second.text, first.text);
    assert.equal(second.headers['idempotency-replayed'], 'true');
    assert.equal((await ask('GET', '/v1/alerts?kind=referral', undefined, 'supervisor')).json.alerts.filter((x) => x.inspection === i.inspection).length, 1);
  });

  test('a decline opens an inspection that holds nothing against anybody', async () => {
    const d = await ask('POST', `/v1/voyages/${id}/declines`, { reference: 'R2' }, 'device');
    assert.equal(d.status, 201);
    const [i] = (await queue(`?voyage=${id}`)).filter((x) => x.decline === d.json.decline);
    assert.deepEqual([i.cause, i.reason, i.severity, i.mismatch, i.may_clear, i.traveler.reference], ['decline', 'declined', 'routine', false, true, 'R2']);
    const c = (await ask('GET', `/v1/inspections/${i.inspection}`)).json;
    assert.deepEqual([c.verification, c.candidate, c.traveler.portraits], [null, null, []]);
    const a = await ask('POST', `/v1/inspections/${i.inspection}/outcome`, { method: 'document', result: 'cleared' });
    assert.deepEqual([a.status, a.json.traveler.status], [200, 'inspected']);
    const alerts = (await ask('GET', `/v1/alerts?voyage=${id}`, undefined, 'supervisor')).json.alerts;
    assert.ok(alerts.every((x) => x.inspection !== i.inspection));
    const rows = (await ask('GET', '/v1/reports/inspections', undefined, 'auditor')).json.rows.filter((x) => x.site === 'YVR');
    const declines = rows.find((x) => x.cause === 'decline'), others = rows.find((x) => x.cause === 'verification');
    assert.deepEqual([declines.opened, declines.cleared], [1, 1]);
    assert.ok(others.opened >= 5 && others.denied >= 2);
    assert.ok(declines.to_outcome.median_s >= 0 && others.to_claim.p90_s >= others.to_claim.median_s);
    const metrics = (await g.ask('GET', '/metrics')).text;
    assert.match(metrics, /gangway_inspections_total\{cause="decline"\} 1\n/);
    assert.match(metrics, /gangway_inspection_wait_seconds_count\{until="outcome"\} [1-9]/);
  });

  test('officers of another site and carriers see none of it', async () => {
    const elsewhere = g.token('officer', { site: 'LHR' });
    const [i] = await queue();
    assert.deepEqual((await g.ask('GET', '/v1/inspections', { token: elsewhere })).json.inspections, []);
    assert.deepEqual((await g.ask('GET', '/v1/inspections?site=YVR', { token: elsewhere })).json.inspections, []);
    assert.equal((await g.ask('GET', `/v1/inspections/${i.inspection}`, { token: elsewhere })).status, 404);
    assert.equal((await ask('GET', '/v1/inspections', undefined, 'carrier')).status, 403);
  });

  test('what nobody looked at lapses when the voyage is closed', async () => {
    const i = await mismatch(3, 'franck_01829.jpg');
    assert.equal((await ask('POST', `/v1/voyages/${id}/close`, {}, 'carrier')).status, 200);
    const c = (await ask('GET', `/v1/inspections/${i.inspection}`)).json;
    assert.deepEqual([c.state, c.result, c.method], ['closed', 'lapsed', null]);
  });
});

describe('one person, one pass', { skip: withoutPhotos }, () => {
  let g, second;
  const afters = [], t = { after: (f) => afters.push(f) };
  const ask = (method, target, json, as = 'officer', more = {}) => g.ask(method, target, { as, ...(json === undefined ? {} : { json }), ...more });
  const outcome = (i, json, as) => ask('POST', `/v1/inspections/${i.inspection}/outcome`, json, as);
  const open = async (id) => (await ask('GET', `/v1/inspections?voyage=${id}&state=open`)).json.inspections;
  const status = async (id, reference) => (await ask('GET', `/v1/voyages/${id}/travelers`)).json.travelers.find((x) => x.reference === reference).status;
  const alerts = async (id) => (await ask('GET', `/v1/alerts?voyage=${id}`, undefined, 'supervisor')).json.alerts.map((x) => x.kind);
  const named = (n) => ({ headers: { 'X-Document-Number': number(n), 'X-Issuing-State': 'UTO' } });
  // A voyage with somebody whose face is `right`.
  let n = 0;
  const announce = async (...more) => {
    const id = (await g.manifest(voyage([traveler(++n), ...more], { number: String(5000 + n) }))).json.voyage;
    assert.equal((await g.portrait(photo(right), { number: number(n) })).status, 201);
    return [id, `R${n}`, n];
  };
  const mismatch = async (id, who) => {
    let a;
    do a = await g.verify(id, live(wrong), named(who)); while (a.json.decision === 'retry');
    assert.equal(a.json.decision, 'inspect');
    return (await open(id)).at(-1);
  };
  const declined = async (id, json = {}) => {
    const d = await ask('POST', `/v1/voyages/${id}/declines`, json, 'device');
    assert.equal(d.status, 201, d.text);
    return (await open(id)).find((x) => x.decline === d.json.decline);
  };

  before(async () => {
    g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    second = g.token('supervisor', { site: 'YVR' });
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('who was refused is cleared by no other gate, and by no officer', async () => {
    const [id, reference, who] = await announce();
    const i = await mismatch(id, who);
    assert.equal((await outcome(i, { method: 'document', result: 'referred' })).status, 200);
    assert.equal((await outcome(i, { method: 'fingerprint', result: 'denied' }, 'supervisor')).json.traveler.status, 'denied');
    const a = await g.verify(id, live(right));
    assert.deepEqual([a.json.decision, a.json.traveler], ['inspect', null]);
    assert.equal((await ask('GET', `/v1/voyages/${id}/verifications`)).json.verifications.at(-1).reason, 'denied');
    assert.equal(await status(id, reference), 'denied');
    const [again] = await open(id);
    assert.equal(again.traveler.reference, reference);
    assert.equal((await outcome(again, { method: 'biographic', result: 'cleared' })).status, 409);
    assert.equal((await outcome(again, { method: 'document', result: 'cleared' }, 'supervisor')).status, 409);
    assert.equal((await outcome(again, { method: 'fingerprint', result: 'cleared' }, 'supervisor')).json.traveler.status, 'inspected');
  });

  test('what is no override in one case is none by way of another', async () => {
    const [id, reference, who] = await announce();
    const i = await mismatch(id, who);
    const way = await declined(id);
    const clear = { method: 'document', result: 'cleared', reference };
    assert.match((await outcome(way, clear)).json.detail, /refer that one/);
    assert.equal((await outcome(i, { method: 'document', result: 'referred' })).status, 200);
    for (const as of ['officer', 'supervisor']) assert.match((await outcome(way, clear, as)).json.detail, /a supervisor decides that one/);
    assert.equal(await status(id, reference), 'expected');
    assert.equal((await outcome(i, { method: 'fingerprint', result: 'cleared' }, 'supervisor')).json.traveler.status, 'inspected');
  });

  test('two mismatches that were both referred do not wait for each other', async () => {
    const [id, reference, who] = await announce();
    const both = [await mismatch(id, who), await mismatch(id, who)];
    for (const i of both) assert.equal((await outcome(i, { method: 'document', result: 'referred' })).status, 200);
    for (const i of both)
      assert.equal((await g.ask('POST', `/v1/inspections/${i.inspection}/outcome`, { token: second, json: { method: 'fingerprint', result: 'cleared' } })).status, 200);
    assert.equal(await status(id, reference), 'inspected');
  });

  test('passed by an officer and then seen by a gate is a second pass', async () => {
    const [id, reference] = await announce();
    assert.equal((await outcome(await declined(id), { method: 'document', result: 'cleared', reference })).json.traveler.status, 'inspected');
    assert.deepEqual(await alerts(id), []);
    assert.equal((await g.verify(id, live(right))).json.decision, 'inspect');
    assert.equal((await ask('GET', `/v1/voyages/${id}/verifications`)).json.verifications.at(-1).reason, 'already_cleared');
    assert.deepEqual(await alerts(id), ['duplicate_clear']);
  });

  test('cleared by a gate and then passed by an officer is one, too; a case that was open before is not', async () => {
    const [id, reference] = await announce();
    const before = await declined(id);
    assert.equal((await g.verify(id, live(right))).json.decision, 'clear');
    assert.equal((await outcome(before, { method: 'document', result: 'cleared', reference })).json.traveler.status, 'cleared');
    assert.deepEqual(await alerts(id), []);
    const after = await declined(id);
    assert.equal((await outcome(after, { method: 'document', result: 'cleared', reference })).status, 200);
    assert.deepEqual(await alerts(id), ['duplicate_clear']);
  });

  test('who was refused while he was off the list comes back refused', async () => {
    const [id, reference, who] = await announce(traveler(80));
    const i = await mismatch(id, who);
    const list = (all) => g.manifest(voyage(all, { number: String(5000 + who) }));
    assert.equal((await list([traveler(80)])).json.voyage, id);
    assert.equal((await outcome(i, { method: 'document', result: 'denied' })).status, 200);
    assert.equal((await list([traveler(who), traveler(80)])).json.voyage, id);
    assert.equal(await status(id, reference), 'denied');
  });

  test('a document that two people have names neither of them', async () => {
    const mine = { documents: [{ type: 'P', number: number(90), issuing_state: 'UTO', expiry_date: '2030-01-01' }] };
    const [id] = await announce(traveler(91, mine), traveler(92, { ...mine, surname: 'OTHERNAME', birth_date: '2024-02-02' }));
    assert.equal((await g.portrait(photo('kim1_crop.jpg'), { number: number(90) })).status, 201);
    for (let i = 0; i < 4; i++) assert.equal((await g.verify(id, live('kim1_crop.jpg'), named(90))).json.decision, 'inspect');
    assert.equal((await ask('GET', `/v1/voyages/${id}/verifications`)).json.verifications.at(-1).reason, 'near_tie');
    const by = { document_number: number(90), issuing_state: 'UTO' };
    const said = await ask('POST', '/v1/boarding-status', { voyage: id, ...by, boarding_status: 'inhibited' }, 'carrier');
    assert.deepEqual([said.status, said.json.code], [409, 'conflict']);
    assert.match(said.json.detail, /say the reference/);
    const i = await declined(id, by); // to decline fails on nothing
    assert.equal(i.traveler, null);
    assert.equal((await outcome(i, { method: 'document', result: 'cleared', ...by })).status, 409);
    assert.equal((await outcome(i, { method: 'document', result: 'cleared', reference: 'R92' })).json.traveler.status, 'inspected');
    assert.equal(await status(id, 'R91'), 'expected');
  });
});

describe('the vetting authority', { skip: withoutPhotos }, () => {
  let g, id;
  const afters = [], t = { after: (f) => afters.push(f) };
  const say = (boarding_status, more = {}, as = 'carrier', where) =>
    g.ask('POST', '/v1/boarding-status', { as, where, json: { voyage: id, reference: 'R0', boarding_status, ...more } });
  const status = async (reference = 'R0') =>
    (await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers.find((x) => x.reference === reference).status;
  const last = async () => (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications.at(-1);

  before(async () => {
    g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    id = (await g.manifest(voyage([traveler(0), traveler(1)]))).json.voyage;
    assert.equal((await g.portrait(photo(right), { number: number(0) })).status, 201);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('an unsolicited word undoes a clear that has not boarded, and the gate hears at once', async () => {
    const gate = await Listener.open(t, g, { as: 'device' });
    const far = await Listener.open(t, g, { as: 'device', where: { site: 'LHR' } });
    const supervisor = await Listener.open(t, g, { as: 'supervisor' });
    assert.equal((await g.verify(id, live(right))).json.decision, 'clear');
    assert.equal(await status(), 'cleared');
    const a = await say('inhibited');
    assert.deepEqual([a.status, a.json.changed, a.json.undone, a.json.status], [200, true, true, 'expected']);
    assert.equal(await status(), 'expected');
    const shown = (await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers.find((x) => x.reference === 'R0');
    assert.equal(shown.cleared_at, undefined, 'a clear that was undone is none');
    const [e] = await gate.kind('boarding_status');
    assert.deepEqual([e.data.traveler, e.data.decision, e.data.undone], [{ reference: 'R0', seat: '1A' }, 'inspect', true]);
    assert.ok(!JSON.stringify(gate.events).includes('inhibited'), 'that, and not why');
    assert.equal((await supervisor.kind('boarding_status'))[0].data.boarding_status, 'inhibited');
    await supervisor.wait((x) => x.event === 'alert' && x.data.kind === 'clear_undone');
    const [i] = (await g.ask('GET', `/v1/inspections?voyage=${id}`, { as: 'officer' })).json.inspections;
    assert.deepEqual([i.cause, i.reason, i.traveler.boarding_status], ['boarding_status', 'inhibited', 'inhibited']);
    const c = await g.ask('POST', `/v1/inspections/${i.inspection}/outcome`, { as: 'officer', json: { method: 'document', result: 'cleared' } });
    assert.equal(c.status, 409, 'not while the authority says no');
    assert.deepEqual(far.events, []);
  });

  test('inhibited never clears', async () => {
    const v = await g.verify(id, live(right));
    assert.deepEqual([v.json.decision, v.json.traveler], ['inspect', null]);
    assert.equal((await last()).reason, 'inhibited');
    assert.equal(await status(), 'expected');
  });

  test('whoever holds the receipt, the gate, the carrier and the log are not told why', async () => {
    const about = { inhibited: 'inhibited', not_expected: 'not_expected' }, told = {};
    for (const word of Object.keys(about)) {
      const gate = await Listener.open(t, g, { as: 'device' }), carrier = await Listener.open(t, g, { as: 'carrier' });
      const v = await g.verify(id, live(right), word === 'inhibited' ? {} : { headers: { 'X-Document-Number': 'NOBODYS1', 'X-Issuing-State': 'UTO' } });
      assert.equal(v.json.decision, 'inspect');
      assert.equal((await last()).reason, word, 'officers read it');
      const receipt = await g.ask('GET', `/v1/receipts/${v.json.receipt}`);
      assert.deepEqual([receipt.status, receipt.json.outcome], [200, 'see_officer']);
      const entry = JSON.parse(receipt.json.proofs[0].entry);
      assert.deepEqual([entry.kind, entry.answer, 'reason' in entry, 'person' in entry], ['verify', 'inspect', false, false]);
      await gate.kind('inspection');
      await carrier.kind('decision');
      told[word] = [v.text, receipt.text, JSON.stringify(gate.events), JSON.stringify(carrier.events)];
      for (const text of told[word]) for (const secret of ['reason', word]) assert.ok(!text.includes(secret), `${secret} in ${text}`);
      assert.ok([...gate.events, ...carrier.events].every((e) => e.data.traveler === null), 'nor is it told apart by whether it is known who it is');
    }
    const all = (await g.ask('GET', '/v1/audit/entries?limit=1000', { as: 'auditor' })).json.entries.map((e) => JSON.parse(e));
    const verified = all.filter((e) => e.kind === 'verify');
    assert.ok(verified.length >= 3 && verified.every((e) => !('reason' in e)));
  });

  test('said again, it changes nothing; said earlier, neither', async () => {
    assert.equal((await say('inhibited')).json.changed, false);
    const old = await say('cleared', { as_of: '2026-01-01T00:00:00Z' });
    assert.deepEqual([old.status, old.json.changed, old.json.boarding_status], [200, false, 'inhibited']);
    assert.equal((await say('cleared', { as_of: new Date(Date.now() + 3_600_000).toISOString() })).status, 422);
  });

  test('cleared again, the face clears again; a selectee is looked at by a human once', async () => {
    assert.equal((await say('cleared')).json.changed, true);
    assert.equal((await g.verify(id, live(right))).json.decision, 'clear');
    assert.deepEqual((({ undone, status: s }) => [undone, s])((await say('selectee')).json), [true, 'expected']);
    assert.equal((await g.verify(id, live(right))).json.decision, 'inspect');
    assert.equal((await last()).reason, 'selectee');
    const [i] = (await g.ask('GET', `/v1/inspections?voyage=${id}&state=open`, { as: 'officer' })).json.inspections.filter((x) => x.reason === 'selectee');
    const c = await g.ask('POST', `/v1/inspections/${i.inspection}/outcome`, { as: 'officer', json: { method: 'document', result: 'cleared' } });
    assert.equal(c.json.traveler.status, 'inspected');
    assert.equal((await g.verify(id, live(right))).json.decision, 'clear');
  });

  test('who is not on the voyage, whose voyage it is not, and what is no status', async () => {
    assert.equal((await say('cleared', { reference: 'R99' })).status, 404);
    assert.equal((await say('cleared', {}, 'carrier', { carrier: 'ZZ' })).status, 404);
    assert.equal((await say('boarded')).status, 422);
    assert.equal((await say('cleared', { reference: null })).status, 422);
  });
});

// Who is in the air is told of at once: the authority is heard as long as it is known who travels.
describe('the vetting authority after the close', { skip: withoutProgram }, () => {
  const rows = [
    { who: 'R0', word: 'inhibited', status: 'boarded', alerts: ['R0'], label: 'on board and not allowed to be: supervisors are alerted' },
    { who: 'R0', word: 'cleared', status: 'boarded', alerts: ['R0'], label: 'allowed again: nothing is undone' },
    { who: 'R1', word: 'inhibited', status: 'not_boarded', alerts: ['R0'], label: 'not on board: it is recorded, and nobody is alerted' },
    { who: 'R2', word: 'selectee', status: 'boarded', alerts: ['R0'], label: 'on board and to be looked at: too late for that' },
  ];
  let g, id;
  const afters = [], t = { after: (f) => afters.push(f) };
  before(async () => {
    g = await Gangway.start(t);
    id = (await g.manifest(voyage([traveler(0), traveler(1), traveler(2)]))).json.voyage;
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: { boarded: ['R0', 'R2'] } })).status, 200);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });
  for (const row of rows)
    test(row.label, async () => {
      const a = await g.ask('POST', '/v1/boarding-status', { as: 'carrier', json: { voyage: id, reference: row.who, boarding_status: row.word } });
      assert.deepEqual([a.status, a.json.boarding_status, a.json.changed, a.json.undone, a.json.status], [200, row.word, true, false, row.status], a.text);
      const { alerts } = (await g.ask('GET', `/v1/alerts?voyage=${id}`, { as: 'supervisor' })).json;
      assert.deepEqual(alerts.map((x) => [x.kind, x.traveler.reference]), row.alerts.map((who) => ['inhibited_on_board', who]));
      assert.deepEqual((await g.ask('GET', `/v1/inspections?voyage=${id}`, { as: 'officer' })).json.inspections, []);
      assert.equal((await g.ask('GET', `/v1/voyages/${id}`, { as: 'officer' })).json.state, 'closed');
    });
});

describe('events', { skip: withoutProgram }, () => {
  let g, id, other;
  const afters = [], t = { after: (f) => afters.push(f) };
  const decline = (reference, at = id) => g.ask('POST', `/v1/voyages/${at}/declines`, { as: 'device', json: { reference } });

  before(async () => {
    g = await Gangway.start(t);
    id = (await g.manifest(voyage([...Array(40).keys()].map((n) => traveler(n))))).json.voyage;
    other = (await g.manifest(voyage([traveler(50)], { carrier: 'ZZ', from: 'LHR', to: 'CDG' }), { where: { carrier: 'ZZ' } })).json.voyage;
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('each role has its own view, and nobody hears of what is not theirs', async () => {
    const roles = { device: {}, carrier: {}, officer: {}, supervisor: {}, auditor: {}, admin: {} };
    const l = {};
    for (const as of Object.keys(roles)) l[as] = await Listener.open(t, g, { as });
    const rival = await Listener.open(t, g, { as: 'carrier', where: { carrier: 'ZZ' } });
    const far = await Listener.open(t, g, { as: 'device', where: { site: 'LHR' } });
    assert.equal((await decline('R1')).status, 201);
    for (const as of ['device', 'carrier', 'officer', 'supervisor'])
      assert.deepEqual((({ reference, seat }) => [reference, seat])((await l[as].kind('decline'))[0].data.traveler), ['R1', '2A'], as);
    const [seen] = await l.auditor.kind('decline');
    assert.equal(seen.data.traveler, undefined);
    await l.officer.kind('inspection');
    // The end of what was told: everything before it has arrived where it was to arrive.
    await g.ask('POST', `/v1/voyages/${other}/close`, { as: 'officer', json: {} });
    await rival.kind('voyage');
    await far.kind('voyage');
    await l.officer.wait((e) => e.event === 'voyage' && e.data.voyage === other);
    // How ready it is may be told late, on a busy machine.
    assert.ok(rival.events.every((e) => e.data.voyage === other) && far.events.every((e) => e.data.voyage === other));
    assert.ok(l.device.events.every((e) => e.data.voyage === id) && l.carrier.events.every((e) => e.data.voyage === id));
    assert.deepEqual(l.admin.events, []);
    // A carrier never learns why, nor that there is an inspection; a gate not why.
    assert.deepEqual([...new Set(l.carrier.events.map((e) => e.event).filter((e) => e !== 'readiness'))], ['decline']);
    for (const as of ['carrier', 'device']) {
      const text = JSON.stringify(l[as].events);
      for (const word of ['reason', 'score', 'severity', 'photo', 'cause', 'SURNAME']) assert.ok(!text.includes(word), `${as} was told ${word}`);
    }
    assert.ok(!JSON.stringify(l.auditor.events).includes('R1'));
  });

  test('who was away is told the rest, in order and once', async () => {
    const first = await Listener.open(t, g, { as: 'officer', after: 0 });
    await first.kind('voyage');
    const known = first.events.at(-1).id;
    first.close();
    for (let n = 2; n < 12; n++) await decline(`R${n}`);
    const back = await Listener.open(t, g, { as: 'officer', after: known });
    await back.kind('decline', 10);
    await decline('R12');
    await back.kind('decline', 11);
    const ids = back.events.map((e) => e.id);
    assert.ok(ids.every((x, i) => x > (i === 0 ? known : ids[i - 1])));
    assert.deepEqual(back.events.filter((e) => e.event === 'decline').map((e) => e.data.traveler.reference), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => `R${n}`));
    const query = await Listener.open(t, g, { as: 'officer', query: `?after=${known}&kinds=decline&voyage=${id}` });
    await query.kind('decline', 11);
    assert.ok(query.events.every((e) => e.event === 'decline'));
  });

  test('it is told again after the service was killed', async () => {
    const before = await Listener.open(t, g, { as: 'officer', after: 0 });
    await before.kind('decline', 12);
    await g.kill();
    const again = await Gangway.start(t, { store: g.store });
    const l = await Listener.open(t, again, { token: g.token('officer'), after: 0 });
    await l.wait((e) => e.id >= before.events.at(-1).id);
    assert.deepEqual(l.events.slice(0, before.events.length), before.events);
    g = again;
  });

  test('a listener who takes nothing costs nobody anything, and misses nothing', async () => {
    const slow = await Listener.open(t, g, { as: 'officer', after: 0, paused: true });
    const quick = await Listener.open(t, g, { as: 'officer', query: '?kinds=decline' });
    for (let n = 0; n < 1500; n++) assert.equal((await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: {} })).status, 201);
    await quick.kind('decline', 1500);
    const begun = Date.now();
    assert.equal((await decline('R20')).status, 201);
    assert.ok(Date.now() - begun < 5000);
    slow.resume();
    await slow.wait((e) => e.event === 'decline' && e.data.traveler?.reference === 'R20');
    const ids = slow.events.map((e) => e.id);
    assert.equal(slow.events.filter((e) => e.event === 'decline').length, 12 + 1501);
    assert.ok(ids.every((x, i) => i === 0 || x > ids[i - 1]));
  });

  test('what is kept no more is said to be gone', async () => {
    const small = await Gangway.start(t, { set: { 'events.most': 100 } });
    const v = (await small.manifest(voyage([traveler(0)]))).json.voyage;
    for (let n = 0; n < 80; n++) await small.ask('POST', `/v1/voyages/${v}/declines`, { as: 'device', json: {} });
    await small.signal('SIGTERM');
    const again = await Gangway.start(t, { store: small.store, set: { 'events.most': 100 } });
    const l = await Listener.open(t, again, { token: small.token('officer'), after: 1 });
    const [gap] = await l.kind('gap');
    await l.wait((e) => e.event !== 'gap');
    assert.ok(gap.id > 1);
    assert.ok(l.events.filter((e) => e.event !== 'gap').every((e) => e.id > gap.id));
  });

  test('when its token is revoked, a listener is told nothing more', async () => {
    const made = g.cli('user', 'add', 'leaves', '--role', 'officer').json;
    const l = await Listener.open(t, g, { token: made.token });
    await decline('R21');
    await l.kind('decline');
    assert.equal(g.cli('user', 'revoke', made.id).status, 0);
    const n = l.events.length;
    await decline('R22');
    assert.ok(['end', 'close'].includes(await l.ended));
    assert.equal(l.events.length, n);
  });

  test('when its token is renewed, who listens with the old one is told nothing more', async () => {
    const made = g.cli('user', 'add', 'renewed', '--role', 'officer').json;
    const old = await Listener.open(t, g, { token: made.token });
    const fresh = g.cli('user', 'rotate', made.id).json;
    const l = await Listener.open(t, g, { token: fresh.token });
    await decline('R23');
    await l.kind('decline');
    assert.ok(['end', 'close'].includes(await old.ended));
    assert.deepEqual(old.events.filter((e) => e.event === 'decline'), []);
  });

  test('what is asked wrongly', async () => {
    for (const [q, status] of [['?kinds=gossip', 400], ['?voyage=x', 400], [`?voyage=${'0'.repeat(26)}`, 404], ['?after=-1', 400], ['?colour=red', 400]]) {
      const a = await g.ask('GET', `/v1/events${q}`, { as: 'officer' });
      assert.equal(a.status, status, q);
    }
    assert.equal((await g.ask('GET', `/v1/events?voyage=${other}`, { as: 'carrier' })).status, 404);
    assert.equal((await g.ask('GET', '/v1/events')).status, 401);
  });

  test('the service ends while somebody listens', async () => {
    const l = await Listener.open(t, g, { as: 'officer' });
    const { code } = await g.signal('SIGTERM');
    assert.equal(code, 0);
    assert.ok(['end', 'close'].includes(await l.ended));
  });
});
