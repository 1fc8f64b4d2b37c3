// simulate.mjs - the simulator against the real service: it finds it keeps the contract,
// and finds out when one does not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Gangway, environment, folder, program, root, run, withoutPhotos } from '../service/help/gangway.mjs';

// Not in one breath: the service's log is read by us meanwhile.
function day(g, json, ...more) {
  const child = spawn(program, ['simulate', '--set', `store.path=${g.store}`, '--json', json, ...more], { env: environment });
  const r = { stdout: '', stderr: '' };
  for (const k of ['stdout', 'stderr']) child[k].setEncoding('utf8').on('data', (d) => { r[k] += d; });
  return new Promise((resolve) => child.on('exit', (status) => resolve({ ...r, status })));
}
const rule = (report, name) => report.rules.find((r) => r.rule === name);
const rules = [...fs.readFileSync(path.join(root, 'src/cli/simulate.def'), 'utf8').matchAll(/^SIM_RULE\((\w+),/gm)].map((m) => m[1]);
const set = { 'webhook.targets': '127.0.0.1', 'webhook.retry': '50ms' };

test('a day against a fresh service: every rule is tried, none is broken, nobody is cleared as somebody else', { skip: withoutPhotos }, async (t) => {
  const g = await Gangway.start(t, { set });
  const json = path.join(folder(t), 'day.json');
  const r = await day(g, json, '--voyages', '2', '--url', g.url);
  const report = JSON.parse(fs.readFileSync(json, 'utf8'));
  assert.deepEqual(report.rules.filter((x) => x.result !== 'pass').map((x) => `${x.rule}: ${x.first_failure}`), []);
  assert.deepEqual(report.rules.map((x) => x.rule), rules);
  assert.equal(r.status, 0, r.stderr);
  const d = report.decisions;
  assert.ok(d.cleared_as_themselves > 0);
  assert.deepEqual([d.cleared_as_somebody_else, d.strangers_cleared, d.unanswered], [0, 0, 0]);
  assert.equal(d.expected_at_gates, d.cleared_as_themselves + d.sent_to_inspection);
  assert.ok(report.latency_ms.verification.p99 >= report.latency_ms.verification.p50);
  // No token is left in what others read.
  assert.doesNotMatch(r.stdout + r.stderr + JSON.stringify(report), /gw_[A-Za-z0-9]{40}/);
});

test('where webhooks may not lead to it, their rules are not tried, and nothing else is missing', { skip: withoutPhotos }, async (t) => {
  const g = await Gangway.start(t);
  const json = path.join(folder(t), 'day.json');
  await day(g, json, '--voyages', '0', '--url', g.url);
  const report = JSON.parse(fs.readFileSync(json, 'utf8'));
  assert.deepEqual(report.rules.filter((x) => x.result === 'fail'), []);
  for (const x of report.rules) if (x.rule.startsWith('HOOK_')) assert.equal(x.result, 'not tried', x.rule);
  for (const name of ['REPLY', 'CASE', 'NO_OVERRIDE', 'BOARDING_UNDOES', 'REPLAY', 'LOG_GROWS']) assert.equal(rule(report, name).result, 'pass', name);
});

// ---- lies ------------------------------------------------------------------------------------------
// Between the two stands one that spoils what is said. A lie: of which question (method and path), when (what was
// asked and answered), and what becomes of the answer: its status, its JSON, its headers, its text.

const at = (method, where) => (q) => q.method === method && where.test(q.path);
// A refusal, as of a server that is busy, stays what it is.
const json = (change) => (a) => {
  if (/problem/.test(a.headers['content-type'])) return;
  const j = JSON.parse(a.body);
  a.body = JSON.stringify(change(j) ?? j);
};
const says = (status) => (a) => { a.status = status; };
const from = (before, after) => (a) => { if (a.status === before) a.status = after; };
const decided = (q, a) => /verifications/.test(q.path) && q.method === 'POST' && a.status === 200;
const inspect = (a) => JSON.parse(a.body).decision === 'inspect';
const clears = (reference) => json((j) => ({ ...j, decision: 'clear', traveler: { reference, seat: '1A' } }));
const list = /^\/v1\/voyages\/[^/]+\/travelers/;

// [rules that must fail, of which question, when, what becomes of the answer]
const rehearsal = [
  ['READY', at('GET', /^\/readyz/), null, says(500)],
  ['METRICS', at('GET', /^\/metrics/), null, (a) => { a.body = 'none'; }],
  ['OPENAPI ONCE_OFFERED ONLY_NAMED', at('GET', /^\/openapi/), null, json((j) => {
    delete j.paths['/v1/voyages/{voyage}/close'];
    j.paths['/v1/portraits'].put.parameters = [];
    j.paths['/v1/search'] = { post: { parameters: [{ name: 'Idempotency-Key' }], requestBody: { content: { 'image/jpeg': {} } } } };
  })],
  ['PAGE', at('GET', /^\/gate$/), null, says(404)],
  ['NO_TOKEN', () => true, (q, a) => a.status === 401, (a) => { delete a.headers['www-authenticate']; }],
  ['BAD_TOKEN', (q) => /gw_0{20}/.test(q.headers.authorization ?? ''), null, says(200)],
  ['WRONG_ROLE', at('GET', /^\/v1\/inspections$/), null, from(403, 200)],
  ['OWN_ONLY', at('GET', /^\/v1\/voyages\/[^/0]{3}[^/]*$/), null, from(404, 200)],
  ['OWN_ONLY', at('GET', /^\/v1\/voyages\/01[^/]*$/), null, from(404, 200)],
  ['NO_NAMES', at('GET', list), null, from(403, 200)],
  ['NO_FACES', at('GET', /^\/v1\/photos\/.*purpose/), null, from(403, 200)],
  ['UNKNOWN', at('GET', /nothing-of-this-name/), null, says(200)],
  ['METHOD', () => true, (q, a) => a.status === 405, (a) => { delete a.headers.allow; }],
  ['PROBLEM', () => true, (q, a) => a.status === 413, (a) => { a.headers['content-type'] = 'text/html'; }],
  ['BAD_PLACE', (q) => q.headers['content-type'] === 'text/x-unheard-of', null, says(200)],
  ['TOO_LARGE', () => true, (q, a) => a.status === 413, says(400)],
  ['BUSY', (q) => q.headers['x-document-number'] === 'R0', (q, a) => a.status === 422, says(503)],
  ['ONCE_SAME', at('POST', /\/declines$/), (q, a) => a.headers['idempotency-replayed'], (a) => { a.body += ' '; }],
  ['TIMES LATE', at('GET', /readiness$/), null, (a) => { a.body = String(a.body).replace(/("first_manifest_at":"[^"]*)Z"/, '$1"').replace('"late":false', '"late":true'); }],
  ['PAGES', at('GET', /cursor=nobody/), null, says(200)],
  ['MANIFEST_NEW', at('POST', /manifests/), (q, a) => a.status === 201 && q.headers['content-type'] === 'application/json', json((j) => { j.travelers++; })],
  ['MANIFEST_CSV', at('POST', /manifests/), (q) => q.headers['content-type'] === 'text/csv', says(200)],
  ['REPLY', at('POST', /manifests/), (q, a) => a.status === 201 && a.headers['content-type'] === 'application/edifact', (a) => { a.body = String(a.body).replace('RFF+TN:', 'RFF+TX:'); }],
  ['REPLY_DAMAGED', at('POST', /manifests/), (q, a) => a.status === 200 && a.headers['content-type'] === 'application/edifact', (a) => { a.body = String(a.body).replace(/ERC\+\d'/g, "ERC+9'"); }],
  ['PROBLEMS', at('POST', /manifests/), (q, a) => q.headers['content-type'] === 'application/edifact' && /json/.test(a.headers['content-type']), json((j) => { j.problems = []; })],
  ['LATE_ALERT BOARDING_ALERT TWICE_ALERT REFERRAL', at('GET', /^\/v1\/alerts/), (q, a) => a.status === 200, json((j) => { for (const x of j.alerts) x.kind = 'x'; })],
  ['BOARD', at('GET', /voyages.*[?&]from=/), null, json((j) => { j.voyages = []; })],
  ['PORTRAIT_AFTER', at('PUT', /portraits/), null, from(201, 200)],
  ['PORTRAIT_POOR', (q) => q.headers['x-document-number'] === 'S0', null, says(400)],
  ['DEVICE_SEES ATTEMPTS', at('POST', /verifications/), decided, json((j) => ({ ...j, reason: 'matched', attempt: 7 }))],
  ['WORDS', at('POST', /verifications/), (q, a) => decided(q, a) && inspect(a), json((j) => { j.guidance = 'smile'; })],
  ['TRAVELER CLEAR BOARDING_BACK', at('POST', /verifications/), (q, a) => decided(q, a) && !q.headers['x-boarding-pass'] && JSON.parse(a.body).decision === 'clear',
    json((j) => { j.traveler.reference = 'R99'; })],
  ['ONE_TO_ONE', at('POST', /verifications\?document=/), (q, a) => decided(q, a) && inspect(a), clears('R2')],
  ['CLEAR_ONCE BOARDING_HOLDS', at('POST', /verifications$/), (q, a) => decided(q, a) && !q.headers['x-boarding-pass'] && inspect(a), clears('R1')],
  ['PASS', at('POST', /verifications$/), (q, a) => decided(q, a) && q.headers['x-boarding-pass'] && inspect(a), clears('R5')],
  ['DECLINE', at('POST', /declines/), null, from(201, 200)],
  ['DECLINE_CASE', at('GET', /inspections\/\w+$/), (q, a) => JSON.parse(a.body).verification === null, json((j) => { j.verification = {}; })],
  ['CASE', at('GET', /inspections\/\w+$/), null, json((j) => { delete j.reason; })],
  ['CLAIM', at('POST', /claim$/), null, from(409, 200)],
  ['NO_OVERRIDE', at('POST', /outcome$/), null, from(409, 200)],
  ['OUTCOME INSPECTION_TIMED', at('POST', /outcome$/), (q, a) => a.status === 200 && /json/.test(a.headers['content-type']) && JSON.parse(a.body).decided_at,
    json((j) => ({ ...j, result: 'x', method: 'x', decided_at: '2000-01-01T00:00:00Z' }))],
  ['PHOTO_ASKED', at('GET', /photos\/\w+$/), null, says(200)],
  ['PHOTO', at('GET', /photos\/.*purpose/), (q, a) => a.status === 200, (a) => { a.headers['content-type'] = 'text/plain'; }],
  ['BOARDING_SAID BOARDING_UNDOES', at('POST', /boarding-status/), (q, a) => a.status === 200, json((j) => ({ ...j, boarding_status: 'x', undone: false }))],
  ['FOLLOWS', at('GET', list), (q, a) => a.status === 200, json((j) => { for (const x of j.travelers) if (x.status === 'declined') x.status = 'expected'; })],
  ['HOOK_MADE', at('DELETE', /webhooks/), null, says(500)],
  ['RECEIPT', at('GET', /receipts/), null, from(404, 200)],
  ['REPORTS', at('GET', /reports\/captures/), null, from(200, 500)],
  ['LOG_ENTRY', at('GET', /proofs\?leaf/), null, json((j) => { j.leaf++; })],
  ['LOG_GROWS', at('GET', /proofs\?first/), null, json((j) => { j.first++; })],
  ['LOG_NAMELESS', at('GET', /audit\/entries/), null, json((j) => { j.entries.push('REHEARSEDA'); })],
];
// Those that keep others from being tried.
const second = [
  ['ALERT_TAKEN', at('POST', /acknowledge/), null, json((j) => { j.state = 'open'; })],
  ['LOG_HEAD', at('GET', /audit\/head/), null, json((j) => { j.note = j.note.replace('\n', ' \n'); })],
  ['HOOK_SIGNED', at('POST', /^\/v1\/webhooks$/), null, json((j) => { j.secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`; })],
];
const boarding = [
  ['MANIFEST_EDIFACT', at('POST', /manifests/), (q) => q.headers['content-type'] === 'application/edifact', from(201, 202)],
  ['MANIFEST_TWICE MANIFEST_CHANGE', at('POST', /manifests/), (q, a) => a.status === 200 && /json/.test(a.headers['content-type']), json((j) => { j.travelers += 3; })],
  ['ONCE_OTHER', at('POST', /manifests/), (q, a) => a.status === 422 && /Idempotency/.test(a.body), says(200)],
  ['NO_PICTURE', at('POST', /verifications/), null, from(415, 200)],
  ['PORTRAIT_BEFORE', at('PUT', /portraits/), null, from(201, 200)],
  ['READINESS', at('GET', /readiness/), null, json((j) => { j.portraits.covered++; })],
  ['CARRIER_SEES', at('GET', /^\/v1\/voyages\/\w+$/), (q, a) => a.status === 200, json((j) => { j.score = 1; })],
  ['NO_HOLDER', at('POST', /document=NOBODY/), (q, a) => decided(q, a) && inspect(a), clears('S9')],
  ['REMOVED', at('POST', /verifications$/), (q, a) => decided(q, a) && inspect(a), clears('S1')],
  ['RECORDED', at('GET', /verifications\?/), null, json((j) => { j.verifications = []; })],
  ['CUT_OFF', at('POST', /verifications/), (q) => q.broken, says(500)],
  ['EVENTS', at('GET', /^\/v1\/events$/), (q) => q.headers['last-event-id'], null],
  ['INSPECTION', at('GET', /^\/v1\/inspections\?/), null, json((j) => { j.inspections = []; })],
  ['CLOSE CLOSE_AGAIN', at('POST', /close$/), (q, a) => a.status === 200, json((j) => { j.boarded += j.already ? 5 : 1; })],
  ['CLOSED', at('POST', /verifications$/), (q, a) => a.status === 409, says(200)],
  ['STATUSES', at('GET', list), (q, a) => a.status === 200, json((j) => { for (const x of j.travelers) if (x.status === 'not_boarded') x.status = 'expected'; })],
];
// What is told: line by line, because it never ends.
const told = {
  'REPLAY': { kind: 'first', of: (q) => Number(q.headers['last-event-id'] ?? 0) > 0 },
  'VIEWS': { from: 'data: {', to: 'data: {"reason":"x",', of: (q) => /^\/v1\/events\?voyage=\w+$/.test(q.path) },
  'BOARDING_TOLD': { from: '"decision":"inspect"', to: '"decision":"clear"', of: (q) => /kinds=boarding_status/.test(q.path) },
};
// What is sent to a carrier, between the service and the receiver.
const sent = {
  HOOK_TIME: (m) => { m.headers['webhook-timestamp'] = String(Number(m.headers['webhook-timestamp']) - 3600); },
  HOOK_AGAIN: (m) => { if (m.again) m.body += ' '; },
  HOOK_SEES: (m) => { m.body = m.body.replace('"data":{', '"data":{"reason":"x",'); },
  HOOK_TOLD: (m) => { m.dropped = /"type":"decision"/.test(m.body) && m.id !== m.first; },
  HOOK_ONCE: (m) => { m.twice = /"state":"closed"/.test(m.body); },
};

async function liar(t, g, lies, lines = {}, messages = {}) {
  const asked = new Map(), seen = new Set();
  let target, first;
  const ask = (url, options, body) => new Promise((resolve, reject) => {
    const q = http.request(url, { ...options, agent: false }, (a) => {
      const pieces = [];
      a.on('data', (p) => pieces.push(p)).on('end', () => resolve({ status: a.statusCode, headers: { ...a.headers }, body: Buffer.concat(pieces) })).on('error', reject);
    });
    q.on('error', reject);
    q.end(body);
  });
  const deliver = async (question, body, answer) => {
    const m = { headers: { ...question.headers }, body: String(body), id: question.headers['webhook-id'] };
    first ??= m.id;
    Object.assign(m, { first, again: seen.has(m.id) });
    seen.add(m.id);
    for (const lie of Object.values(messages)) lie(m);
    m.headers['content-length'] = Buffer.byteLength(m.body);
    let a = { status: 204 };
    for (let n = m.dropped ? 0 : m.twice ? 2 : 1; n > 0; n--) a = await ask(target, { method: 'POST', headers: m.headers }, m.body);
    answer.writeHead(a.status).end();
  };
  const listen = (question, answer) => {
    const changes = Object.values(lines).filter((l) => l.of(question));
    const silent = lies.some(([names, of, when]) => names === 'EVENTS' && of(question) && when(question));
    const q = http.request(`${g.url}${question.path}`, { headers: question.headers, agent: false }, (a) => {
      let text = '', n = 0;
      answer.writeHead(a.statusCode, a.headers);
      a.setEncoding('utf8').on('data', (d) => {
        text += d;
        for (let end; (end = text.indexOf('\n\n')) >= 0;) {
          let block = text.slice(0, end + 2);
          text = text.slice(end + 2);
          if (/^id:/m.test(block)) n++;
          for (const l of changes) block = l.kind === 'first' ? (n === 1 && /^id:/m.test(block) ? '' : block) : block.replaceAll(l.from, l.to);
          if (block && !silent) answer.write(block);
        }
      }).on('end', () => answer.end()).on('error', () => answer.destroy());
    });
    answer.on('close', () => q.destroy());
    q.on('error', () => answer.destroy());
    q.end();
  };
  const server = http.createServer((question, answer) => {
    const pieces = [];
    question.path = question.url;
    const key = question.headers['idempotency-key'];
    question.broken = asked.has(key) && !asked.get(key).complete; // the one before was cut off
    if (key) asked.set(key, question);
    if (/^\/v1\/events/.test(question.path)) return listen(question, answer);
    question.on('data', (p) => pieces.push(p)).on('error', () => {}).on('end', async () => {
      let body = Buffer.concat(pieces);
      try {
        if (question.path === '/delivered') return await deliver(question, body, answer);
        const headers = { ...question.headers };
        if (Object.keys(messages).length > 0 && question.path === '/v1/webhooks' && question.method === 'POST') {
          const j = JSON.parse(body);
          target = j.url;
          body = Buffer.from(JSON.stringify({ ...j, url: `${url}/delivered` }));
          headers['content-length'] = body.length;
        }
        const a = await ask(`${g.url}${question.path}`, { method: question.method, headers }, body);
        // Which are told is said by the true answer, not by one that another lie has changed.
        const those = lies.filter(([, of, when, change]) => change && of(question) && (when === null || when(question, a)));
        for (const [, , , change] of those) change(a);
        a.headers['content-length'] = Buffer.byteLength(a.body);
        delete a.headers['transfer-encoding'];
        answer.writeHead(a.status, a.headers).end(a.body);
      } catch (e) {
        if (e.code === undefined) server.mistake ??= e; // of a lie, not of the network
        answer.destroy();
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, server };
}

const found = new Set();
for (const [name, voyages, lies, lines, messages] of [['in the rehearsal', 0, rehearsal, told, sent], ['once more', 0, second], ['while boarding', 1, boarding]])
  test(`a server that breaks the contract ${name} is found out, rule by rule`, { skip: withoutPhotos }, async (t) => {
    const g = await Gangway.start(t, { set });
    const file = path.join(folder(t), 'day.json');
    const { url, server } = await liar(t, g, lies, lines, messages);
    const { status, stderr } = await day(g, file, '--voyages', String(voyages), '--url', url);
    assert.equal(server.mistake, undefined);
    assert.equal(status, 1, stderr);
    const report = JSON.parse(fs.readFileSync(file, 'utf8'));
    const told = [...lies.flatMap(([names]) => names.split(' ')), ...Object.keys(lines ?? {}), ...Object.keys(messages ?? {})];
    const missed = told.filter((x) => rule(report, x).result !== 'fail');
    assert.deepEqual(missed.map((x) => `${x}: ${rule(report, x).result}`), []);
    for (const x of told) found.add(x);
    // And what nobody lied about holds.
    for (const x of ['HEALTH', ...(voyages === 0 ? ['REPLAY', 'VIEWS'].filter((n) => !told.includes(n)) : [])]) assert.equal(rule(report, x).result, 'pass', x);
  });

test('of every rule there is a lie that breaks it', { skip: withoutPhotos }, () => {
  // Without HEALTH there is no report at all: the test below.
  assert.deepEqual(rules.filter((x) => !found.has(x)), ['HEALTH']);
});

test('where nobody is, it says so', { skip: withoutPhotos }, (t) => {
  const at = folder(t), tokens = path.join(at, 'tokens.json');
  fs.writeFileSync(tokens, JSON.stringify({ carrier: 'a', device: ['b'] }));
  const r = run(['simulate', '--url', 'http://127.0.0.1:1', '--tokens', tokens]);
  assert.equal(r.status, 3);
  assert.match(r.stderr, /nobody answers \/healthz/);
  assert.match(run(['simulate', '--set', `store.path=${at}`]).stderr, /no service of this machine/);
  assert.equal(run(['simulate', '--travelers', '2']).status, 2);
});
