// law.test.mjs - the rule pack in force decides who is photographed, everywhere: nobody
// else is captured, searched, kept or listed; packs change at midnight and on SIGHUP.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Gangway, live, number, photo, program, run, traveler, voyage, withoutPhotos, withoutProgram } from './help/gangway.mjs';
import { Packs, everybody, midnightIn } from './help/packs.mjs';

const notAPicture = Buffer.from('no picture at all, so whoever looks at it says so');
const decoded = async (g) => Number(/gangway_stage_seconds_count\{stage="decode"\} (\d+)/.exec((await g.ask('GET', '/metrics')).text)?.[1] ?? 0);
const metric = async (g, name) => Number(new RegExp(`^gangway_${name} (\\d+)$`, 'm').exec((await g.ask('GET', '/metrics')).text)[1]);
const log = (g, event) => g.stderr.split('\n').filter((l) => new RegExp(`event=${event}\\b`).test(l));
async function until(what, yes) {
  for (let i = 0; i < 400; i++) {
    if (await yes()) return;
    await new Promise((r) => setTimeout(r, 25));
  }
  assert.fail(`it did not come: ${what}`);
}
async function announce(g, travelers, more) {
  const a = await g.manifest(voyage(travelers, more));
  assert.equal(a.status, 201, a.text);
  return a.json.voyage;
}
async function refused(g, id, picture, options) {
  const before = await decoded(g);
  const r = await g.verify(id, picture, options);
  assert.equal(r.status, 403, r.text);
  assert.equal(r.json.code, 'not_authorised');
  assert.match(r.json.detail, /look at the document/);
  assert.equal(await decoded(g), before, 'nothing was decoded');
}
// Whatever is sent is looked at: the answer is about the picture, not about the person.
const lookedAt = async (g, id, options) => assert.equal((await g.verify(id, notAPicture, options)).status, 415);

const french = traveler(1, { nationality: 'FRA' }), own = traveler(2), child = traveler(3, { birth_date: '2023-02-01' });
const notTheFrench = [{ id: 'french-exempt', when: { citizenship: ['FRA'] }, photo: 'exempt' }, everybody('required')];

