// protocol.test.mjs - HTTP as such: what is where, who may, what is refused and how it says so.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { take } from './help/packages.mjs';
import { Gangway, root, run, traveler, voyage, withoutProgram } from './help/gangway.mjs';

const nobody = '0'.repeat(26);

// What a raw socket gets back for these bytes, until the server closes or `until` stands in it.
export function raw(url, text, until = null, ms = 10_000) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let got = '';
    const s = net.connect(Number(port), hostname, () => s.write(text));
    const done = () => { clearTimeout(timer); s.destroy(); resolve(got); };
    const timer = setTimeout(done, ms);
    s.on('data', (d) => { got += d.toString('latin1'); if (until && got.includes(until)) done(); });
    s.on('error', done);
    s.on('close', done);
  });
}

describe('protocol', { skip: withoutProgram }, () => {
  let g;
  const afters = [];
  before(async () => { g = await Gangway.start({ after: (f) => afters.push(f) }); });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('the address that was taken is printed in one line', () => {
    assert.match(g.stdout, /^listening http:\/\/127\.0\.0\.1:\d+\n/);
  });

  test('healthz, readyz, metrics and openapi need no token on this machine', async () => {
    for (const p of ['/healthz', '/readyz', '/metrics', '/openapi.json']) assert.equal((await g.ask('GET', p)).status, 200, p);
    assert.equal((await g.ask('GET', '/metrics')).headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  });

  test('why gates decided as they did is counted for neither devices nor carriers, and only this machine asks without a token', async () => {
    const elsewhere = (headers) => g.ask('GET', '/metrics', { headers, unchecked: true });
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'Via']) assert.equal((await elsewhere({ [name]: '192.0.2.1' })).status, 401, name);
    for (const host of ['evil.example', 'evil.example:8090', '127.0.0.1.evil.example', 'localhost.evil.example']) assert.equal((await elsewhere({ Host: host })).status, 401, host);
    for (const host of ['localhost', 'LocalHost:8090', '127.0.0.1:1', '[::1]:8090']) assert.equal((await elsewhere({ Host: host })).status, 200, host);
    for (const [role, status] of [['device', 403], ['carrier', 403], ['officer', 403], ['supervisor', 200], ['auditor', 200], ['admin', 200]])
      assert.equal((await g.ask('GET', '/metrics', { as: role, headers: { 'X-Forwarded-For': '192.0.2.1' } })).status, status, role);
  });

  test('the metrics are well-formed and name each series once', async () => {
    await g.ask('GET', '/nowhere');
    const lines = (await g.ask('GET', '/metrics')).text.trimEnd().split('\n');
    const series = new Set();
    let family = '';
    for (const l of lines) {
      if (l.startsWith('# HELP ')) continue;
      if (l.startsWith('# TYPE ')) { family = l.split(' ')[2]; continue; }
      const m = /^([a-z_]+)(\{[^}]*\})? (\d+(\.\d+)?)$/.exec(l);
      assert.ok(m, l);
      assert.ok(m[1].startsWith(family), `${m[1]} belongs to ${family}`);
      assert.ok(!series.has(m[1] + (m[2] ?? '')), `${l} stands twice`);
      series.add(m[1] + (m[2] ?? ''));
    }
    assert.ok([...series].some((s) => s === 'gangway_http_requests_total{route="none",status="404"}'));
  });

  test('every answer has an id of its own and is not stored by anybody', async () => {
    const a = await g.ask('GET', '/healthz'), b = await g.ask('GET', '/healthz');
    assert.notEqual(a.headers['x-request-id'], b.headers['x-request-id']);
    assert.equal(a.headers['cache-control'], 'no-store');
    for (let i = 0; i < 500 && !g.stderr.includes(`request=${a.headers['x-request-id']} `); i++) await new Promise((r) => setTimeout(r, 10));
    assert.ok(g.stderr.includes(`request=${a.headers['x-request-id']} `), 'the log has it');
  });

  test('HEAD is GET without the body', async () => {
    const get = await g.ask('GET', '/healthz'), head = await g.ask('HEAD', '/healthz');
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-length'], get.headers['content-length']);
  });

  describe('addresses', () => {
    for (const [label, method, target, status, code] of [
      ['an unknown path', 'GET', '/v1/nothing', 404, 'not_found'],
      ['a known path with a slash behind it', 'GET', '/v1/voyages/', 404, 'not_found'],
      ['two slashes', 'GET', '//v1/voyages', 404, 'not_found'],
      ['another case', 'GET', '/V1/voyages', 404, 'not_found'],
      ['a voyage that is no id', 'GET', '/v1/voyages/abc', 404, 'not_found'],
      ['an id in capitals', 'GET', `/v1/voyages/${'A'.repeat(26)}`, 404, 'not_found'],
      ['a way out of the tree', 'GET', '/v1/../../etc/passwd', 400, 'format'],
      ['a way out in escapes', 'GET', '/v1/%2e%2e/%2e%2e/etc/passwd', 400, 'format'],
      ['a slash in escapes', 'GET', '/v1%2fvoyages', 400, 'format'],
      ['a zero in escapes', 'GET', '/v1/voyages/%00', 400, 'format'],
      ['bytes that are not UTF-8', 'GET', '/v1/%ff%fe', 400, 'format'],
      ['half an escape', 'GET', '/v1/%e', 400, 'format'],
      ['a parameter twice', 'GET', '/healthz?a=1&a=2', 400, 'format'],
      ['more parts than any path has', 'GET', `/${'a/'.repeat(20)}`, 413, 'limit'],
    ])
      test(label, async () => {
        const a = await g.ask(method, target);
        assert.equal(a.status, status);
        assert.equal(a.json.code, code);
      });

    test('a target at its limit is looked up, one byte more is 414', async () => {
      const at = await g.ask('GET', `/${'a'.repeat(4095)}`), over = await g.ask('GET', `/${'a'.repeat(4096)}`);
      assert.deepEqual([at.status, over.status, over.json.code], [404, 414, 'limit']);
    });

    test('a path asked with another method is 405 and Allow says which', async () => {
      for (const [method, target, allow] of [
        ['DELETE', '/v1/voyages', 'GET, HEAD'], ['GET', '/v1/manifests', 'POST'], ['POST', '/healthz', 'GET, HEAD'],
        ['PUT', `/v1/voyages/${nobody}/verifications`, 'POST, GET, HEAD'], ['BREW', '/v1/portraits', 'PUT'],
        ['PATCH', `/v1/voyages/${nobody}`, 'GET, HEAD']]) {
        const a = method === 'BREW'
          ? { status: Number(/^HTTP\/1.1 (\d+)/.exec(await raw(g.url, `BREW ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`))[1]), skip: true }
          : await g.ask(method, target);
        assert.equal(a.status, 405, `${method} ${target}`);
        if (a.skip) continue;
        assert.deepEqual(a.headers.allow.split(', ').sort(), [...allow.split(', '), 'OPTIONS'].sort());
        assert.equal(a.json.code, 'method');
      }
    });

    test('OPTIONS says what may be asked, and needs no token', async () => {
      for (const [target, allow] of [['/v1/portraits', 'PUT, OPTIONS'], [`/v1/voyages/${nobody}`, 'GET, HEAD, OPTIONS'], ['*', 'DELETE, GET, HEAD, OPTIONS, POST, PUT']]) {
        const a = await g.ask('OPTIONS', target, { unchecked: true });
        assert.deepEqual([a.status, a.headers.allow, a.text], [204, allow, ''], target);
      }
      assert.equal((await g.ask('OPTIONS', '/nowhere')).status, 404);
    });

    test('an Accept that leaves everything out is 406, any other gets its answer', async () => {
      for (const [accept, status] of [['text/html', 406], ['application/json;q=0', 406], ['image/*, text/*;q=0.5', 406],
        ['application/json', 200], ['application/*', 200], ['text/html, */*;q=0.1', 200], ['', 200]]) {
        const a = await g.ask('GET', '/v1/voyages', { as: 'officer', headers: { Accept: accept } });
        assert.equal(a.status, status, accept);
        if (status === 406) assert.equal(a.json.code, 'unsupported');
      }
      assert.equal((await g.ask('GET', '/metrics', { headers: { Accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1' } })).status, 200);
    });

    test('a query parameter nobody knows is refused and the known ones are named', async () => {
      const a = await g.ask('GET', '/v1/voyages?form=2026-01-01', { as: 'officer' });
      assert.equal(a.status, 400);
      assert.match(a.json.detail, /from to mode port limit cursor/);
      assert.equal((await g.ask('GET', '/healthz?x=1')).status, 400);
    });
  });

  describe('tokens', () => {
    for (const [label, value, challenge] of [
      ['none', undefined, 'Bearer realm="gangway"'],
      ['another scheme', 'Basic Zm9vOmJhcg==', 'Bearer realm="gangway", error="invalid_request"'],
      ['no token behind the scheme', 'Bearer', 'Bearer realm="gangway", error="invalid_request"'],
      ['a made-up token', `Bearer gw_${'a'.repeat(48)}`, 'Bearer realm="gangway", error="invalid_token"'],
      ['a token that is too long', `Bearer ${'a'.repeat(5000)}`, 'Bearer realm="gangway", error="invalid_token"'],
      ['bytes that are not text', 'Bearer \u00ff\u00fe', 'Bearer realm="gangway", error="invalid_token"'],
    ])
      test(`401 for ${label}`, async () => {
        const a = await g.ask('GET', '/v1/voyages', { headers: value === undefined ? {} : { Authorization: value } });
        assert.equal(a.status, 401);
        assert.equal(a.json.code, 'unauthorized');
        assert.equal(a.headers['www-authenticate'], challenge);
      });

    test('the scheme is not sensitive to case', async () => {
      const a = await g.ask('GET', '/v1/voyages', { headers: { Authorization: `bearer ${g.token('officer')}` } });
      assert.equal(a.status, 200);
    });

    test('two Authorization headers are refused', async () => {
      const got = await raw(g.url, `GET /v1/voyages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${g.token('officer')}\r\nAuthorization: Bearer x\r\n\r\n`);
      assert.match(got, /^HTTP\/1.1 400/);
    });

    test('a token made while the service runs works at once, and a revoked one no longer', async () => {
      const made = g.cli('user', 'add', 'desk 4', '--role', 'officer');
      assert.equal(made.status, 0, made.stderr);
      assert.equal((await g.ask('GET', '/v1/voyages', { token: made.json.token })).status, 200);
      const listed = g.cli('user', 'list').stdout.trim().split('\n').map((l) => JSON.parse(l)).find((t) => t.id === made.json.id);
      assert.equal(listed.label, 'desk 4');
      assert.ok(!('token' in listed));
      assert.equal(g.cli('user', 'revoke', made.json.id).status, 0);
      assert.equal((await g.ask('GET', '/v1/voyages', { token: made.json.token })).status, 401);
      assert.ok(!g.cli('user', 'list').stdout.includes(made.json.id));
      assert.ok(g.cli('user', 'list', '--every').stdout.includes(made.json.id));
      assert.ok(!g.cli('device', 'list', '--every').stdout.includes(made.json.id));
    });

    test('no token is in any log line, in any file of the store, or answered', async () => {
      const secrets = ['carrier', 'officer', 'device', 'admin'].map((r) => g.token(r));
      for (const s of secrets) await g.ask('GET', '/v1/voyages', { token: s });
      await g.ask('GET', `/v1/voyages?cursor=${secrets[0]}`, { token: secrets[1] });
      await g.ask('GET', `/v1/${secrets[0]}`, { token: secrets[1] });
      const files = fs.readdirSync(g.store).map((f) => path.join(g.store, f)).filter((f) => fs.statSync(f).isFile());
      assert.ok(files.length > 0);
      for (const s of secrets) {
        assert.ok(!g.stderr.includes(s), 'the log');
        assert.ok(!g.stderr.includes(s.slice(3, 20)), 'a part in the log');
        for (const f of files) assert.ok(!fs.readFileSync(f).includes(s), f);
      }
    });
  });

  describe('who may ask what', () => {
    // Cell by cell: the contract's table. The route exists for these roles and for no other.
    const may = {
      'POST /v1/manifests': ['carrier'],
      'GET /v1/voyages': ['carrier', 'officer', 'supervisor', 'device'],
      'GET /v1/voyages/{voyage}': ['carrier', 'officer', 'supervisor', 'device'],
      'GET /v1/voyages/{voyage}/travelers': ['carrier', 'officer', 'supervisor'],
      'GET /v1/voyages/{voyage}/readiness': ['carrier', 'officer', 'supervisor'],
      'PUT /v1/portraits': ['carrier', 'admin'],
      'POST /v1/voyages/{voyage}/verifications': ['device'],
      'GET /v1/voyages/{voyage}/verifications': ['officer', 'supervisor'],
      'POST /v1/voyages/{voyage}/declines': ['device', 'officer'],
      'GET /v1/reports/declines': ['auditor', 'supervisor'],
      'POST /v1/voyages/{voyage}/close': ['carrier', 'officer'],
      'GET /v1/voyages/{voyage}/close': ['carrier', 'officer', 'supervisor'],
      'GET /v1/events': ['device', 'carrier', 'officer', 'supervisor', 'auditor', 'admin'],
      'GET /v1/alerts': ['officer', 'supervisor', 'auditor', 'admin'],
      'POST /v1/alerts/{alert}/acknowledge': ['supervisor', 'admin'],
      'GET /v1/inspections': ['officer', 'supervisor'],
      'GET /v1/webhooks': ['admin'],
      'POST /v1/webhooks': ['admin'],
      'DELETE /v1/webhooks/{hook}': ['admin'],
      'POST /v1/webhooks/{hook}/test': ['admin'],
      'POST /v1/webhooks/{hook}/retry': ['admin'],
      'GET /v1/webhooks/{hook}/dead': ['admin'],
      'GET /v1/inspections/{inspection}': ['officer', 'supervisor'],
      'POST /v1/inspections/{inspection}/claim': ['officer', 'supervisor'],
      'POST /v1/inspections/{inspection}/outcome': ['officer', 'supervisor'],
      'GET /v1/reports/inspections': ['auditor', 'supervisor'],
      'POST /v1/boarding-status': ['carrier', 'admin'],
      'GET /v1/photos/{photo}': ['officer', 'supervisor'],
      'POST /v1/photo-approvals': ['supervisor'],
      'GET /v1/reports/captures': ['auditor', 'supervisor'],
      'GET /v1/reports/accuracy': ['auditor', 'supervisor'],
      'GET /v1/reports/service': ['auditor', 'supervisor'],
      'GET /v1/audit/head': ['device', 'carrier', 'officer', 'supervisor', 'auditor', 'admin'],
      'GET /v1/audit/entries': ['supervisor', 'auditor', 'admin'],
      'GET /v1/audit/proofs': ['supervisor', 'auditor', 'admin'],
      'GET /v1/audit/deletions/{voyage}': ['supervisor', 'auditor'],
      'POST /v1/audit/cosignatures': ['supervisor', 'auditor', 'admin'],
      'GET /v1/reports/access': ['auditor', 'supervisor'],
      'GET /v1/reports/retention': ['auditor', 'supervisor'],
      'POST /v1/voyages/{voyage}/holds': ['admin'],
      'POST /v1/holds/{hold}/release': ['admin'],
      'GET /v1/transfers': ['supervisor', 'auditor', 'admin'],
      'POST /v1/transfers': ['supervisor'],
      'POST /v1/transfers/{transfer}/retry': ['admin'],
      'GET /v1/me': ['device', 'carrier', 'officer', 'supervisor', 'auditor', 'admin'],
      'PUT /v1/me/status': ['device'],
      'GET /v1/devices': ['admin', 'supervisor'],
      'GET /v1/sites': ['admin', 'supervisor'],
      'GET /v1/tokens': ['admin'],
      'GET /v1/settings': ['admin'],
      'POST /v1/reload': ['admin'],
    };
    for (const [route, roles] of Object.entries(may))
      for (const role of ['device', 'carrier', 'officer', 'supervisor', 'auditor', 'admin'])
        test(`${role} ${roles.includes(role) ? 'may' : 'may not'} ${route}`, async () => {
          const [method, p] = route.split(' ');
          const body = method === 'GET' || method === 'DELETE' ? {} : { body: Buffer.from('{}'), headers: { 'Content-Type':
            p.endsWith('portraits') || p.endsWith('verifications') ? 'image/jpeg' : 'application/json' } };
          // Events have no end: a voyage that is not there ends them.
          const target = p === '/v1/events' ? `${p}?voyage=${nobody}` : p.replace(/\{\w+\}/, nobody);
          const a = await g.ask(method, target, { as: role, ...body });
          if (roles.includes(role)) assert.ok(![401, 403, 405].includes(a.status), `${a.status} ${a.text}`);
          else {
            assert.equal(a.status, 403);
            assert.equal(a.json.code, 'forbidden');
          }
        });

    test('the table of /openapi.json says the same', () => {
      const told = Object.fromEntries(Object.entries(g.openapi.paths).flatMap(([p, o]) =>
        Object.entries(o).map(([m, op]) => [`${m.toUpperCase()} ${p}`, op['x-roles']])));
      assert.deepEqual(told['GET /metrics'].sort(), ['admin', 'auditor', 'supervisor']);
      delete told['GET /metrics'];
      for (const p of ['GET /healthz', 'GET /readyz', 'GET /openapi.json', 'GET /v1/notice', 'GET /v1/receipts/{receipt}',
        'GET /v1/setup', 'POST /v1/setup']) {
        assert.deepEqual(told[p], [], p);
        delete told[p];
      }
      assert.deepEqual(Object.fromEntries(Object.entries(told).map(([k, v]) => [k, v.sort()])),
        Object.fromEntries(Object.entries(may).map(([k, v]) => [k, [...v].sort()])));
    });
  });

  describe('bodies', () => {
    test('a media type not taken is 415, and those taken are named', async () => {
      const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.from('<x/>'), headers: { 'Content-Type': 'text/xml' } });
      assert.equal(a.status, 415);
      assert.match(a.json.detail, /application\/json/);
      const b = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.from('{}') });
      assert.equal(b.status, 415);
    });

    test('a media type may have parameters and any case', async () => {
      const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', json: '{', headers: { 'Content-Type': 'Application/JSON; charset=UTF-8' } });
      assert.equal(a.status, 400);
    });

    test('an encoded body is 415', async () => {
      const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', json: '{}', headers: { 'Content-Encoding': 'gzip' } });
      assert.equal(a.status, 415);
    });

    for (const [label, text] of [['empty', ''], ['cut off', '{"voyage":'], ['an array', '[]'], ['text', 'hello'], ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
      ['nested too deeply', '['.repeat(100_000)]])
      test(`a manifest that is ${label} is a problem and nothing else`, async () => {
        const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.from(text), headers: { 'Content-Type': 'application/json' } });
        assert.ok([400, 413, 422].includes(a.status), `${a.status}`);
        assert.equal((await g.ask('GET', '/readyz')).status, 200);
      });

    test('a body with keys nobody knows is refused with the nearest', async () => {
      const a = await g.ask('POST', `/v1/voyages/${nobody}/declines`, { as: 'device', json: { referense: 'x' } });
      assert.equal(a.status, 422);
      assert.match(a.json.detail, /did you mean "reference"/);
    });

    test('a GET takes no body', async () => {
      const a = await g.ask('GET', '/v1/voyages', { as: 'officer', body: Buffer.from('{}') });
      assert.equal(a.status, 413);
    });

    test('without a token a large body is refused before it is sent', async () => {
      const got = await raw(g.url, 'POST /v1/manifests HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000000\r\n\r\n', 'request_id');
      assert.match(got, /^HTTP\/1.1 401/);
    });

    test('a body announced over the limit is 413 before it is sent, at the limit it is asked for', async () => {
      const head = (n) => `POST /v1/manifests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${g.token('carrier')}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${n}\r\n\r\n`;
      assert.match(await raw(g.url, head((16 << 20) + 1), 'request_id'), /^HTTP\/1.1 413/);
      assert.match(await raw(g.url, head(16 << 20), '\r\n\r\n'), /^HTTP\/1.1 100/);
    });

    test('a small-body route holds its own limit, announced or chunked', async () => {
      const at = (n) => Buffer.concat([Buffer.from('{"reference":null'), Buffer.alloc(n - 18, 0x20), Buffer.from('}')]);
      for (const [n, want] of [[65536, 404], [65537, 413]])
        for (const chunked of [false, true]) {
          const a = await g.ask('POST', `/v1/voyages/${nobody}/declines`, { as: 'device', body: at(n),
            headers: { 'Content-Type': 'application/json', ...(chunked ? { 'Transfer-Encoding': 'chunked' } : {}) } });
          assert.equal(a.status, want, `${n} ${chunked ? 'chunked' : 'announced'}`);
        }
    });

    test('a client that has sent everything can read that it was too much', async () => {
      const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.alloc(20 << 20, 0x20), headers: { 'Content-Type': 'application/json' } })
        .catch((e) => ({ error: e }));
      // Either the answer, or the write failed first; never a hang. The answer is what usually comes.
      if (!a.error) assert.equal(a.status, 413);
    });

    test('a length given in two ways is refused', async () => {
      for (const h of ['Content-Length: 2\r\nContent-Length: 3', 'Content-Length: 2\r\nTransfer-Encoding: chunked']) {
        const got = await raw(g.url, `POST /v1/manifests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${g.token('carrier')}\r\nContent-Type: application/json\r\n${h}\r\n\r\n{}`, null, 3000);
        assert.match(got, /^HTTP\/1.1 400/, h);
      }
    });

    test('an expectation other than 100-continue is 417', async () => {
      const got = await raw(g.url, 'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n');
      assert.match(got, /^HTTP\/1.1 417/);
    });
  });

  describe('headers', () => {
    test('headers over their limit are 431, under it they are read', async () => {
      assert.equal((await g.ask('GET', '/healthz', { headers: { 'X-Long': 'a'.repeat(15 << 10) } })).status, 200);
      const a = await g.ask('GET', '/healthz', { headers: { 'X-Long': 'a'.repeat(17 << 10) } });
      assert.equal(a.status, 431);
      assert.equal(a.json.code, 'limit');
    });

    test('headers beyond all measure end that connection and no other', async () => {
      const got = await raw(g.url, `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(200 << 10)}\r\n\r\n`, null, 5000);
      assert.ok(got === '' || /^HTTP\/1.1 4\d\d/.test(got), got.slice(0, 100));
      assert.equal((await g.ask('GET', '/healthz')).status, 200);
    });

    test('an Idempotency-Key that is empty, too long or doubled is refused', async () => {
      const m = voyage([traveler(1)]);
      assert.equal((await g.manifest(m, { headers: { 'Idempotency-Key': '' } })).status, 422);
      assert.equal((await g.manifest(m, { headers: { 'Idempotency-Key': 'k'.repeat(256) } })).status, 422);
      assert.equal((await g.manifest(m, { headers: { 'Idempotency-Key': ['a', 'b'] } })).status, 400);
    });
  });

  describe('connections', () => {
    test('one connection carries many requests', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const sockets = new Set();
      agent.on('free', (s) => sockets.add(s));
      for (let i = 0; i < 20; i++) await g.ask('GET', i % 2 ? '/v1/voyages' : '/nowhere', { agent, as: 'officer' });
      agent.destroy();
      assert.equal(sockets.size, 1);
    });

    test('requests sent without waiting are answered in their order', async () => {
      const one = (p) => `GET ${p} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${g.token('officer')}\r\n\r\n`;
      const got = await raw(g.url, one('/v1/voyages') + one('/healthz') + one('/nowhere') + `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      assert.deepEqual([...got.matchAll(/HTTP\/1.1 (\d+)/g)].map((m) => m[1]), ['200', '200', '404', '200']);
    });
  });

  describe('lists', () => {
    test('limit takes 1 to 500', async () => {
      for (const [limit, status] of [['1', 200], ['500', 200], ['0', 400], ['501', 400], ['-1', 400], ['x', 400], ['', 400], ['1e2', 400]])
        assert.equal((await g.ask('GET', `/v1/voyages?limit=${limit}`, { as: 'officer' })).status, status, limit);
    });

    test('a cursor that is none of ours is refused', async () => {
      const a = await g.ask('GET', '/v1/voyages?cursor=hello', { as: 'officer' });
      assert.equal(a.status, 422);
    });

    test('filters that say nothing sensible are refused', async () => {
      for (const q of ['from=yesterday', 'to=2026-13-01', 'mode=rail'])
        assert.equal((await g.ask('GET', `/v1/voyages?${q}`, { as: 'officer' })).status, 400, q);
    });
  });
});

describe('documents in step with the program', { skip: withoutProgram }, () => {
  for (const [file, ...args] of [['docs/api.md', 'openapi', '--page'], ['docs/configuration.md', 'config', '--page'], ['gangway.conf', 'config', '--file']])
    test(`${file} is what \`gangway ${args.join(' ')}\` writes`, () => {
      assert.equal(fs.readFileSync(path.join(root, file), 'utf8'), run(args).stdout);
    });

  test('/openapi.json is OpenAPI 3.1', async () => {
    const { Validator } = await import(take.resolve('@seriousme/openapi-schema-validator'));
    const result = await new Validator().validate(run(['openapi']).json);
    assert.ok(result.valid, JSON.stringify(result.errors));
  });

  test('/openapi.json refers to nothing that is not there', () => {
    const document = run(['openapi']).json;
    const walk = (v) => {
      if (v === null || typeof v !== 'object') return;
      if (typeof v.$ref === 'string') assert.ok(v.$ref.split('/').slice(1).reduce((d, k) => d?.[k], document), v.$ref);
      Object.values(v).forEach(walk);
    };
    walk(document);
    assert.equal(document.openapi, '3.1.0');
    const used = JSON.stringify(document);
    for (const name of Object.keys(document.components.schemas)) assert.ok(used.includes(`"#/components/schemas/${name}"`), `${name} is used`);
  });
});
