// devices.test.mjs - gates and how they are: last heard of, software, camera, notice, credential; and their sites.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gangway, withoutProgram } from './help/gangway.mjs';

describe('a gate', { skip: withoutProgram }, () => {
  const afters = [];
  let g;
  const t = { after: (f) => afters.push(f) };
  const list = async (as = 'admin', where, query = '') => (await g.ask('GET', `/v1/devices${query}`, { as, where })).json.devices;
  const report = (json, more = {}) => g.ask('PUT', '/v1/me/status', { as: 'device', json, ...more });
  before(async () => { g = await Gangway.start(t); });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('is unknown until it asks anything', async () => {
    const other = g.cli('device', 'add', 'never on', '--site', 'LHR', '--days', '20').json;
    const d = (await list()).find((x) => x.device === other.id);
    assert.deepEqual(d, { device: other.id, site: 'LHR', seen_at: null, reported_at: null, software: null, started_at: null, camera: 'unknown', camera_errors: 0,
      notice_version: null, notice_language: null, notice_state: null, label: 'never on', state: 'valid', credential: 'secret',
      created_at: d.created_at, expires_at: d.expires_at });
    assert.equal(Math.round((Date.parse(d.expires_at) - Date.parse(d.created_at)) / 86_400_000), 20);
    const since = Date.now();
    assert.equal((await g.ask('GET', '/v1/me', { token: other.token })).status, 200);
    const seen = (await list()).find((x) => x.device === other.id);
    assert.ok(Date.parse(seen.seen_at) >= since - 1 && seen.reported_at === null);
  });

  test('what a gate says of itself is shown, and outlives a restart', async () => {
    const notice = (await g.ask('GET', '/v1/notice?mode=air&direction=departure', { as: 'device' })).json;
    const said = { software: 'gate 1.2.0 (Firefox 140)', started_at: '2026-11-23T06:00:00Z', camera: 'working', camera_errors: 3,
      notice_version: notice.version, notice_language: notice.language, mode: 'air', direction: 'departure' };
    const a = await report(said);
    assert.equal(a.status, 200, a.text);
    assert.equal(a.json.notice_state, 'current');
    for (const k of ['label', 'state', 'expires_at']) assert.ok(!(k in a.json), k);
    const shown = async () => (await list()).find((x) => x.device === a.json.device);
    for (const k of ['software', 'camera', 'camera_errors', 'notice_version', 'notice_language']) assert.equal((await shown())[k], said[k], k);
    assert.equal(Date.parse((await shown()).started_at), Date.parse(said.started_at));
    await new Promise((r) => setTimeout(r, 30));
    await g.ask('GET', '/v1/me', { as: 'device' });
    const last = await shown();
    assert.ok(last.seen_at > last.reported_at);
    await g.signal('SIGTERM');
    g = await Gangway.start(t, { store: g.store });
    assert.deepEqual(await shown(), last);
  });

  test('with an old notice it is told so, and so is the admin', async () => {
    const a = await report({ notice_version: '0123456789abcdef', notice_language: 'en' });
    assert.equal(a.json.notice_state, 'outdated');
    assert.equal(a.json.camera, 'unknown', 'the latest word counts, and it said nothing of the camera');
    assert.equal((await list()).find((x) => x.device === a.json.device).notice_state, 'outdated');
    const language = await report({ notice_version: '0123456789abcdef', notice_language: 'tlh' });
    assert.equal(language.json.notice_state, 'outdated', 'a language the pack does not have');
  });

  for (const [label, json] of [
    ['a camera nobody knows', { camera: 'melted' }], ['a number of errors below zero', { camera_errors: -1 }], ['that is no number', { camera_errors: 'many' }],
    ['a half of one', { camera_errors: 1.5 }], ['a time that is none', { started_at: 'noon' }], ['control characters', { software: 'gate\u0007' }], ['too long a name', { software: 'x'.repeat(65) }],
    ['a notice without language', { notice_version: '0123456789abcdef' }], ['a mode nobody knows', { mode: 'space' }], ['a direction', { direction: 'up' }],
    ['keys nobody knows', { sofware: 'x' }]])
    test(`what it says wrongly is refused: ${label}`, async () => {
      const a = await report(json);
      assert.deepEqual([a.status, a.json.code], [422, 'invalid'], a.text);
    });

  test('that is revoked is on its own list only', async () => {
    const gone = g.cli('device', 'add', 'stolen', '--site', 'YVR').json;
    g.cli('device', 'revoke', gone.id);
    assert.ok(!(await list()).some((x) => x.device === gone.id));
    const revoked = await list('admin', undefined, '?state=revoked');
    assert.deepEqual(revoked.map((x) => [x.device, x.state]), [[gone.id, 'revoked']]);
    assert.ok((await list('admin', undefined, '?state=valid')).every((x) => x.state === 'valid'));
    assert.equal((await g.ask('GET', '/v1/devices?state=lost', { as: 'admin' })).status, 400);
  });

  test('a supervisor sees those at his site', async () => {
    assert.deepEqual([...new Set((await list('supervisor', { site: 'LHR' })).map((x) => x.site))], ['LHR']);
    assert.deepEqual([...new Set((await list('supervisor')).map((x) => x.site))].sort(), ['LHR', 'YVR']);
  });

  test('its site has its devices and its notices', async () => {
    assert.equal(g.cli('site', 'add', 'SEA').status, 0);
    await g.ask('GET', '/v1/me', { as: 'device' });
    const sites = (await g.ask('GET', '/v1/sites', { as: 'admin' })).json.sites;
    assert.deepEqual(sites.map((s) => s.site), ['LHR', 'SEA', 'YVR']);
    assert.deepEqual(sites.find((s) => s.site === 'SEA').notices.map((n) => [n.language, n.state, n.mode]), [['en', 'current', null]]);
    const here = sites.find((s) => s.site === 'YVR');
    assert.deepEqual([here.devices, here.devices_seen, here.notices], [2, 2, []]); // one of before the restart
    assert.deepEqual((await g.ask('GET', '/v1/sites', { as: 'supervisor', where: { site: 'SEA' } })).json.sites.map((s) => s.site), ['SEA']);
  });

  test('said again under its key, it is answered the same and changes nothing that was said since', async () => {
    const where = { site: 'OSL' }, once = { where, headers: { 'Idempotency-Key': 'status-1' } };
    const first = await report({ software: 'gate 1.0', camera: 'working' }, once);
    assert.equal((await report({ software: 'gate 1.1', camera: 'failed' }, { where })).status, 200);
    const again = await report({ software: 'gate 1.0', camera: 'working' }, once);
    assert.deepEqual([again.status, again.text, again.headers['idempotency-replayed']], [200, first.text, 'true']);
    assert.equal((await list()).find((x) => x.device === first.json.device).software, 'gate 1.1');
    assert.equal((await report({ software: 'gate 1.2', camera: 'working' }, once)).status, 422, 'a key is of one request');
  });
});
