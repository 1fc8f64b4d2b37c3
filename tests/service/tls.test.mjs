// tls.test.mjs - certificates: the server's, renewed while it runs; the gates', registered, refused, revoked.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { Gangway, environment, folder, program, root, run, traveler, voyage, withoutProgram } from './help/gangway.mjs';
import { pair, selfSigned, signed, withoutOpenssl } from './help/certificates.mjs';

const skip = withoutProgram || withoutOpenssl;

function place() {
  const afters = [];
  return { t: { after: (f) => afters.push(f) }, async leave() { for (const f of afters.reverse()) await f(); } };
}
const eventually = async (f, what) => {
  for (let i = 0; i < 1000; i++) {
    if (await f()) return;
    await new Promise((r) => setTimeout(r, 10));
  }
  assert.fail(what);
};
const portOf = (g) => Number(new URL(g.url).port);
// The certificate a new connection is shown.
const shown = (g) => new Promise((resolve, reject) => {
  const s = tls.connect({ host: '127.0.0.1', port: portOf(g), rejectUnauthorized: false }, () => {
    resolve(s.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase());
    s.destroy();
  });
  s.on('error', reject);
});
const fingerprint = (cert) => new crypto.X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();

describe('TLS', { skip }, () => {
  const p = place();
  let g, dir, set, ca;
  before(async () => {
    dir = folder(p.t);
    const server = selfSigned(dir, 'server');
    for (const name of ['gates', 'strangers']) selfSigned(dir, name);
    ca = server.cert;
    set = { 'http.tls_certificate': server.file, 'http.tls_key': server.keyFile, 'http.tls_clients': path.join(dir, 'gates.pem') };
    g = await Gangway.start(p.t, { set, ca });
  });
  after(() => p.leave());

  const as = ({ cert, key }) => new https.Agent({ keepAlive: true, maxSockets: 1, ca, cert, key });
  const register = (file, ...more) => g.cli('device', 'add', 'a gate', '--site', 'YVR', '--certificate', file, ...more);

  test('it is spoken, in version 1.3, and the address says so', async () => {
    assert.match(g.stdout, /^listening https:\/\/127\.0\.0\.1:\d+\n/);
    const version = await new Promise((resolve, reject) => {
      const s = tls.connect({ host: '127.0.0.1', port: portOf(g), ca }, () => { resolve(s.getProtocol()); s.destroy(); });
      s.on('error', reject);
    });
    assert.equal(version, 'TLSv1.3');
    assert.equal((await g.ask('GET', '/healthz')).status, 200);
    assert.equal((await g.ask('GET', '/v1/voyages', { as: 'officer' })).status, 200);
  });

  test('older versions are refused', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.1'])
      await assert.rejects(new Promise((resolve, reject) => {
        const s = tls.connect({ host: '127.0.0.1', port: portOf(g), ca, minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' }, () => { s.destroy(); resolve(); });
        s.on('error', reject);
      }), maxVersion);
  });

  test('HTTP without TLS gets no answer on that port', async () => {
    const got = await new Promise((resolve) => {
      let text = '';
      const s = net.connect(portOf(g), '127.0.0.1', () => s.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'));
      s.on('data', (d) => { text += d.toString('latin1'); });
      s.on('error', () => resolve(text));
      s.on('close', () => resolve(text));
    });
    assert.ok(!got.includes('HTTP/1.1 200'), got);
    assert.equal((await g.ask('GET', '/healthz')).status, 200);
  });

  test('a body arrives whole, large and small, announced and chunked', async () => {
    for (const n of [1, 16_384, 16_385, 900_000]) {
      const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.alloc(n, 0x20), headers: { 'Content-Type': 'application/json' } });
      assert.equal(a.json.code, 'format', String(n));
      const b = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.alloc(n, 0x20), headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' } });
      assert.equal(b.json.code, 'format', String(n));
    }
    const much = await g.ask('GET', '/openapi.json');
    assert.ok(much.text.length > 20_000);
  });

  describe('client certificates', () => {
    test('a registered one is its device, and no more than a device', async () => {
      const gate = signed(dir, 'gate1', 'gates');
      const made = register(gate.file);
      assert.equal(made.status, 0, made.stderr);
      assert.equal(made.json.token, undefined);
      assert.equal(made.json.certificate, fingerprint(gate.cert));
      assert.ok(!/shown this once/.test(made.stderr));
      const agent = as(gate);
      assert.equal((await g.ask('GET', '/v1/voyages', { agent })).status, 200);
      assert.equal((await g.ask('PUT', '/v1/portraits', { agent })).status, 403);
      agent.destroy();
    });

    test('it ends no later than the certificate', () => {
      const brief = signed(dir, 'brief', 'gates', { days: 2 });
      const made = register(brief.file, '--days', '300');
      assert.equal(Date.parse(made.json.expires_at), Date.parse(new crypto.X509Certificate(brief.cert).validTo));
    });

    for (const [label, make, detail] of [
      ['signed, but not registered', () => signed(dir, 'nobody', 'gates'), /not registered/],
      ['signed by somebody else', () => signed(dir, 'strange', 'strangers'), /signed by nobody in http\.tls_clients/],
      ['signed by itself', () => selfSigned(dir, 'alone'), /signed by nobody in http\.tls_clients/],
      ['for servers only', () => signed(dir, 'wrong', 'gates', { usage: 'serverAuth' }), /not meant for clients/],
    ])
      test(`one that is ${label} is refused with why`, async () => {
        const client = make(), agent = as(client);
        if (!label.includes('not registered')) register(client.file);
        const a = await g.ask('GET', '/v1/voyages', { agent });
        assert.equal(a.status, 401);
        assert.match(a.json.detail, detail);
        // With a token it may ask all the same.
        assert.equal((await g.ask('GET', '/v1/voyages', { agent, as: 'officer' })).status, 200);
        agent.destroy();
      });

    test('one that has ended cannot be registered, and is refused in words', async () => {
      const old = signed(dir, 'old', 'gates', { days: 0 }); // ends as it begins
      while (Date.now() <= Date.parse(new crypto.X509Certificate(old.cert).validTo) + 1000) await new Promise((r) => setTimeout(r, 50));
      const r = register(old.file);
      assert.equal(r.status, 1, r.stderr);
      assert.match(r.stderr, /has ended/);
      const agent = as(old), a = await g.ask('GET', '/v1/voyages', { agent });
      assert.equal(a.status, 401);
      assert.match(a.json.detail, /has expired/);
      agent.destroy();
    });

    test('its fingerprint is no token', async () => {
      const gate = pair(dir, 'gate1');
      for (const token of [fingerprint(gate.cert), `gw_${fingerprint(gate.cert).slice(0, 48)}`, Buffer.from(fingerprint(gate.cert), 'hex').toString('latin1').replace(/[^ -~]/g, 'x')])
        assert.equal((await g.ask('GET', '/v1/voyages', { token })).status, 401);
    });

    test('who has a token and a certificate is who the token says', async () => {
      const agent = as(pair(dir, 'gate1'));
      assert.equal((await g.ask('GET', '/v1/voyages', { agent, token: 'gw_'.padEnd(51, '0') })).status, 401);
      const a = await g.ask('GET', '/v1/voyages/00000000000000000000000000/travelers', { agent, as: 'officer' });
      assert.equal(a.status, 404); // a device would be refused with 403
      agent.destroy();
    });

    test('a revoked one is refused at its next request, on the connection it has', async () => {
      const gate = signed(dir, 'gate2', 'gates'), made = register(gate.file), agent = as(gate);
      assert.equal((await g.ask('GET', '/v1/voyages', { agent })).status, 200);
      assert.equal(g.cli('device', 'revoke', made.json.id).status, 0);
      assert.equal((await g.ask('GET', '/v1/voyages', { agent })).status, 401);
      agent.destroy();
      const again = register(gate.file);
      assert.equal(again.status, 1);
      assert.match(again.stderr, /make another/);
    });

    test('rotation gives the same gate another one, and the old one its time', async () => {
      const [one, two, three] = ['turn1', 'turn2', 'turn3'].map((n) => signed(dir, n, 'gates'));
      const made = register(one.file);
      const status = async (c) => { const agent = as(c), a = await g.ask('GET', '/v1/voyages', { agent }); agent.destroy(); return a.status; };
      const rotated = g.cli('device', 'rotate', made.json.id, '--certificate', two.file, '--keep', '10');
      assert.equal(rotated.status, 0, rotated.stderr);
      assert.equal(rotated.json.id, made.json.id);
      assert.ok(Math.abs(Date.parse(rotated.json.prior_until) - Date.now() - 600_000) < 30_000);
      assert.deepEqual([await status(one), await status(two)], [200, 200]);
      assert.equal(g.cli('device', 'rotate', made.json.id, '--certificate', three.file).status, 0);
      assert.deepEqual([await status(one), await status(two), await status(three)], [401, 401, 200]);
    });

    test('what is no certificate is said to be none', () => {
      const junk = path.join(dir, 'junk');
      for (const [bytes, status] of [['', 3], ['hello', 3], ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 3]]) {
        fs.writeFileSync(junk, bytes);
        const r = register(junk);
        assert.equal(r.status, status, `${bytes}: ${r.stderr}`);
        assert.match(r.stderr, /certificate/);
      }
      assert.equal(register(path.join(dir, 'nowhere')).status, 3);
      // DER is taken too.
      fs.writeFileSync(junk, new crypto.X509Certificate(signed(dir, 'der', 'gates').cert).raw);
      assert.equal(register(junk).status, 0);
    });
  });

  test('SIGHUP takes a new certificate over, open connections go on, a bad one changes nothing', async () => {
    const held = new https.Agent({ keepAlive: true, maxSockets: 1, ca });
    assert.equal((await g.ask('GET', '/healthz', { agent: held })).status, 200);
    const socket = Object.values(held.freeSockets)[0]?.[0] ?? Object.values(held.sockets)[0]?.[0];
    const first = await shown(g);
    assert.equal(first, fingerprint(ca));
    const next = selfSigned(dir, 'next');
    fs.copyFileSync(next.file, set['http.tls_certificate']);
    fs.copyFileSync(next.keyFile, set['http.tls_key']);
    g.child.kill('SIGHUP');
    await eventually(async () => await shown(g) === fingerprint(next.cert), 'the new certificate is shown');
    assert.equal((await g.ask('GET', '/healthz', { agent: held })).status, 200);
    assert.equal(Object.values(held.freeSockets)[0]?.[0] ?? Object.values(held.sockets)[0]?.[0], socket, 'it is the same connection');
    held.destroy();
    // A key that is not the certificate's.
    fs.copyFileSync(path.join(dir, 'gates.key'), set['http.tls_key']);
    g.child.kill('SIGHUP');
    await eventually(() => /event=reload_certificate result=refused/.test(g.stderr), 'it is said');
    assert.match(g.stderr, /is not the key of http\.tls_certificate/);
    assert.equal(await shown(g), fingerprint(next.cert));
    // Whom it believes is read again as well.
    fs.copyFileSync(next.keyFile, set['http.tls_key']);
    fs.appendFileSync(set['http.tls_clients'], fs.readFileSync(path.join(dir, 'strangers.pem')));
    const stranger = signed(dir, 'welcome', 'strangers');
    register(stranger.file);
    const ask = async () => { const agent = new https.Agent({ ca: next.cert, cert: stranger.cert, key: stranger.key }); const a = await g.ask('GET', '/v1/voyages', { agent }); agent.destroy(); return a.status; };
    assert.equal(await ask(), 401);
    g.child.kill('SIGHUP');
    await eventually(async () => await ask() === 200, 'the stranger is believed');
    g.agent.destroy();
    g.agent = new https.Agent({ keepAlive: true, maxSockets: 256, ca: next.cert });
  });

  test('the end of the certificate is among the metrics', async () => {
    const end = Number(/^gangway_tls_certificate_end_seconds (\d+)$/m.exec((await g.ask('GET', '/metrics')).text)[1]);
    assert.equal(end * 1000, Date.parse(new crypto.X509Certificate(fs.readFileSync(set['http.tls_certificate'])).validTo));
  });

  test('who begins a handshake and dawdles is cut off, others are served', async (t) => {
    const h = await Gangway.start(t, { set: { ...set, 'http.timeout': '1s' }, ca: fs.readFileSync(set['http.tls_certificate']) });
    const closed = Array.from({ length: 20 }, () => new Promise((resolve) => {
      const s = net.connect(portOf(h), '127.0.0.1', () => s.write(Buffer.from([22, 3, 1])));
      s.on('error', () => resolve());
      s.on('close', () => resolve());
      s.resume();
    }));
    assert.equal((await h.ask('GET', '/healthz')).status, 200);
    await Promise.all(closed);
    // On a connection of its own: the first one may have been idle for as long as they were.
    const agent = new https.Agent({ ca: fs.readFileSync(set['http.tls_certificate']) });
    assert.equal((await h.ask('GET', '/healthz', { agent })).status, 200);
    agent.destroy();
  });

  test('a stream is heard as it happens, and ends whole when the service is asked to stop', async (t) => {
    const h = await Gangway.start(t, { set, ca: fs.readFileSync(set['http.tls_certificate']) });
    let text = '', ended = false;
    const q = https.get({ host: '127.0.0.1', port: portOf(h), path: '/v1/events', agent: h.agent, headers: { Authorization: `Bearer ${h.token('officer')}` } });
    const answer = await new Promise((resolve, reject) => { q.on('response', resolve); q.on('error', reject); });
    assert.equal(answer.statusCode, 200);
    answer.on('data', (d) => { text += d; });
    answer.on('end', () => { ended = true; });
    const made = await h.manifest(voyage([traveler(1)]));
    assert.equal(made.status, 201);
    const declined = await h.ask('POST', `/v1/voyages/${made.json.voyage}/declines`, { as: 'device', json: {} });
    await eventually(() => text.includes(declined.json.decline), 'it is told of');
    assert.ok(!ended);
    assert.deepEqual(await h.signal('SIGTERM'), { code: 0, signal: null });
    await eventually(() => ended, 'the stream ends');
    assert.ok(answer.complete);
  });
});

