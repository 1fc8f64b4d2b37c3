// roles.test.mjs - role x route x field, cell by cell: who gets what of an answer, and what is kept from whom.
//
// TABLE has a row for every field that /openapi.json announces in an answer; its letters are the roles that get it.
// A route or a field without a row fails, so nothing new is shown to anybody unless it is written here.
//
//   GANGWAY_ROLES=write node --test tests/service/roles.test.mjs
//
// writes help/roles.mjs as it was seen: then read what has changed, line by line, before you commit it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { selfSigned, withoutOpenssl } from './help/certificates.mjs';
import { Gangway, folder, live, photo, voyage, withoutPhotos } from './help/gangway.mjs';
import { make } from './help/pictures.mjs';
import { table, streams } from './help/roles.mjs';

const letters = { D: 'device', C: 'carrier', O: 'officer', S: 'supervisor', A: 'auditor', M: 'admin' };
const file = new URL('./help/roles.mjs', import.meta.url);
const nobody = '0'.repeat(26);

// Everything about a person here is unlike anything else, so that it is found wherever it turns up.
const persons = [0, 1, 2, 3, 4].map((n) => ({
  kind: 'passenger', surname: `ZURNAME${'ABCDE'[n]}`, given_names: `GIVVEN${'ABCDE'[n]}`, sex: 'X', birth_date: `1971-03-0${n + 1}`, nationality: 'UTO',
  documents: [{ type: 'P', number: `QX77812${n}`, issuing_state: 'UTO', expiry_date: '2031-07-09' }], reference: `REFF${n}KK`, seat: `7${n}Q`,
}));
const marks = {
  names: /ZURNAME|GIVVEN/i, documents: /QX77812/i, births: /1971-03-0/, references: /REFF\d|"7\dQ\\?"/, scores: /"(score|next_score|threshold|liveness)"/, reasons: /"reason"/,
  photos: /"photo"/,
};
// What must stand in no answer to a role, whatever the route: the contract's sentence about each.
const never = {
  device: ['names', 'documents', 'births', 'scores', 'reasons', 'photos'],
  carrier: ['documents', 'births', 'scores', 'reasons', 'photos'],
  officer: ['documents', 'births'],
  supervisor: ['documents', 'births'],
  auditor: ['names', 'documents', 'births', 'references', 'photos'],
  admin: ['names', 'documents', 'births', 'references', 'photos'],
};

// But in a case the document is looked at, against what was announced; and of who was on board unannounced there is no case.
const papers = { officer: ['documents', 'births'], supervisor: ['documents', 'births'] };
const shown = { 'GET /v1/inspections/{inspection}': papers, 'POST /v1/inspections/{inspection}/claim': papers, 'POST /v1/inspections/{inspection}/outcome': papers,
  'GET /v1/voyages/{voyage}/close': papers };

// ---- fields --------------------------------------------------------------------------

// Every place of a schema that can hold something: "travelers[].seat".
function fieldsOf(document, schema, at = '', out = new Set()) {
  if (schema.$ref) return fieldsOf(document, schema.$ref.split('/').slice(1).reduce((d, k) => d[k], document), at, out);
  for (const s of schema.anyOf ?? []) fieldsOf(document, s, at, out);
  for (const [k, s] of Object.entries(schema.properties ?? {})) {
    const here = at ? `${at}.${k}` : k;
    out.add(here);
    fieldsOf(document, s, here, out);
  }
  if (schema.items) fieldsOf(document, schema.items, `${at}[]`, out);
  if (typeof schema.additionalProperties === 'object') fieldsOf(document, schema.additionalProperties, `${at}.*`, out.add(`${at}.*`));
  // What may hold anything would be a hole in the table.
  const open = schema.type && [].concat(schema.type).includes('object') && schema.additionalProperties === undefined;
  assert.ok(!open, `${at || 'the answer'} takes keys that are announced nowhere`);
  return out;
}