describe('an unauthorised capture', { skip: withoutProgram }, () => {
  test('is refused before the picture is decoded, where nobody expected may be photographed', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('not_authorised')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const id = await announce(g, [own]);
    await refused(g, id, notAPicture);
    await refused(g, id, notAPicture, { headers: { 'X-Document-Number': number(2) } });
    assert.equal(await metric(g, 'not_authorised_total'), 2);
    assert.equal(await metric(g, 'verifications_failed_total'), 0);
    assert.deepEqual((await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications, [], 'nothing is recorded of it');
  });

  test('is refused of the person presented, though others may be photographed', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: notTheFrench });
    const g = await Gangway.start(t, { set: packs.settings() });
    const id = await announce(g, [french, own]);
    await refused(g, id, notAPicture, { headers: { 'X-Document-Number': number(1) } });
    await lookedAt(g, id, { headers: { 'X-Document-Number': number(2) } });
    await lookedAt(g, id);
  });

  test('is refused at a site the rules do not name, on the same voyage', async (t) => {
    const packs = new Packs(t);
    packs.write({ classes: { pilot: { site: ['SEA'] } }, rules: [{ id: 'elsewhere', when: { not: 'pilot' }, photo: 'not_authorised' }, everybody('required')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const id = await announce(g, [own], { legs: [{ from: 'YVR', to: 'SEA' }, { from: 'SEA', to: 'JFK' }] });
    await refused(g, id, notAPicture);
    await lookedAt(g, id, { where: { site: 'SEA' } });
  });

  test('is refused without a pack of the authority', async (t) => {
    const g = await Gangway.start(t, { set: { 'packs.authority': 'NOBODY' } });
    await refused(g, await announce(g, [own]), notAPicture);
    await until('the log says that no pack is in force', () => log(g, 'law').some((l) => /state=no_pack why="[^"]*nobody is photographed"/.test(l)));
  });

  test('a decline is taken all the same, and somebody who is on no list is no question of law', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('not_authorised')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const id = await announce(g, [own]);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R2' } })).status, 201);
    const r = await g.verify(id, notAPicture, { headers: { 'X-Document-Number': 'ZZZZZZ' } });
    assert.deepEqual([r.status, r.json.decision], [200, 'inspect']);
  });
});

describe('who may not be photographed', { skip: withoutPhotos }, () => {
  const faces = { [number(1)]: 'franck_01829.jpg', [number(2)]: 'audrey.jpg', [number(3)]: 'cage.jpg' };
  const keep = async (g, numbers) => {
    for (const n of numbers) assert.equal((await g.portrait(photo(faces[n]), { number: n })).status, 201);
  };

  test('is in no gallery, on no list of portraits, and never found', async (t) => {
    const packs = new Packs(t);
    packs.write({ classes: { small: { age: { below: 6 } } }, rules: [{ id: 'child', when: 'small', photo: 'exempt' }, ...notTheFrench] });
    const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0 } });
    await keep(g, Object.keys(faces)); // before anybody knows whose they are
    const id = await announce(g, [french, own, child]);
    const r = await g.readiness(id);
    assert.deepEqual([r.json.portraits.expected, r.json.portraits.covered, r.json.portraits.not_photographed], [1, 1, 2]);
    assert.deepEqual(r.json.portraits.uncovered, []);
    assert.deepEqual(r.json.gallery, { state: 'ready', persons: 1, templates: 1 });
    const all = (await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers;
    assert.deepEqual(all.map((o) => [o.reference, o.portraits]), [['R1', 0], ['R2', 1], ['R3', 0]], 'no template is kept of the others');
    for (const [face, decision] of [['franck_01829.jpg', 'retry'], ['cage.jpg', 'retry'], ['audrey.jpg', 'clear']])
      assert.equal((await g.verify(id, live(face))).json.decision, decision, face);
    const why = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications;
    assert.deepEqual(why.map((v) => [v.reason, v.gallery_persons, v.traveler?.reference ?? null]),
      [['below_threshold', 1, null], ['below_threshold', 1, null], ['matched', 1, 'R2']]);
  });

  test('has no portrait taken in while that is known', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: notTheFrench });
    const g = await Gangway.start(t, { set: packs.settings() });
    await announce(g, [french, own]);
    const before = await decoded(g);
    const a = await g.portrait(photo('franck_01829.jpg'), { number: number(1) });
    assert.deepEqual([a.status, a.json.code], [403, 'not_authorised']);
    assert.equal(await decoded(g), before);
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(2) })).status, 201);
    // Who is expected by another carrier is nobody known to this one, and the answer does not tell.
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(1), where: { carrier: 'YY' } })).status, 201);
  });

  test('nor has anybody, where no rule allows to keep one', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('not_authorised')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const none = await Gangway.start(t, { set: { 'packs.authority': 'NOBODY' } });
    for (const one of [g, none]) {
      const before = await decoded(one);
      const a = await one.portrait(photo('audrey.jpg'), { number: number(2) });
      assert.deepEqual([a.status, a.json.code], [403, 'not_authorised']);
      assert.equal(await decoded(one), before);
    }
  });

  test('is told by a changed manifest: the template goes, and comes', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: notTheFrench });
    const g = await Gangway.start(t, { set: packs.settings() });
    await keep(g, [number(2)]);
    const m = voyage([own, french]);
    const id = (await g.manifest(m)).json.voyage;
    const persons = async (nationality) => {
      m.travelers[0] = { ...own, nationality };
      assert.equal((await g.manifest(m)).status, 200);
      return (await g.readiness(id)).json.gallery.persons;
    };
    assert.equal(await persons('FRA'), 0);
    await refused(g, id, live('audrey.jpg'));
    assert.equal(await persons('DEU'), 1);
    assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');
  });

  test('the rules say how often one may try', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required', { attempts: { value: 2, sources: ['LAW'] } })] });
    const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0 } });
    await keep(g, [number(2)]);
    const id = await announce(g, [own]);
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push((await g.verify(id, live('cage.jpg'))).json);
    assert.deepEqual(answers.map((a) => [a.decision, a.attempts_left]), [['retry', 1], ['inspect', 0]]);
  });

  test('and whether an officer may let somebody pass against the comparison', async (t) => {
    const may = [];
    for (const value of [0, 40, 50, null]) {
      const packs = new Packs(t);
      packs.write({ rules: [everybody('required', { override_below_age: value === null ? null : { value, sources: ['LAW'] } })] });
      const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0, 'verify.attempts': 1 } });
      await keep(g, [number(2)]);
      const id = await announce(g, [traveler(2, { birth_date: `${new Date().getUTCFullYear() - 45}-01-01` })]);
      assert.equal((await g.verify(id, live('cage.jpg'), { headers: { 'X-Document-Number': number(2) } })).json.decision, 'inspect');
      const [i] = (await g.ask('GET', '/v1/inspections', { as: 'officer' })).json.inspections;
      const { mismatch, may_clear: clear } = (await g.ask('GET', `/v1/inspections/${i.inspection}`, { as: 'officer' })).json;
      assert.equal(mismatch, true);
      await g.ask('POST', `/v1/inspections/${i.inspection}/claim`, { as: 'officer', json: {} });
      const a = await g.ask('POST', `/v1/inspections/${i.inspection}/outcome`, { as: 'officer', json: { result: 'cleared', method: 'document' } });
      assert.equal(a.status, clear ? 200 : 409, a.text);
      may.push(clear);
    }
    assert.deepEqual(may, [false, false, true, true]);
  });

  test('and how sure a comparison must be', async (t) => {
    const thresholds = [];
    for (const fpir of [0.003, 0.0001]) {
      const packs = new Packs(t);
      packs.write({ rules: [everybody('required', { fpir: { value: fpir, sources: ['LAW'] } })] });
      const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0 } });
      await keep(g, [number(2)]);
      const id = await announce(g, [own]);
      await g.verify(id, live('audrey.jpg'));
      thresholds.push((await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications[0].threshold);
    }
    assert.ok(thresholds[1] > thresholds[0] + 0.02, thresholds.join(' '));
  });

  test('and how sure one with the document presented', async (t) => {
    const thresholds = [];
    for (const fmr of [1e-3, 1e-5]) {
      const packs = new Packs(t);
      packs.write({ rules: [everybody('required', { fpir: { value: 0.003, sources: ['LAW'] }, fmr: { value: fmr, sources: ['LAW'] } })] });
      const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0 } });
      await keep(g, [number(2)]);
      const id = await announce(g, [own]);
      for (const headers of [{}, { 'X-Document-Number': number(2) }]) await g.verify(id, live('audrey.jpg'), { headers });
      thresholds.push((await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications.map((v) => v.threshold));
    }
    assert.equal(thresholds[0][0], thresholds[1][0], 'a search among all asks the other figure');
    assert.ok(thresholds[1][1] > thresholds[0][1] + 0.02, thresholds.join(' '));
  });
});