describe('what is not private is refused', { skip }, () => {
  const refused = async (t, set, status, want) => {
    const g = await Gangway.start(t, { set, expectFailure: true });
    assert.equal(g.result.code, status, g.stderr);
    assert.match(g.stderr, want);
  };

  test('HTTP without TLS on an address others reach is refused with what to do', async (t) => {
    for (const listen of ['0.0.0.0:0', '[::]:0']) {
      if (listen.startsWith('[') && !fs.existsSync('/proc/net/if_inet6')) continue;
      await refused(t, { 'http.listen': listen }, 2, /http\.tls_certificate.*http\.tls_by_proxy/);
    }
  });

  test('unless a proxy does it; then who is forwarded is nobody of this machine', async (t) => {
    const g = await Gangway.start(t, { set: { 'http.listen': '0.0.0.0:0', 'http.tls_by_proxy': 'yes' } });
    for (const p of ['/metrics', '/readyz', '/openapi.json']) {
      assert.equal((await g.ask('GET', p)).status, 200);
      for (const header of ['Forwarded', 'X-Forwarded-For', 'Via'])
        assert.equal((await g.ask('GET', p, { headers: { [header]: '1.1 x' } })).status, 401, `${p} ${header}`);
    }
    assert.equal((await g.ask('GET', '/metrics', { as: 'auditor', headers: { 'X-Forwarded-For': '192.0.2.1' } })).status, 200);
  });

  test('files that will not do are refused with why', async (t) => {
    const dir = folder(t), good = selfSigned(dir, 'good'), other = selfSigned(dir, 'other');
    const open = path.join(dir, 'open.key');
    fs.copyFileSync(good.keyFile, open);
    fs.chmodSync(open, 0o604);
    fs.writeFileSync(path.join(dir, 'junk.pem'), 'hello\n');
    const tlsOf = (certificate, key, more = {}) => ({ 'http.tls_certificate': certificate, 'http.tls_key': key, ...more });
    await refused(t, { 'http.tls_certificate': good.file }, 2, /set together/);
    await refused(t, { 'http.tls_key': good.keyFile }, 2, /set together/);
    await refused(t, { 'http.tls_clients': good.file }, 2, /needs http\.tls_certificate/);
    await refused(t, tlsOf(good.file, other.keyFile), 1, /is not the key/);
    await refused(t, tlsOf(path.join(dir, 'nowhere.pem'), good.keyFile), 3, /nowhere\.pem/);
    await refused(t, tlsOf(good.file, path.join(dir, 'nowhere.key')), 3, /nowhere\.key/);
    await refused(t, tlsOf(path.join(dir, 'junk.pem'), good.keyFile), 3, /junk\.pem/);
    fs.copyFileSync(good.file, path.join(dir, 'cert.key'));
    fs.chmodSync(path.join(dir, 'cert.key'), 0o600);
    await refused(t, tlsOf(good.file, path.join(dir, 'cert.key')), 3, /private key in PEM/);
    await refused(t, tlsOf(good.file, open), 1, /chmod o-rwx/);
    await refused(t, tlsOf(good.file, good.keyFile, { 'http.tls_clients': path.join(dir, 'junk.pem') }), 3, /no certificate in PEM/);
  });
});

