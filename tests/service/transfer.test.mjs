// transfer.test.mjs - what goes to an identity register: over real TLS, to examples/register.mjs, once, and to nobody else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { Gangway, folder, live, number, photo, program, root, run, traveler, voyage, withoutPhotos } from './help/gangway.mjs';
import { selfSigned, signed, withoutOpenssl } from './help/certificates.mjs';
import { Packs, everybody } from './help/packs.mjs';

const skip = withoutPhotos || withoutOpenssl;
const eventually = async (f, what) => {
  for (let i = 0; i < 400; i++) {
    const found = await f();
    if (found) return found;
    await new Promise((r) => setTimeout(r, 25));
  }
  assert.fail(what);
};

// The reference register as a process of its own.
class Register {
  static async start(t, dir, { certificate = 'register', clients = 'ministry', port = 0, receipts = path.join(dir, 'receipts') } = {}) {
    const r = new Register();
    r.file = receipts;
    r.child = spawn(process.execPath, [path.join(root, 'examples', 'register.mjs'), '--listen', `127.0.0.1:${port}`, '--certificate', path.join(dir, `${certificate}.pem`),
      '--key', path.join(dir, `${certificate}.key`), '--clients', path.join(dir, `${clients}.pem`), '--receipts', r.file], { stdio: ['ignore', 'pipe', 'pipe'] });
    r.stderr = '';
    r.child.stderr.on('data', (d) => { r.stderr += d; });
    r.exited = new Promise((resolve) => r.child.on('exit', resolve));
    r.url = await new Promise((resolve, reject) => {
      r.child.stdout.on('data', (d) => { const m = /listening (\S+)/.exec(d); if (m) resolve(m[1]); });
      r.child.on('exit', () => reject(new Error(r.stderr)));
    });
    t.after(() => r.stop());
    return r;
  }
  get port() { return Number(new URL(this.url).port); }
  async stop() {
    this.child.kill('SIGKILL');
    await this.exited;
  }
  receipts() {
    return !fs.existsSync(this.file) ? [] : fs.readFileSync(this.file, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
  }
}

const sends = (more = {}) => everybody('required', { enrol: true, transfer: { to: 'identity_register', data: ['probe', 'crossing'], within: '6h', after: 'verification', sources: ['LAW'], ...more } });
const enrols = (p) => {
  for (const x of p.tests) x.expect.enrol = true;
  for (const n of Object.values(p.notices)) {
    n.durations = { ...n.durations, '6h': '6 hours', '2h': '2 hours' };
    n.transfer ??= 'It goes to the register within {within}.';
  }
  return p;
};

describe('transfers', { skip }, () => {
  const afters = [], t = { after: (f) => afters.push(f) };
  let dir;
  before(() => {
    dir = folder(t);
    for (const name of ['ministry', 'register', 'impostor', 'strangers']) selfSigned(dir, name);
    signed(dir, 'gangway', 'ministry');
    signed(dir, 'nobody', 'strangers');
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const settings = (url, { client = 'gangway', authorities = 'register' } = {}) => ({ 'register.url': url, 'register.authorities': path.join(dir, `${authorities}.pem`),
    'register.certificate': path.join(dir, `${client}.pem`), 'register.key': path.join(dir, `${client}.key`), 'register.retry': '50ms', 'register.timeout': '2s' });
  const open = async (s, register, { rules = [sends()], edit = enrols, set = {}, client, authorities, store } = {}) => {
    const packs = new Packs(s);
    packs.write({ rules, edit });
    const g = await Gangway.start(s, { store, set: { ...packs.settings(), ...(register === null ? {} : settings(register.url ?? register, { client, authorities })), 'verify.attempts': 1, ...set } });
    g.packs = packs;
    return g;
  };
  const clear = async (g, n = 0) => {
    const { voyage: id } = (await g.manifest(voyage([traveler(n)]))).json;
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(n) })).status, 201);
    const v = await g.verify(id, live('franck_01829.jpg'));
    assert.equal(v.json.decision, 'clear', v.text);
    return { voyage: id, verification: v.json.verification };
  };
  const transfers = async (g) => (await g.ask('GET', '/v1/transfers', { as: 'auditor' })).json.transfers;
  const entries = (g) => {
    const file = path.join(folder(t), 'log');
    const r = g.cli('audit', 'export', file);
    assert.equal(r.status, 0, r.stderr);
    return fs.readFileSync(file, 'utf8').split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l)).filter((e) => e.kind === 'transfer');
  };
  const photos = (g) => fs.readdirSync(path.join(g.store, 'photos')).filter((f) => f.startsWith('7-')).map((f) => fs.readFileSync(path.join(g.store, 'photos', f)));

  test('a picture goes to the register, its receipt ends it, and the picture dies at once', async (s) => {
    const register = await Register.start(s, dir);
    const g = await open(s, register);
    const { verification, voyage: id } = await clear(g);
    const done = await eventually(async () => (await transfers(g)).find((x) => x.state === 'received'), 'it was received');
    const [receipt, ...more] = register.receipts();
    assert.deepEqual(more, []);
    assert.deepEqual([receipt.transfer, receipt.receipt, receipt.from], [done.transfer, done.receipt, 'gangway']);
    assert.equal(done.verification, verification);
    // What the register keeps says nothing of the person.
    assert.deepEqual(Object.keys(receipt).sort(), ['from', 'receipt', 'received_at', 'sha256', 'transfer']);
    // Here the picture is gone: row, and bytes in its file.
    const v = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications;
    assert.ok(!('photo' in v[0]));
    for (const bytes of photos(g)) assert.ok(bytes.every((b) => b === 0));
    assert.deepEqual(entries(g).map((e) => [e.answer, e.subject, e.name, e.class]),
      ['queued', 'offered', 'received'].map((answer) => [answer, done.transfer, 'identity_register', 'probe']));
    const r = (await g.ask('GET', '/v1/reports/retention', { as: 'auditor' })).json;
    assert.deepEqual(r.transfers, { register: true, waiting: 0, refused: 0, received: 1, blocked: 0, missed: 0, oldest: null, next_due: null });
  });

  test('a register that is away is asked again, about one at a time, until it is back', async (s) => {
    let register = await Register.start(s, dir, { receipts: path.join(dir, 'away') });
    const { port, file } = register;
    await register.stop();
    const g = await open(s, register);
    await clear(g, 1);
    await clear(g, 2);
    const waiting = await eventually(async () => {
      const all = await transfers(g);
      return all.some((x) => x.reason === 'no_connection' && x.attempts > 2) && all;
    }, 'it was tried again');
    assert.deepEqual(waiting.map((x) => x.state), ['waiting', 'waiting']);
    for (const bytes of photos(g)) assert.ok(bytes.some((b) => b !== 0), 'the picture waits, sealed');
    register = await Register.start(s, dir, { port, receipts: file });
    await eventually(async () => (await transfers(g)).every((x) => x.state === 'received'), 'both were received');
    assert.equal(register.receipts().length, 2);
    assert.equal(new Set(register.receipts().map((r) => r.transfer)).size, register.receipts().length);
  });

  test('a pack without transfer: nothing leaves, and asking for it is refused and written down', async (s) => {
    const register = await Register.start(s, dir, { receipts: path.join(dir, 'none') });
    const g = await open(s, register, { rules: [everybody('required')], edit: (p) => p });
    const { verification } = await clear(g, 3);
    assert.deepEqual(await transfers(g), []);
    const a = await g.ask('POST', '/v1/transfers', { as: 'supervisor', json: { case: verification } });
    assert.equal(a.status, 403, a.text);
    assert.equal(a.json.code, 'not_authorised');
    assert.equal((await g.ask('POST', '/v1/transfers', { as: 'officer', json: { case: verification } })).status, 403);
    assert.equal((await g.ask('POST', '/v1/transfers', { as: 'supervisor', json: { case: '0'.repeat(26) } })).status, 404);
    assert.deepEqual(entries(g).map((e) => [e.answer, e.reason, e.subject, e.role]), [['blocked', 'no_rule', verification, 'supervisor']]);
    assert.deepEqual(register.receipts(), []);
  });

  test('a rule that is taken back blocks what waits', async (s) => {
    const register = await Register.start(s, dir, { receipts: path.join(dir, 'blocked') });
    const { port } = register;
    await register.stop();
    const g = await open(s, register);
    await clear(g, 4);
    await eventually(async () => (await transfers(g))[0]?.attempts > 0, 'it was tried');
    g.packs.write({ rules: [everybody('required')] });
    g.child.kill('SIGHUP');
    await Register.start(s, dir, { port, receipts: path.join(dir, 'blocked') });
    await eventually(async () => (await transfers(g))[0].state === 'blocked', 'it was blocked');
    assert.deepEqual(register.receipts(), []);
    assert.deepEqual([...new Set(entries(g).map((e) => e.answer))], ['queued', 'offered', 'blocked']);
  });

  test('nothing is sent to who is not the register', async (s) => {
    // It has the port and a certificate, not one that register.authorities signed.
    let bytes = 0;
    const server = tls.createServer({ cert: fs.readFileSync(path.join(dir, 'impostor.pem')), key: fs.readFileSync(path.join(dir, 'impostor.key')) }, (c) => {
      c.on('data', (d) => { bytes += d.length; });
      c.on('error', () => {});
    });
    server.on('tlsClientError', () => {});
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    s.after(() => server.close());
    const g = await open(s, `https://127.0.0.1:${server.address().port}/transfers`);
    await clear(g, 5);
    await eventually(async () => (await transfers(g))[0]?.reason === 'tls', 'it is not believed');
    assert.equal(bytes, 0);
    const alerts = (await g.ask('GET', '/v1/alerts', { as: 'supervisor' })).json.alerts;
    assert.ok(alerts.some((x) => x.kind === 'transfer_refused'));
  });

  test('nor to a register that does not know us, nor without TLS', async (s) => {
    const register = await Register.start(s, dir, { receipts: path.join(dir, 'stranger') });
    const g = await open(s, register, { client: 'nobody' });
    await clear(g, 6);
    await eventually(async () => (await transfers(g))[0]?.attempts > 1, 'it was tried');
    const waiting = (await transfers(g))[0];
    assert.equal(waiting.state, 'waiting');
    assert.deepEqual(register.receipts(), []);
    assert.match(g.stderr, /event=transfer [^\n]* sent=0 /);
    assert.doesNotMatch(g.stderr, /event=transfer [^\n]* sent=[1-9]/, 'no byte of it left');
    const store = path.join(folder(s), 'x');
    for (const set of [{ 'register.url': register.url.replace('https', 'http') }, { 'register.key': '' }, { 'register.authorities': '/nowhere.pem' }]) {
      const all = { ...settings(register.url), ...set, 'store.path': store, 'http.listen': '127.0.0.1:0' };
      const r = run(['serve', ...Object.entries(all).flatMap(([k, v]) => ['--set', `${k}=${v}`])]);
      assert.notEqual(r.status, 0);
      assert.match(r.stderr, /register/);
    }
  });

  test('what the register refuses stays, is told, and goes when asked for again', async (s) => {
    let well = false, seen = 0;
    const https = await import('node:https');
    const bodies = [];
    const server = https.createServer({ cert: fs.readFileSync(path.join(dir, 'register.pem')), key: fs.readFileSync(path.join(dir, 'register.key')),
      ca: fs.readFileSync(path.join(dir, 'ministry.pem')), requestCert: true, rejectUnauthorized: true });
    server.on('checkContinue', (q, r) => {
      seen++;
      if (!well) return r.writeHead(422).end('{}');
      r.writeContinue();
      const pieces = [];
      q.on('data', (d) => pieces.push(d));
      q.on('end', async () => {
        const bytes = Buffer.concat(pieces);
        bodies.push(JSON.parse(bytes));
        const { createHash } = await import('node:crypto');
        r.writeHead(201).end(JSON.stringify({ transfer: path.basename(q.url), receipt: 'N-1', sha256: createHash('sha256').update(bytes).digest('hex') }));
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    s.after(() => { server.closeAllConnections(); server.close(); });
    const g = await open(s, `https://127.0.0.1:${server.address().port}/transfers/`);
    const { verification, voyage: id } = await clear(g, 7);
    const refused = await eventually(async () => (await transfers(g)).find((x) => x.state === 'refused'), 'it was refused');
    assert.deepEqual([refused.reason, refused.receipt], ['422', null]);
    await new Promise((r) => setTimeout(r, 300));
    assert.equal(seen, 1, 'what was refused is not offered again by itself');
    assert.ok((await g.ask('GET', '/v1/alerts', { as: 'supervisor' })).json.alerts.some((x) => x.kind === 'transfer_refused'));
    assert.equal((await g.ask('POST', '/v1/transfers', { as: 'supervisor', json: { case: verification } })).status, 409);
    well = true;
    assert.equal((await g.ask('POST', `/v1/transfers/${refused.transfer}/retry`, { as: 'supervisor', json: {} })).status, 403);
    const retry = () => g.ask('POST', `/v1/transfers/${refused.transfer}/retry`, { as: 'admin', json: {}, headers: { 'Idempotency-Key': 'retry-1' } });
    const told = await retry();
    assert.equal(told.json.state, 'waiting');
    const done = await eventually(async () => (await transfers(g)).find((x) => x.state === 'received'), 'it was received');
    assert.equal(done.receipt, 'N-1');
    assert.equal((await retry()).text, told.text, 'asked again under its key it is what it was');
    assert.equal((await g.ask('POST', `/v1/transfers/${refused.transfer}/retry`, { as: 'admin', json: {} })).status, 409);
    // What goes: who, by which rule, of which crossing, and the picture as it was taken.
    const [b] = bodies;
    assert.deepEqual(Object.keys(b), ['format', 'transfer', 'register', 'authority', 'rule', 'basis', 'taken_at', 'person', 'crossing', 'picture']);
    assert.deepEqual([b.rule, b.authority, b.crossing.from, b.crossing.direction, b.person.surname, b.person.documents[0].number],
      ['test:everybody', 'TEST', 'YVR', 'departure', 'SURNAMEH', number(7)]);
    assert.deepEqual(Buffer.from(b.picture.data, 'base64'), live('franck_01829.jpg'));
    assert.ok(!JSON.stringify(b.person).includes('R7'), 'the carrier’s own references stay with the carrier');
    assert.equal((await g.ask('GET', `/v1/voyages/${id}`, { as: 'officer' })).status, 200);
  });

  test('a receipt for something else is none', async (s) => {
    const https = await import('node:https');
    const server = https.createServer({ cert: fs.readFileSync(path.join(dir, 'register.pem')), key: fs.readFileSync(path.join(dir, 'register.key')),
      ca: fs.readFileSync(path.join(dir, 'ministry.pem')), requestCert: true, rejectUnauthorized: true });
    server.on('checkContinue', (q, r) => { r.writeHead(200).end(JSON.stringify({ transfer: path.basename(q.url), receipt: 'N-2', sha256: '0'.repeat(64) })); });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    s.after(() => { server.closeAllConnections(); server.close(); });
    const g = await open(s, `https://127.0.0.1:${server.address().port}/transfers`);
    await clear(g, 8);
    const x = await eventually(async () => (await transfers(g)).find((y) => y.state === 'refused'), 'it was not believed');
    assert.equal(x.reason, 'receipt');
    for (const bytes of photos(g)) assert.ok(bytes.some((b) => b !== 0), 'and the picture is not destroyed for it');
  });

  test('killed between sending and receipt, it is sent again and arrives once', async (s) => {
    const register = await Register.start(s, dir, { receipts: path.join(dir, 'killed') });
    const store = path.join(folder(s), 'data');
    let g = await open(s, register, { store });
    for (let i = 0; i < 6; i++) {
      await clear(g, 10 + i);
      await new Promise((r) => setTimeout(r, 3 * i));
      await g.kill();
      g = await open(s, register, { store });
    }
    await eventually(async () => (await transfers(g)).every((x) => x.state === 'received'), 'all were received');
    const all = await transfers(g);
    assert.equal(all.length, 6);
    assert.deepEqual(register.receipts().map((r) => r.transfer).sort(), all.map((x) => x.transfer).sort());
    for (const x of all) assert.equal(register.receipts().find((r) => r.transfer === x.transfer).receipt, x.receipt);
  });

  test('a picture that officers may see stays after the receipt, where the pack says so', async (s) => {
    const register = await Register.start(s, dir, { receipts: path.join(dir, 'keeps') });
    const g = await open(s, register, { rules: [sends({ purge: 'deadline' })] });
    const { voyage: id, verification } = await clear(g, 20);
    await eventually(async () => (await transfers(g))[0]?.state === 'received', 'it was received');
    const v = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications[0];
    assert.ok('photo' in v);
    assert.equal((await g.ask('GET', `/v1/photos/${v.photo}?purpose=investigation&case=${verification}`, { as: 'supervisor' })).status, 200);
    assert.ok(fs.readdirSync(path.join(g.store, 'photos')).some((f) => f.startsWith('4-')), 'under the key of its own hour');
  });
});