describe('another pack', { skip: withoutPhotos }, () => {
  async function open(t, rules, more = {}) {
    const packs = new Packs(t);
    packs.write({ rules, ...more });
    const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0 } });
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(2) })).status, 201);
    return { packs, g, id: await announce(g, [own]) };
  }
  const reload = async (g, result) => {
    const before = log(g, 'packs').length;
    g.child.kill('SIGHUP');
    await until(`packs are ${result}`, () => log(g, 'packs').length > before);
    assert.match(log(g, 'packs').at(-1), new RegExp(`result="?${result}`));
  };

  test('is taken on SIGHUP, open voyages included, and taken back', async (t) => {
    const { packs, g, id } = await open(t, [everybody('required')]);
    assert.equal((await g.verify(id, live('cage.jpg'))).json.decision, 'retry');
    packs.write({ rules: [everybody('not_authorised')] });
    await reload(g, 'taken');
    await refused(g, id, live('audrey.jpg'));
    await until('what was kept is gone', async () =>
      (await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers[0].portraits === 0);
    packs.write({ rules: [everybody('voluntary')] });
    await reload(g, 'taken');
    await until('what waited is there', async () => (await g.readiness(id)).json.gallery.persons === 1);
    assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');
  });

  test('decides whether a photo taken before may still be seen, and what it refuses is in the log', async (t) => {
    const { packs, g, id } = await open(t, [everybody('required')]);
    for (const decision of ['clear', 'inspect']) assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, decision);
    const [i] = (await g.ask('GET', '/v1/inspections', { as: 'officer' })).json.inspections;
    assert.equal((await g.ask('POST', `/v1/inspections/${i.inspection}/claim`, { as: 'officer', json: {} })).status, 200);
    const full = (await g.ask('GET', `/v1/inspections/${i.inspection}`, { as: 'officer' })).json;
    const { verifications } = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json;
    const photos = [verifications.at(-1).photo, ...full.candidate.portraits];
    assert.equal(photos.length, 2, 'the live picture and the portrait');
    const see = (p) => g.ask('GET', `/v1/photos/${p}?purpose=inspection&case=${i.inspection}`, { as: 'officer' });
    const seen = async () => Promise.all(photos.map(async (p) => (await see(p)).status));
    const views = async () => (await g.ask('GET', '/v1/audit/entries?limit=1000', { as: 'auditor' })).json.entries
      .map((e) => JSON.parse(e)).filter((e) => e.kind === 'photo_view').map((e) => [e.answer, e.rule]);
    assert.deepEqual(await seen(), photos.map(() => 200));
    assert.deepEqual(await views(), photos.map(() => ['shown', 'test:everybody']));
    packs.write({ rules: [{ id: 'own-exempt', when: { citizenship: ['UTO'] }, photo: 'exempt' }, everybody('required')] });
    await reload(g, 'taken');
    const a = await see(photos[0]);
    assert.deepEqual([a.status, a.json.code], [403, 'not_authorised']);
    assert.match(a.json.detail, /test:own-exempt/);
    assert.deepEqual((await views()).at(-1), ['refused', 'test:own-exempt']);
    assert.match(log(g, 'photo_refused').at(-1), /rule="?test:own-exempt/);
    packs.write({ rules: [everybody('required')], edit: (p) => {
      p.retention.short.probe = null;
      for (const l of Object.values(p.notices)) l.not_kept = 'It is not kept.';
      return p;
    } });
    await reload(g, 'taken');
    assert.equal((await see(photos[0])).status, 403, 'it may be taken, but not be kept');
    packs.write({ rules: [everybody('required')] });
    await reload(g, 'taken');
    assert.equal((await see(photos[0])).status, 200);
  });

  test('that is bad never replaces a good one, whatever is wrong with it', async (t) => {
    const { packs, g, id } = await open(t, [everybody('required')]);
    const good = fs.readFileSync(path.join(packs.path, 'test.json'));
    const bad = [
      ['malformed', /line|byte|JSON/i, () => fs.writeFileSync(path.join(packs.path, 'test.json'), good.subarray(0, -20))],
      ['unsigned', /sign/, () => packs.write({ rules: [everybody('not_authorised')], draft: true })],
      ['changed after signing', /sign/, () => fs.writeFileSync(path.join(packs.path, 'test.json'), good.toString().replace('"required"', '"voluntary"'))],
      ['cyclic', /circle|refer/, () => packs.write({ draft: true, classes: { a: { class: 'b' }, b: { class: 'a' } }, rules: [{ id: 'a', when: 'a', photo: 'exempt' }, everybody('required')] })],
      ['overlapping', /same day|overlap|force/, () => { fs.writeFileSync(path.join(packs.path, 'test.json'), good); packs.write({ name: 'other', rules: [everybody('not_authorised')] }); }],
    ];
    for (const [label, why, make] of bad) {
      make();
      await reload(g, 'refused');
      assert.match(log(g, 'packs').at(-1), why, label);
      await lookedAt(g, id);
    }
    packs.remove('other');
    await reload(g, 'taken');
    await lookedAt(g, id);
  });

  test('comes at its midnight: before, nobody; from then on, everybody', async (t) => {
    const m = midnightIn(6);
    const packs = new Packs(t);
    // Elsewhere somebody may be photographed, so the portrait of somebody nobody knows may wait.
    packs.write({ name: 'old', rules: [{ id: 'elsewhere', when: { site: ['ELSEWHERE'] }, photo: 'required' }, everybody('not_authorised')], until: m.before, zone: m.zone });
    packs.write({ name: 'new', rules: [everybody('required')], from: m.after, zone: m.zone });
    const g = await Gangway.start(t, { set: { ...packs.settings(), 'verify.liveness': 0 } });
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(2) })).status, 201);
    const id = await announce(g, [own]);
    assert.equal((await g.readiness(id)).json.portraits.not_photographed, 1);
    await refused(g, id, live('audrey.jpg'));
    assert.ok(Date.now() < m.at, 'this machine is too slow for this test');
    await until('midnight', () => Date.now() >= m.at);
    assert.equal((await g.readiness(id)).json.portraits.not_photographed, 0, 'exactly then');
    await lookedAt(g, id);
    await until('what waited is there', async () => (await g.readiness(id)).json.gallery.persons === 1);
    assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');
    await until('the log shows it', () => log(g, 'law').some((l) => /pack="?new/.test(l) && new RegExp(m.after).test(l)));
    assert.equal((await g.ask('GET', '/v1/notice?site=YVR')).json.pack, 'new');
  });

  test('none follows: at midnight it is over', async (t) => {
    const m = midnightIn(5);
    const { g, id } = await open(t, [everybody('required')], { until: m.before, zone: m.zone });
    assert.equal((await g.verify(id, live('cage.jpg'))).json.decision, 'retry');
    assert.ok(Date.now() < m.at, 'this machine is too slow for this test');
    await until('midnight', () => Date.now() >= m.at);
    await refused(g, id, live('audrey.jpg'));
    await until('the log shows it', () => log(g, 'law').some((l) => /state=no_pack/.test(l)));
    await until('what was kept is gone', async () =>
      (await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers[0].portraits === 0);
    assert.equal((await g.ask('GET', '/v1/notice?site=YVR')).status, 404);
  });

  test('a service does not start with packs that are not valid, and says which', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required')], draft: true });
    const g = await Gangway.start(t, { set: packs.settings(), expectFailure: true });
    assert.notEqual(g.result.code, 0);
    assert.match(g.stderr, /test\.json/);
  });
});

