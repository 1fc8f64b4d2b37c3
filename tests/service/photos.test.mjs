// photos.test.mjs - stored photos: who sees them, what is written into them, and that it was written down first.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, filesIn, folder, live, number, photo, run, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

describe('photos', { skip: withoutPhotos }, () => {
  let g, id, cases, portrait;
  const afters = [];
  const t = { after: (f) => afters.push(f) };
  before(async () => {
    g = await Gangway.start(t, { set: { 'verify.attempts': 1, 'photos.per_hour': 5 } });
    id = (await g.manifest(voyage([0, 1].map((n) => traveler(n))))).json.voyage;
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(0) })).status, 201);
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(1) })).status, 201);
    // Cleared, cleared again (an inspection that names whom), and a stranger.
    for (const who of ['franck_01829.jpg', 'franck_01829.jpg', 'cage.jpg']) assert.equal((await g.verify(id, live(who))).status, 200);
    cases = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications;
    const inspections = (await g.ask('GET', '/v1/inspections', { as: 'officer' })).json.inspections;
    for (const c of cases.slice(1)) c.inspection = inspections.find((i) => i.verification === c.verification || i.reason === c.reason).inspection;
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const see = (which, basis, { as = 'officer', purpose = 'inspection', token } = {}) =>
    g.ask('GET', `/v1/photos/${which}?purpose=${purpose}&case=${basis}`, { as, token });

  test('an inspection has its live picture, and so has a clear where the rule says so', () => {
    assert.deepEqual(cases.map((v) => [v.reason, 'photo' in v]), [['matched', true], ['already_cleared', true], ['below_threshold', true]]);
  });

  test('purpose and case are needed, and words that are none are refused', async () => {
    const p = cases[1].photo;
    for (const query of ['', '?purpose=inspection', `?case=${cases[1].inspection}`, `?purpose=curiosity&case=${cases[1].inspection}`])
      assert.equal((await g.ask('GET', `/v1/photos/${p}${query}`, { as: 'officer' })).status, 400, query);
  });

  test('no photo without a case that is about it', async () => {
    assert.equal((await see(cases[1].photo, '0'.repeat(26))).status, 403);
    assert.equal((await see('0'.repeat(26), cases[1].inspection)).status, 404);
    const elsewhere = g.cli('user', 'add', 'x', '--role', 'officer', '--site', 'LHR').json.token;
    assert.equal((await see(cases[1].photo, cases[1].inspection, { token: elsewhere })).status, 404);
  });

  test('nor before the case is claimed, nor while another has it', async () => {
    const a = await see(cases[1].photo, cases[1].inspection);
    assert.equal(a.status, 403);
    assert.match(a.json.detail, /claim/);
    const other = g.cli('user', 'add', 'y', '--role', 'officer').json.token;
    for (const i of [1, 2]) assert.equal((await g.ask('POST', `/v1/inspections/${cases[i].inspection}/claim`, { as: 'officer', json: {} })).status, 200);
    assert.equal((await see(cases[1].photo, cases[1].inspection, { token: other })).status, 403);
    assert.equal((await see(cases[1].photo, cases[2].inspection)).status, 403, 'another case of his is not about it');
  });

  test('who sees it is in the picture, seen and hidden, and in the log before', async () => {
    const a = await see(cases[1].photo, cases[1].inspection);
    assert.equal(a.status, 200);
    assert.equal(a.headers['content-type'], 'image/jpeg');
    assert.equal(a.headers['cache-control'], 'no-store');
    const file = path.join(folder(t), 'seen.jpg');
    fs.writeFileSync(file, a.bytes);
    const r = run(['mark', file]);
    assert.equal(r.status, 0, r.stderr);
    assert.match(g.stderr, new RegExp(`event=photo access=${r.json.access} photo=${cases[1].photo} `));
    assert.equal(run(['face', file]).json.faces.length, 1, 'a human can still compare it');
    // The picture that came in has none, and is not what was given out.
    fs.writeFileSync(file, live('franck_01829.jpg'));
    assert.equal(run(['mark', file]).status, 1);
    assert.ok(!a.bytes.equals(live('franck_01829.jpg')));
  });


  test('beyond photos.per_hour a second person must approve, and nobody approves for himself', async () => {
    let last;
    for (let i = 0; i < 8 && last?.status !== 403; i++) last = await see(cases[2].photo, cases[2].inspection);
    assert.equal(last.status, 403);
    assert.match(last.json.detail, /approve/);
    const officer = g.cli('user', 'list').stdout.trim().split('\n').map((l) => JSON.parse(l)).find((u) => u.role === 'officer' && u.site === null);
    const approve = (body, as = 'supervisor', more = {}) => g.ask('POST', '/v1/photo-approvals', { as, json: body, ...more });
    assert.equal((await approve({ token: officer.id, photos: 2 }, 'officer')).status, 403);
    assert.equal((await approve({ token: officer.id, photos: 0 })).status, 422);
    const far = g.cli('user', 'add', 'far', '--role', 'supervisor', '--site', 'LHR').json.token;
    for (const [token, who] of [[officer.id, { token: far }], ['0'.repeat(26), {}], [g.cli('user', 'add', 'c', '--role', 'carrier', '--carrier', 'XX').json.id, {}]])
      assert.equal((await g.ask('POST', '/v1/photo-approvals', { as: 'supervisor', json: { token, photos: 2 }, ...who })).status, 404, token);
    const a = await approve({ token: officer.id, photos: 2 }, 'supervisor', { headers: { 'Idempotency-Key': 'once' } });
    assert.equal(a.status, 201);
    assert.deepEqual((await approve({ token: officer.id, photos: 2 }, 'supervisor', { headers: { 'Idempotency-Key': 'once' } })).json, a.json);
    assert.equal((await see(cases[2].photo, cases[2].inspection)).status, 200);
    assert.equal((await see(cases[2].photo, cases[2].inspection)).status, 200);
    assert.equal((await see(cases[2].photo, cases[2].inspection)).status, 403);
    const supervisor = g.cli('user', 'list').stdout.trim().split('\n').map((l) => JSON.parse(l)).find((u) => u.role === 'supervisor');
    assert.equal((await approve({ token: supervisor.id, photos: 2 })).status, 403);
  });

  test('the report counts accesses by purpose and names nobody', async () => {
    await see(cases[2].photo, cases[2].inspection, { as: 'supervisor', purpose: 'referral' });
    const r = await g.ask('GET', '/v1/reports/access', { as: 'auditor' });
    assert.equal(r.status, 200);
    assert.equal(r.json.accesses, 8);
    assert.equal(r.json.approvals, 1);
    assert.deepEqual(r.json.by_purpose.map((x) => [x.purpose, x.role, x.photos_of, x.accesses, x.photos, x.askers, x.cases]),
      [['inspection', 'officer', 'probe', 7, 2, 1, 2], ['referral', 'supervisor', 'probe', 1, 1, 1, 1]]);
  });

  test('nothing of a picture stands in the store in the clear', () => {
    const pictures = [photo('franck_01829.jpg'), photo('audrey.jpg'), live('cage.jpg')].map((p) => p.subarray(2000, 2032));
    const files = filesIn(g.store);
    assert.ok(files.some((f) => path.dirname(f).endsWith('photos')));
    for (const f of files) for (const p of pictures) assert.ok(!fs.readFileSync(f).includes(p), f);
  });
  test('nor once the case is decided', async () => {
    const token = g.cli('user', 'add', 'z', '--role', 'officer').json.token;
    let v;
    do v = (await g.verify(id, live('kim1_crop.jpg'))).json; while (v.decision === 'retry');
    const c = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications.at(-1);
    const i = (await g.ask('GET', '/v1/inspections?state=open', { as: 'officer' })).json.inspections.at(-1).inspection;
    const post = (what, json) => g.ask('POST', `/v1/inspections/${i}/${what}`, { token, json });
    assert.equal((await post('claim', {})).status, 200);
    assert.equal((await see(c.photo, i, { token })).status, 200);
    assert.equal((await post('outcome', { method: 'document', result: 'denied' })).status, 200);
    assert.equal((await see(c.photo, i, { token })).status, 403);
  });

});