describe('doctor looks at the certificate', { skip }, () => {
  test('and warns before it ends', (t) => {
    const dir = folder(t);
    for (const [days, state] of [[365, 'ok'], [13, 'warning'], [0, 'failed']]) {
      const c = days === 0 ? signed(dir, 'server0', 'server365', { days }) : selfSigned(dir, `server${days}`, { days });
      const r = run(['doctor', '--json', '--set', `store.path=${dir}/store`, '--set', `http.tls_certificate=${c.file}`, '--set', `http.tls_key=${c.keyFile}`]);
      const line = r.stdout.trim().split('\n').map((l) => JSON.parse(l)).find((l) => l.check === 'tls');
      assert.equal(line.state, state, line.text);
    }
  });
});

// The commands of docs/operations.md, as they stand there.
describe('docs/operations.md, TLS', { skip }, () => {
  test('its commands work', async (t) => {
    const dir = folder(t);
    const text = fs.readFileSync(path.join(root, 'docs/operations.md'), 'utf8');
    const section = text.slice(text.indexOf('### TLS'), text.indexOf('### A proxy'));
    const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1]);
    assert.equal(blocks.length, 2);
    const bin = path.join(dir, 'bin');
    fs.mkdirSync(bin);
    fs.symlinkSync(program, path.join(bin, 'gangway'));
    const env = { ...environment, PATH: `${bin}:${process.env.PATH}` };
    const shell = (script) => execFileSync('bash', ['-euc', script], { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const commands = (block) => block.replaceAll('\\\n', ' ').trim().split('\n');
    for (const block of blocks) {
      const all = commands(block), serve = all.findIndex((c) => c.startsWith('gangway serve')), ask = all.find((c) => c.startsWith('curl '));
      assert.ok(serve > 0 && ask);
      for (const c of all.slice(0, serve)) shell(c);
      // Port 0 stands in for the port of the page, which may be somebody's here.
      const service = spawn('bash', ['-c', `exec ${all[serve].replace(':8443', ':0')}`], { cwd: dir, env, stdio: ['ignore', 'pipe', 'ignore'] });
      t.after(() => service.kill('SIGKILL'));
      const port = await new Promise((resolve, reject) => {
        let got = '';
        service.stdout.on('data', (d) => { got += d; const m = /listening https:\S+:(\d+)/.exec(got); if (m) resolve(m[1]); });
        service.on('exit', () => reject(new Error('it did not start')));
      });
      const answer = JSON.parse(shell(ask.replace(':8443', `:${port}`).replace('curl ', 'curl -sS ')));
      assert.deepEqual(Object.keys(answer), ask.includes('healthz') ? ['status'] : ['voyages', 'cursor']);
      const gone = new Promise((resolve) => service.on('exit', resolve));
      service.kill('SIGTERM');
      await gone;
    }
  });
});