describe('notices that are posted', { skip: withoutProgram }, () => {
  const site = (g, ...args) => g.cli('site', ...args);
  const noNotice = async (g, id, why) => {
    const r = await g.verify(id, notAPicture);
    assert.deepEqual([r.status, r.json.code], [503, 'no_notice']);
    assert.match(r.json.detail, why);
  };

  test('where one is required and none recorded, nobody is photographed; where it is recorded, they are', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required')] });
    const g = await Gangway.start(t, { set: { ...packs.settings(), 'notice.required': 'yes' } });
    const id = await announce(g, [own]);
    await noNotice(g, id, /YVR: the notice in "en" is not recorded as posted/);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: {} })).status, 201, 'a decline needs no notice');
    const now = (await g.ask('GET', '/v1/notice?site=YVR')).json.version;
    const r = site(g, 'add', 'YVR', '--version', now);
    assert.equal(r.status, 0, r.stderr);
    assert.deepEqual([r.json.site, r.json.version, r.json.state], ['YVR', now, 'current']);
    await lookedAt(g, id);
    assert.equal(site(g, 'remove', 'YVR', '--language', 'en').status, 0);
    await noNotice(g, id, /not recorded/);
  });

  test('where one is recorded it must be the one in force, and looked at, required or not', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const id = await announce(g, [own]);
    await lookedAt(g, id);
    const long = new Date(Date.now() - 91 * 86_400_000).toISOString().slice(0, 10), today = new Date().toISOString().slice(0, 10);
    assert.equal(site(g, 'add', 'YVR', '--checked', long).json.state, 'unchecked');
    await noNotice(g, id, /not looked at for too long/);
    assert.equal(site(g, 'check', 'YVR').json.checked_on, today);
    await lookedAt(g, id);
    packs.write({ name: 'test', rules: [everybody('voluntary')] });
    g.child.kill('SIGHUP');
    await until('the other pack is taken', () => log(g, 'packs').length > 1);
    assert.equal(site(g, 'list', 'YVR').json.state, 'outdated');
    await noNotice(g, id, /not the one in force/);
    assert.equal(site(g, 'add', 'YVR').json.state, 'current');
    await lookedAt(g, id);
  });

  test('it is asked for in the languages set, and for what happens there', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required')] });
    const g = await Gangway.start(t, { set: { ...packs.settings(), 'notice.required': 'yes', 'notice.languages': 'en fr' } });
    const id = await announce(g, [own]);
    assert.equal(site(g, 'add', 'YVR').status, 0);
    await noNotice(g, id, /"fr"/);
    assert.equal(site(g, 'add', 'YVR', '--language', 'fr', '--direction', 'arrival').status, 0);
    await noNotice(g, id, /"fr"/);
    assert.equal(site(g, 'add', 'YVR', '--language', 'fr', '--direction', 'departure', '--mode', 'air').status, 0);
    await lookedAt(g, id);
    assert.equal(site(g, 'list').stdout.trim().split('\n').length, 3);
  });

  test('what cannot be recorded is refused', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    for (const [args, status, text] of [[['add', 'YVR', '--version', '0000000000000000'], 1, /has version [0-9a-f]{16}/], [['add', 'YVR', '--checked', '2999-01-01'], 1, /has been/],
      [['add', 'YVR', '--language', 'tlh'], 3, /it has en, fr/], [['check', 'YVR'], 3, /nothing|no notice is recorded/], [['remove', 'YVR'], 2, /--language/],
      [['add', 'Y?'], 2, /site takes/], [['post'], 2, /it takes add SITE/], [['add', 'YVR', '--mode', 'foot'], 2, /air, sea or land/]]) {
      const r = site(g, ...args);
      assert.equal(r.status, status, args.join(' ') + r.stderr);
      assert.match(r.stderr, text);
    }
  });

  test('what was posted and looked at is in the log', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [everybody('required')] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const version = site(g, 'add', 'YVR', '--mode', 'air').json.version;
    site(g, 'check', 'YVR');
    await until('the log shows it', () => log(g, 'notice').some((l) => l.includes('looked_at') && l.includes(`YVR/air/any/en/${version}`)));
  });
});

