// simulate.mjs - the simulator against the real service: it finds it keeps the contract,
// and finds out when one does not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { Gangway, environment, folder, program, run, withoutPhotos } from '../service/help/gangway.mjs';

// Not in one breath: the service's log is read by us meanwhile.
function day(g, json, ...more) {
  const child = spawn(program, ['simulate', '--set', `store.path=${g.store}`, '--json', json, ...more], { env: environment });
  const r = { stdout: '', stderr: '' };
  for (const k of ['stdout', 'stderr']) child[k].setEncoding('utf8').on('data', (d) => { r[k] += d; });
  return new Promise((resolve) => child.on('exit', (status) => resolve({ ...r, status })));
}
const rule = (report, name) => report.rules.find((r) => r.rule === name);

test('a day against a fresh service: no rule is broken, nobody is cleared as somebody else', { skip: withoutPhotos }, async (t) => {
  const g = await Gangway.start(t);
  const json = path.join(folder(t), 'day.json');
  const r = await day(g, json, '--voyages', '2', '--url', g.url);
  const report = JSON.parse(fs.readFileSync(json, 'utf8'));
  const edifact = 'application/edifact' in g.openapi.paths['/v1/manifests'].post.requestBody.content;
  const broken = report.rules.filter((x) => x.result === 'fail' && (edifact || x.rule !== 'MANIFEST_EDIFACT'));
  assert.deepEqual(broken.map((x) => `${x.rule}: ${x.first_failure}`), []);
  assert.equal(r.status, edifact ? 0 : 1, r.stderr);
  for (const name of ['CLEAR_ONCE', 'REMOVED', 'DECLINE', 'RECORDED', 'CUT_OFF', 'CLOSE', 'ATTEMPTS', 'NO_PICTURE', 'ONCE_SAME'])
    assert.equal(rule(report, name).result, 'pass', name);
  const d = report.decisions;
  assert.ok(d.cleared_as_themselves > 0);
  assert.deepEqual([d.cleared_as_somebody_else, d.strangers_cleared, d.unanswered], [0, 0, 0]);
  assert.equal(d.expected_at_gates, d.cleared_as_themselves + d.sent_to_inspection);
  assert.ok(report.latency_ms.verification.p99 >= report.latency_ms.verification.p50);
  // No token is left in what others read.
  assert.doesNotMatch(r.stdout + r.stderr + JSON.stringify(report), /gw_[A-Za-z0-9]{40}/);
});

test('a server that breaks the contract is found out, rule by rule', { skip: withoutPhotos }, async (t) => {
  const g = await Gangway.start(t);
  // Between the two stands one that spoils what is said.
  const spoil = http.createServer((ask, answer) => {
    const forward = http.request(`${g.url}${ask.url}`, { method: ask.method, headers: ask.headers }, (a) => {
      const pieces = [];
      a.on('data', (p) => pieces.push(p)).on('end', () => {
        let body = Buffer.concat(pieces), headers = { ...a.headers }, status = a.statusCode;
        if (/verifications/.test(ask.url) && status === 200 && ask.method === 'POST')
          body = Buffer.from(JSON.stringify({ ...JSON.parse(body), reason: 'matched', attempt: 7 }));
        if (status === 401) delete headers['www-authenticate'];
        if (status === 404) headers['content-type'] = 'text/html';
        headers['content-length'] = body.length;
        answer.writeHead(status, headers).end(body);
      });
    });
    forward.on('error', () => answer.destroy());
    ask.on('error', () => forward.destroy());
    ask.pipe(forward);
  });
  await new Promise((resolve) => spoil.listen(0, '127.0.0.1', resolve));
  t.after(() => { spoil.closeAllConnections(); spoil.close(); });
  const json = path.join(folder(t), 'day.json');
  const { status } = await day(g, json, '--voyages', '1', '--url', `http://127.0.0.1:${spoil.address().port}`);
  assert.equal(status, 1);
  const report = JSON.parse(fs.readFileSync(json, 'utf8'));
  for (const name of ['NO_TOKEN', 'PROBLEM', 'DEVICE_SEES', 'ATTEMPTS']) assert.equal(rule(report, name).result, 'fail', name);
  for (const name of ['HEALTH', 'BAD_TOKEN', 'MANIFEST_NEW', 'CLOSE']) assert.equal(rule(report, name).result, 'pass', name);
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