// The fields an answer has: true where something was in one, false where it was null.
function seenIn(value, schemaFields, at = '', out = new Map()) {
  if (Array.isArray(value)) value.forEach((v) => seenIn(v, schemaFields, `${at}[]`, out));
  else if (value !== null && typeof value === 'object')
    for (const [k, v] of Object.entries(value)) {
      const named = at ? `${at}.${k}` : k, here = schemaFields.has(named) ? named : `${at}.*`;
      out.set(here, (out.get(here) ?? false) || v !== null);
      seenIn(v, schemaFields, here, out);
    }
  return out;
}

describe('who gets what', { skip: withoutPhotos || withoutOpenssl }, () => {
  const afters = [];
  let g, world;
  const seen = new Map(); // "GET /path" -> letter -> field -> something was in it
  const texts = Object.fromEntries(Object.values(letters).map((r) => [r, []]));
  before(async () => {
    // A register that is never there: what goes to it waits.
    const certificates = folder({ after: (f) => afters.push(f) }), own = selfSigned(certificates, 'own');
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.attempts': 2, 'verify.liveness': 0.0001, 'webhook.attempts': 1,
      'register.url': 'https://127.0.0.1:1/transfers', 'register.authorities': own.file, 'register.certificate': own.file, 'register.key': own.keyFile } });
    const json = async (promise, status) => { const a = await promise; assert.equal(a.status, status, a.text); return a.json; };
    const announce = (people) => json(g.manifest(voyage(people)), 201);
    world = { id: (await announce(persons)).voyage };
    for (const [n, f] of ['franck_01829.jpg', 'audrey.jpg', 'bieber_small.jpg'].entries())
      await json(g.portrait(photo(f), { number: persons[n].documents[0].number }), 201);
    // Cleared, the same twice again (an alert each), a stranger; one declines, one has no portrait.
    for (const f of ['franck_01829.jpg', 'franck_01829.jpg', 'franck_01829.jpg', 'cage.jpg', 'cage.jpg']) await json(g.verify(world.id, live(f)), 200);
    await json(g.ask('POST', `/v1/voyages/${world.id}/declines`, { as: 'device', json: { reference: persons[3].reference } }), 201);
    world.receipt = (await json(g.ask('POST', `/v1/voyages/${world.id}/declines`, { as: 'device', json: {} }), 201)).receipt;
    const verifications = (await json(g.ask('GET', `/v1/voyages/${world.id}/verifications`, { as: 'officer' }), 200)).verifications;
    world.case = verifications.find((v) => v.reason === 'already_cleared');
    const alerts = (await json(g.ask('GET', '/v1/alerts', { as: 'supervisor' }), 200)).alerts;
    world.alert = alerts[0];
    await json(g.ask('POST', `/v1/alerts/${alerts[1].alert}/acknowledge`, { as: 'supervisor', json: {} }), 200);
    await json(g.portrait(photo('audrey.jpg'), { number: persons[1].documents[0].number, source: 'visa' }), 201);
    const closed = (await announce([{ ...persons[0], reference: 'REFF7KK' }])).voyage;
    await json(g.ask('POST', `/v1/voyages/${closed}/close`, { as: 'officer', json: {} }), 200);
    world.closed = closed;
    // The officer has claimed the case; a supervisor needs none.
    const inspections = (await json(g.ask('GET', '/v1/inspections', { as: 'officer' }), 200)).inspections;
    world.inspection = inspections.find((i) => i.reason === 'already_cleared').inspection;
    await json(g.ask('POST', `/v1/inspections/${world.inspection}/claim`, { as: 'officer', json: {} }), 200);
    world.photo = `/v1/photos/${world.case.photo}?purpose=inspection&case=${world.inspection}`;
    assert.equal((await g.ask('GET', world.photo, { as: 'officer' })).status, 200);
    const other = inspections.find((i) => i.reason === 'below_threshold'), here = { as: 'officer', where: { site: 'YVR' } };
    const seen = verifications.find((v) => v.reason === 'below_threshold' && v.photo);
    await json(g.ask('POST', `/v1/inspections/${other.inspection}/claim`, { ...here, json: {} }), 200);
    assert.equal((await g.ask('GET', `/v1/photos/${seen.photo}?purpose=inspection&case=${other.inspection}`, here)).status, 200);
    world.order = { reason: 'ORDER-7', until: new Date(Date.now() + 86_400_000).toISOString() };
    world.hold = () => json(g.ask('POST', `/v1/voyages/${closed}/holds`, { as: 'admin', json: world.order }), 201);
    await world.hold();
    assert.equal(g.cli('site', 'add', 'SEA', '--mode', 'air', '--direction', 'departure').status, 0);
    const dir = folder({ after: (f) => afters.push(f) });
    world.far = make(dir, 'frame', 640, 480, 12, 'audrey.jpg');
    world.another = (n) => announce([{ ...persons[0], reference: `REFF${n}KK` }, { ...persons[3], reference: `REFF${n}JJ` }]);
    const declined = (await json(g.ask('GET', '/v1/inspections', { as: 'officer' }), 200)).inspections.find((i) => i.cause === 'decline').inspection;
    world.cases = async () => [world.inspection, other.inspection, declined];
    // A fresh inspection of somebody who is known: one more decline.
    world.opened = async () => {
      const d = await json(g.ask('POST', `/v1/voyages/${(await announce([{ ...persons[3], reference: 'REFF8KK' }])).voyage}/declines`, { as: 'device', json: { reference: 'REFF8KK' } }), 201);
      return (await json(g.ask('GET', '/v1/inspections?limit=500', { as: 'officer' }), 200)).inspections.find((i) => i.decline === d.decline).inspection;
    };
    world.hook = async () => (await json(g.ask('POST', '/v1/webhooks', { as: 'admin', json: { carrier: 'QQ', url: 'https://hooks.example.org/' } }), 201)).webhook;
    // One that nothing can be sent to: what it is sent is given up at once.
    world.deaf = (await json(g.ask('POST', '/v1/webhooks', { as: 'admin', json: { carrier: 'QQ', url: 'https://localhost:1/' } }), 201)).webhook;
    await json(g.ask('POST', `/v1/webhooks/${world.deaf}/test`, { as: 'admin', json: {} }), 200);
    world.dead = async () => {
      for (;;) if ((await json(g.ask('GET', '/v1/webhooks', { as: 'admin' }), 200)).webhooks.find((w) => w.webhook === world.deaf).dead > 0) break;
    };
    await world.dead();
    // How ready the lists were an hour before is noted behind the answers.
    for (const until = Date.now() + 60_000; Date.now() < until;)
      if ((await json(g.ask('GET', `/v1/voyages/${world.id}/readiness`, { as: 'officer' }), 200)).marks.length > 0) break;
    world.officer = g.cli('user', 'list').stdout.trim().split('\n').map((l) => JSON.parse(l)).find((u) => u.role === 'officer').id;
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  // Passengers and crew in one request, as PAXLST; a traveler with a birth that is none.
  const lists = () => ['745', '250'].map((bgm) => `UNB+UNOA:3+XX+B+261123:0600+1'UNH+1+PAXLST:D:05B:UN:IATA'BGM+${bgm}'TDT+20+XX77'LOC+125+YVR'DTM+189:3011231015:201'` +
    `LOC+87+JFK'DTM+232:3011231840:201'NAD+FL+++ZURNAMEE:GIVVENE'DTM+329:639999'RFF+ABO:REFF${bgm}KK'UNT+9+1'UNZ+1+1'`).join('');
  // How each route is asked here: [target, options] for a role; several requests where one answer cannot have it all.
  const asks = {
    'POST /v1/manifests': async () => [['/v1/manifests', { json: voyage(persons.map((p) => ({ ...p, documents: [{ ...p.documents[0], expiry_date: '2001-13-45' }] }))) }],
      ['/v1/manifests', { json: voyage(persons) }], ['/v1/manifests', { body: Buffer.from(lists()), headers: { 'Content-Type': 'application/edifact' } }]],
    'PUT /v1/portraits': async () => [['/v1/portraits', { body: photo('audrey.jpg'), headers: { 'Content-Type': 'image/jpeg', 'X-Document-Number': persons[1].documents[0].number,
      'X-Issuing-State': 'UTO', 'X-Portrait-Source': 'application' } }]],
    'POST /v1/voyages/{voyage}/verifications': async () => [world.far, live('audrey.jpg')].map((body) => [`/v1/voyages/${world.id}/verifications`, { body, headers: { 'Content-Type': 'image/jpeg' } }]),
    'POST /v1/voyages/{voyage}/declines': async () => [[`/v1/voyages/${world.id}/declines`, { json: { reference: persons[2].reference } }]],
    // And once more, to a voyage that is closed, with somebody nobody knows.
    'POST /v1/voyages/{voyage}/close': async (role) => {
      const at = `/v1/voyages/${(await world.another(role.length)).voyage}/close`;
      return [[at, { json: { boarded: [`REFF${role.length}KK`, 'REFF9ZZ'] } }], [at, { json: { not_boarded: ['REFF9ZZ'] } }]];
    },
    'GET /v1/voyages/{voyage}/close': async (role) => {
      const list = voyage([20, 21].map((n) => ({ ...persons[0], reference: `REFF${n + role.length}KK` }))), id = (await g.manifest(list)).json.voyage;
      const stranger = { ...persons[1], reference: 'REFF9ZZ' };
      assert.equal((await g.manifest({ ...list, kind: 'close_out', close_out_list: 'on_board', travelers: [list.travelers[0], stranger] })).status, 200);
      return [[`/v1/voyages/${id}/close`]];
    },
    'GET /v1/voyages': async () => [['/v1/voyages?limit=1'], ['/v1/voyages']],
    'GET /v1/voyages/{voyage}/travelers': async () => [[`/v1/voyages/${world.id}/travelers?limit=2`], [`/v1/voyages/${world.id}/travelers`]],
    'GET /v1/voyages/{voyage}/verifications': async () => [[`/v1/voyages/${world.id}/verifications?limit=1`], [`/v1/voyages/${world.id}/verifications`]],
    'GET /v1/voyages/{voyage}': async () => [[`/v1/voyages/${world.id}`], [`/v1/voyages/${world.closed}`]],
    'GET /v1/alerts': async () => [['/v1/alerts'], ['/v1/alerts?limit=1']],
    'POST /v1/alerts/{alert}/acknowledge': async () => [[`/v1/alerts/${world.alert.alert}/acknowledge`, { json: {} }]],
    'GET /v1/photos/{photo}': async () => [[world.photo]],
    'POST /v1/boarding-status': async (role) => [['selectee', null], ['cleared', new Date().toISOString()]].map(([boarding_status, as_of]) => ['/v1/boarding-status',
      { json: { voyage: world.id, reference: persons[4].reference, boarding_status, as_of } }]),
    'GET /v1/inspections': async () => [['/v1/inspections?limit=1'], ['/v1/inspections']],
    'GET /v1/inspections/{inspection}': async () => (await world.cases()).map((i) => [`/v1/inspections/${i}`]),
    // Each role has one of its own; a claim of somebody else's would be a 409.
    'POST /v1/inspections/{inspection}/claim': async () => [[`/v1/inspections/${await world.opened()}/claim`, { json: {} }]],
    'POST /v1/inspections/{inspection}/outcome': async () => [
      [`/v1/inspections/${await world.opened()}/outcome`, { json: { method: 'document', result: 'cleared' } }],
      [`/v1/inspections/${await world.opened()}/outcome`, { json: { method: 'document', result: 'referred' } }]],
    'POST /v1/webhooks': async () => [['/v1/webhooks', { json: { carrier: 'QQ', url: 'https://hooks.example.org/' } }]],
    'DELETE /v1/webhooks/{hook}': async () => [[`/v1/webhooks/${await world.hook()}`]],
    'POST /v1/webhooks/{hook}/test': async () => [[`/v1/webhooks/${world.deaf}/test`, { json: {} }]],
    'POST /v1/webhooks/{hook}/retry': async () => [[`/v1/webhooks/${world.deaf}/retry`, { json: {} }]],
    'GET /v1/webhooks/{hook}/dead': async () => { await world.dead(); return [[`/v1/webhooks/${world.deaf}/dead`]]; },
    'POST /v1/photo-approvals': async () => [['/v1/photo-approvals', { json: { token: world.officer, photos: 3 } }]],
    'POST /v1/voyages/{voyage}/holds': async () => [[`/v1/voyages/${world.closed}/holds`, { json: world.order }]],
    'POST /v1/holds/{hold}/release': async () => [[`/v1/holds/${(await world.hold()).hold}/release`, { json: {} }]],
    'GET /v1/transfers': async () => [['/v1/transfers?limit=1'], ['/v1/transfers']],
    'POST /v1/transfers': async () => [['/v1/transfers', { json: { case: world.case.verification } }]],
    'POST /v1/transfers/{transfer}/retry': async () => [[`/v1/transfers/${(await g.ask('GET', '/v1/transfers', { as: 'auditor' })).json.transfers[0].transfer}/retry`, { json: {} }]],
    'GET /v1/audit/head': async () => [['/v1/audit/head?fresh=yes']],
    'GET /v1/audit/entries': async () => [['/v1/audit/entries?limit=1'], ['/v1/audit/entries?limit=1000']],
    'GET /v1/audit/proofs': async () => {
      const { size } = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'auditor' })).json;
      return [['/v1/audit/proofs?leaf=0'], [`/v1/audit/proofs?first=${size}&second=${size}`]];
    },
    'GET /v1/receipts/{receipt}': async () => [[`/v1/receipts/${world.receipt}`]],
    'POST /v1/setup': async () => [['/v1/setup', { json: { code: '0000-0000-0000-0000' } }]],
    'PUT /v1/me/status': async () => [['/v1/me/status', { json: { software: 'gate 1', started_at: '2026-11-23T06:00:00Z', camera: 'working', notice_version: '0123456789abcdef', notice_language: 'en' } }]],
    'GET /v1/notice': async () => [['/v1/notice?site=YVR&mode=air&direction=departure', { headers: { Accept: 'application/json' } }]],
  };
  // May ask, but not about this: an alert of a gate is not an operator's.
  const unpurged = { supervisor: 404, auditor: 404 }, unsigned = { supervisor: 422, auditor: 422, admin: 422 };
  const grown = Object.fromEntries(Object.values(letters).map((r) => [r, 409])); // there is an admin
  const undecided = { supervisor: 409 };
  const hidden = { 'POST /v1/setup': grown, 'POST /v1/transfers': undecided, 'POST /v1/alerts/{alert}/acknowledge': { admin: 404 }, 'GET /v1/audit/deletions/{voyage}': unpurged,
    'POST /v1/audit/cosignatures': unsigned };
  const bodyOf = (route) => (route.startsWith('GET ') ? {} : { body: Buffer.from('{}'), headers: { 'Content-Type': /portraits|verifications/.test(route) ? 'image/jpeg' : 'application/json' } });
  const plain = (route) => route.split(' ')[1].replace('{voyage}', world.id).replace(/\{\w+\}/g, nobody);

  const operations = () => Object.entries(g.openapi.paths).flatMap(([p, o]) => Object.entries(o).map(([m, op]) => [`${m.toUpperCase()} ${p}`, op]));
  // What describes itself is not taken apart.
  const schemaOf = (op) => (op.operationId === 'get_openapi' ? undefined : schemaIn(op));
  const schemaIn = (op) => Object.values(op.responses).map((r) => r.content?.['application/json']?.schema).find(Boolean);
  const isStream = (op) => Object.values(op.responses).some((r) => r.content?.['text/event-stream']);

  test('every role asks every route', async () => {
    for (const [route, op] of operations()) {
      if (isStream(op)) continue;
      const [method] = route.split(' '), fields = schemaOf(op) ? fieldsOf(g.openapi, schemaOf(op)) : new Set();
      const open = op.security.some((s) => Object.keys(s).length === 0);
      for (const [letter, role] of Object.entries(letters)) {
        const may = op['x-roles'].includes(role) || open;
        const list = may && asks[route] ? await asks[route](role) : [[plain(route), bodyOf(route)]];
        for (const [target, options = {}] of list) {
          const a = await g.ask(method, target, { as: role, ...options });
          if (!open) texts[role].push([route, a.text]);
          if (!may) {
            assert.equal(a.status, 403, `${role} ${route}`);
            continue;
          }
          if (hidden[route]?.[role]) {
            assert.equal(a.status, hidden[route][role], `${role} ${route}`);
            continue;
          }
          assert.ok(a.status < 300, `${role} ${route}: ${a.status} ${a.text}`);
          if (!seen.has(route)) seen.set(route, new Map());
          const mine = seen.get(route).get(letter) ?? new Map();
          seen.get(route).set(letter, a.json === null ? mine : seenIn(a.json, fields, '', mine));
        }
      }
    }
  });

  // "CO" get something, "co" the key with null in it.
  const cellOf = (route, field) => Object.keys(letters).map((l) => { const v = seen.get(route)?.get(l)?.get(field); return v === undefined ? '' : v ? l : l.toLowerCase(); }).join('');
  const rows = (of, blanks) => Object.entries(of).map(([k, v]) => (typeof v === 'string' ? `${blanks}'${k}': '${v}',\n` : `${blanks}'${k}': {\n${rows(v, `${blanks}  `)}${blanks}},\n`)).join('');
  const heard = {};
  after(() => {
    if (process.env.GANGWAY_ROLES !== 'write') return;
    const found = Object.fromEntries(operations().filter(([, op]) => schemaOf(op)).map(([route, op]) =>
      [route, Object.fromEntries([...fieldsOf(g.openapi, schemaOf(op))].map((f) => [f, cellOf(route, f)]))]));
    const head = fs.readFileSync(file, 'utf8').split('export const table')[0];
    fs.writeFileSync(file, `${head}export const table = {\n${rows(found, '  ')}};\n\n// Of streams: each kind of event, and each key of its data.\nexport const streams = {\n${rows(heard, '  ')}};\n`);
  });

  test('every route and every field of an answer has its row, and no row is left over', () => {
    const announced = Object.fromEntries(operations().filter(([, op]) => schemaOf(op)).map(([route, op]) => [route, [...fieldsOf(g.openapi, schemaOf(op))].sort()]));
    assert.deepEqual(Object.fromEntries(Object.entries(table).map(([r, f]) => [r, Object.keys(f).sort()])), announced);
    assert.deepEqual(Object.keys(streams).sort(), operations().filter(([, op]) => isStream(op)).map(([r]) => r).sort());
  });

  for (const [route, fields] of Object.entries(table))
    test(`${route}: each field goes to whom it says`, () => {
      const got = Object.fromEntries(Object.keys(fields).map((f) => [f, cellOf(route, f)]));
      assert.deepEqual(got, fields);
    });

  for (const [role, kinds] of Object.entries(never))
    test(`no answer gives the ${role} ${kinds.join(', ')}`, () => {
      for (const [route, text] of texts[role])
        for (const kind of kinds) assert.ok((shown[route]?.[role] ?? []).includes(kind) || !marks[kind].test(text), `${route}: ${kind}: ${text.slice(0, 300)}`);
    });

  // Keys of each kind of event, as one role hears them from the beginning.
  const hear = (role) => new Promise((resolve, reject) => {
    const { hostname, port } = new URL(g.url);
    const q = http.request({ hostname, port, path: '/v1/events?after=0', headers: { Authorization: `Bearer ${g.token(role)}` } }, (r) => {
      assert.equal(r.statusCode, 200);
      let text = '';
      const done = () => { clearTimeout(quiet); q.destroy(); resolve(text); };
      let quiet = setTimeout(done, 5000);
      r.on('data', (d) => { text += d; clearTimeout(quiet); quiet = setTimeout(done, 1500); });
      r.on('error', () => {});
    });
    q.on('error', reject);
    q.end();
  });
  for (const [route, kinds] of Object.entries(streams))
    test(`${route}: each kind, and each key of it, goes to whom it says`, async () => {
      const got = {};
      for (const [letter, role] of Object.entries(letters)) {
        const text = await hear(role);
        for (const kind of never[role]) assert.ok(!marks[kind].test(text), `${role}: ${kind}`);
        for (const [, name, data] of text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)) {
          const keys = got[name] ??= {};
          for (const [k, has] of seenIn(JSON.parse(data), { has: () => true })) {
            const cell = keys[k] ?? '', mine = cell.includes(letter) || has ? letter : letter.toLowerCase();
            keys[k] = cell.replace(new RegExp(letter, 'i'), '') + mine;
          }
        }
      }
      heard[route] = got;
      assert.deepEqual(got, kinds);
    });

  // The same routes about the same things, asked from another site or for another carrier.
  test('nothing of it exists for another carrier, or at another site', async () => {
    const about = { '{voyage}': world.id, '{alert}': world.alert.alert, '{photo}': world.case.photo };
    for (const [route, op] of operations()) {
      const named = /\{\w+\}/.exec(route)?.[0];
      if (!named || !about[named]) continue;
      const [method, p] = route.split(' ');
      for (const role of op['x-roles']) {
        if (role === 'admin' || role === 'auditor') continue; // of the whole machine
        const [[, options = {}]] = asks[route] && method !== 'GET' && !/close/.test(route) ? await asks[route](role) : [['', bodyOf(route)]];
        const query = named === '{photo}' ? world.photo.slice(world.photo.indexOf('?')) : '';
        const a = await g.ask(method, p.replace(named, about[named]) + query, { as: role, where: role === 'carrier' ? { carrier: 'ZZ' } : { site: 'LHR' }, ...options });
        assert.equal(a.status, 404, `${role} elsewhere: ${route}: ${a.status} ${a.text}`);
      }
    }
    for (const [role, where] of [['carrier', { carrier: 'ZZ' }], ['device', { site: 'LHR' }], ['officer', { site: 'LHR' }], ['supervisor', { site: 'LHR' }]]) {
      assert.deepEqual((await g.ask('GET', '/v1/voyages', { as: role, where })).json.voyages, [], role);
      if (role === 'officer' || role === 'supervisor') assert.deepEqual((await g.ask('GET', '/v1/alerts', { as: role, where })).json.alerts, [], role);
    }
  });

  test('without a token nothing is answered but what is open', async () => {
    for (const [route, op] of operations()) {
      const [method] = route.split(' ');
      const a = await g.ask(method, ['GET /v1/notice', 'GET /v1/receipts/{receipt}'].includes(route) ? (await asks[route]())[0][0] : plain(route), isStream(op) ? {} : bodyOf(route));
      const open = op.security.some((s) => Object.keys(s).length === 0);
      assert.equal(a.status, route === 'POST /v1/setup' ? 409 : open ? 200 : 401, route);
    }
  });
});