describe('declines', { skip: withoutProgram }, () => {
  test('the answer says what is done instead, in the language asked for; it is counted, without a person', async (t) => {
    const packs = new Packs(t);
    packs.write({ rules: [{ id: 'own', when: { citizenship: ['UTO'] }, photo: 'voluntary', alternative: 'document_inspection' }, everybody('required', { alternative: 'officer_referral' })] });
    const g = await Gangway.start(t, { set: packs.settings() });
    const id = await announce(g, [french, own]);
    const decline = (json) => g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json });
    const a = await decline({ reference: 'R2', language: 'fr' });
    assert.deepEqual([a.status, a.json.decision, a.json.alternative, a.json.language], [201, 'inspect', 'document_inspection', 'fr']);
    assert.match(a.json.instruction, /Un agent examinera votre document/);
    const b = await decline({ reference: 'R1', language: 'tlh' });
    assert.deepEqual([b.json.alternative, b.json.language], ['officer_referral', 'en'], 'who is required may decline, too; the pack says what follows');
    assert.match(b.json.instruction, /Please go to an officer/);
    const c = await decline({});
    assert.deepEqual([c.json.alternative, c.json.traveler], ['document_inspection', null], 'of nobody in particular: what protects most');
    const r = await g.ask('GET', '/v1/reports/declines', { as: 'auditor' });
    assert.deepEqual(r.json.sites.map((s) => [s.site, s.declined, s.alternatives, s.settled, s.mean_seconds]),
      [['YVR', 3, { document_inspection: 2, officer_referral: 1, none: 0 }, 0, null]]);
    assert.equal(await metric(g, 'declines_total'), 3);
    assert.equal((await g.ask('GET', '/v1/reports/declines?from=2020-01-01&to=2020-02-01', { as: 'auditor' })).json.sites.length, 0);
    // A human decides about one of them: that is when what is done instead was done.
    const waiting = (await g.ask('GET', '/v1/inspections', { as: 'officer' })).json.inspections.filter((i) => i.decline === a.json.decline);
    assert.equal(waiting.length, 1);
    assert.equal((await g.ask('POST', `/v1/inspections/${waiting[0].inspection}/outcome`, { as: 'officer', json: { method: 'document', result: 'cleared' } })).status, 200);
    const after = (await g.ask('GET', '/v1/reports/declines', { as: 'auditor' })).json.sites[0];
    assert.equal(after.settled, 1);
    assert.ok(after.mean_seconds > 0 && after.mean_seconds < 300, String(after.mean_seconds));
    assert.ok(after.within.find((w) => w.seconds === 3600).settled === 1);
    assert.match((await g.ask('GET', '/metrics')).text, /^gangway_decline_alternative_seconds_count 1$/m);
    assert.equal((await g.ask('GET', '/v1/reports/declines?from=yesterday', { as: 'auditor' })).status, 400);
    assert.equal((await g.ask('GET', '/v1/reports/declines', { as: 'supervisor', where: { site: 'LHR' } })).json.sites.length, 0);
  });
});

describe('packs that ship, in the service', { skip: withoutProgram }, () => {
  test('the pack in force today for the United States photographs visitors on departure, Canadians among them', async (t) => {
    const g = await Gangway.start(t);
    const id = await announce(g, [traveler(1, { nationality: 'CAN' }), traveler(2, { nationality: 'USA' })]);
    await lookedAt(g, id, { headers: { 'X-Document-Number': number(1) } });
    assert.equal((await g.readiness(id)).json.portraits.expected, 2);
    assert.equal(run(['policy', 'check', path.join(path.dirname(program), '..', 'packs', 'us-2008.json')]).status, 0);
  });

  test('the Schengen pack does not photograph Union citizens', async (t) => {
    const g = await Gangway.start(t, { set: { 'packs.authority': 'EU' } });
    const id = await announce(g, [traveler(1, { nationality: 'FRA' }), traveler(2, { nationality: 'JPN' })], { direction: 'arrival', from: 'NRT', to: 'YVR' });
    await refused(g, id, notAPicture, { headers: { 'X-Document-Number': number(1) } });
    await lookedAt(g, id, { headers: { 'X-Document-Number': number(2) } });
    assert.deepEqual(Object.values((await g.readiness(id)).json.portraits).slice(0, 4), [1, 0, 0, 1]);
  });
});
