// audit.test.mjs - the log, checked by an outsider: this file knows docs/audit.md and the public key, nothing of the program's code.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, folder, live, number, photo, run, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const sha = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
const leaf = (entry) => sha(Buffer.from([0]), Buffer.from(entry));
const node = (l, r) => sha(Buffer.from([1]), l, r);
// RFC 9162 2.1.1, as it is written there.
function root(leaves) {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0];
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return node(root(leaves.slice(0, k)), root(leaves.slice(k)));
}
// c2sp.org/signed-note: the text, and whether this key signed it.
function note(text, vkey) {
  const [name, id, key] = [vkey.slice(0, vkey.indexOf('+')), ...vkey.slice(vkey.indexOf('+') + 1).split(/\+(.*)/s)];
  const at = text.lastIndexOf('\n\n') + 1, body = text.slice(0, at);
  const line = text.slice(at + 1).split('\n').find((l) => l.startsWith(`— ${name} `));
  const bytes = Buffer.from(line.split(' ')[2], 'base64'), raw = Buffer.from(key, 'base64').subarray(1);
  const publicKey = crypto.createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' });
  assert.equal(bytes.subarray(0, 4).toString('hex'), id);
  const [origin, size, rootText] = body.split('\n');
  return { body, origin, size: Number(size), root: Buffer.from(rootText, 'base64'), good: crypto.verify(null, Buffer.from(body), publicKey, bytes.subarray(4)) };
}

describe('the log', { skip: withoutPhotos }, () => {
  let g, id, cleared, witness;
  const afters = [];
  const dir = folder({ after: (f) => afters.push(f) });
  const audit = (...args) => run(['audit', ...args]);
  const entries = async () => (await g.ask('GET', '/v1/audit/entries?limit=1000', { as: 'auditor' })).json.entries;

  before(async () => {
    // A witness of another program: an Ed25519 key as c2sp.org/tlog-cosignature wants it.
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
    const bytes = Buffer.concat([Buffer.from([4]), publicKey.export({ format: 'der', type: 'spki' }).subarray(12)]);
    const keyId = sha(Buffer.from('witness.example/w\n'), bytes).subarray(0, 4);
    witness = { privateKey, keyId, vkey: `witness.example/w+${keyId.toString('hex')}+${bytes.toString('base64')}` };
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0, 'audit.witnesses': witness.vkey } });
    id = (await g.manifest(voyage([0, 1, 2].map((n) => traveler(n))))).json.voyage;
    await g.portrait(photo('franck_01829.jpg'), { number: number(0) });
    cleared = (await g.verify(id, live('franck_01829.jpg'))).json;
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R1' } });
    await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' });
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('says what was done, by whom, and names nobody', async () => {
    let all, kinds; // who is heard of for the first time is written behind the answers
    const until = Date.now() + 30_000;
    do {
      all = await entries();
      kinds = all.map((e) => JSON.parse(e).kind);
    } while (!kinds.includes('login') && Date.now() < until);
    for (const k of ['start', 'token', 'login', 'manifest', 'portrait', 'verify', 'decline', 'view']) assert.ok(kinds.includes(k), `${k} among ${kinds}`);
    assert.equal(cleared.decision, 'clear');
    const v = JSON.parse(all.find((e) => JSON.parse(e).subject === cleared.verification));
    assert.equal(v.answer, 'clear');
    assert.equal(v.voyage, id);
    assert.match(v.person, /^[0-9a-f]{32}$/);
    assert.equal(v.site, 'YVR');
    for (const secret of ['SURNAME', 'GIVEN', number(0), 'R0', 'R1', '12A'])
      assert.ok(!all.join('\n').toUpperCase().includes(`"${secret}`), secret);
    all.forEach((e, n) => assert.equal(JSON.parse(e).n, n));
  });

  test('has a head that an outsider can hold the entries to', async () => {
    const h = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'carrier' })).json;
    const n = note(h.note, h.key), all = await entries();
    assert.ok(n.good);
    assert.equal(n.size, h.size);
    assert.equal(n.root.toString('hex'), h.root);
    assert.deepEqual(root(all.slice(0, n.size).map(leaf)), n.root);
  });

  test('proves any entry and any two sizes, and the proofs hold without the service', async () => {
    const key = path.join(dir, 'key');
    fs.writeFileSync(key, g.cli('audit', 'key').stdout);
    const h = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'auditor' })).json;
    for (let n = 0; n < h.size; n++) {
      const p = await g.ask('GET', `/v1/audit/proofs?leaf=${n}&size=${h.size}`, { as: 'auditor' });
      assert.equal(p.status, 200);
      const file = path.join(dir, `proof-${n}.json`);
      fs.writeFileSync(file, p.text);
      assert.equal(audit('prove', '--check', file, '--key', key).status, 0);
      fs.writeFileSync(file, p.text.replace('\\"kind\\":\\"', '\\"kind\\":\\"x'));
      assert.notEqual(audit('prove', '--check', file, '--key', key).status, 0);
    }
    await g.ask('GET', '/v1/audit/entries', { as: 'supervisor' });
    const later = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'admin' })).json;
    assert.ok(later.size > h.size);
    const c = await g.ask('GET', `/v1/audit/proofs?first=${h.size}&second=${later.size}`, { as: 'auditor' });
    const file = path.join(dir, 'consistency.json');
    fs.writeFileSync(file, c.text);
    assert.equal(audit('prove', '--check', file, '--key', key).status, 0);
    assert.equal((await g.ask('GET', `/v1/audit/proofs?leaf=0&size=${later.size + 1000}`, { as: 'auditor' })).status, 422);
    assert.equal((await g.ask('GET', '/v1/audit/proofs?leaf=0&first=0', { as: 'auditor' })).status, 400);
  });

  test('takes the signature of a witness it knows, and of nobody else', async () => {
    const h = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'auditor' })).json;
    const at = 1795420900n, time = Buffer.alloc(8);
    time.writeBigUInt64BE(at);
    const sign = (body) => Buffer.concat([witness.keyId, time, crypto.sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${body}`), witness.privateKey)]).toString('base64');
    const body = note(h.note, h.key).body;
    const post = (line) => g.ask('POST', '/v1/audit/cosignatures', { as: 'auditor', json: { size: h.size, line } });
    assert.equal((await post(`— witness.example/w ${sign(`${body}x`)}`)).status, 422);
    assert.equal((await post(`— stranger.example/w ${sign(body)}`)).status, 422);
    const a = await post(`— witness.example/w ${sign(body)}`);
    assert.equal(a.status, 201);
    assert.deepEqual(a.json.cosignatures.map((c) => c.witness), ['witness.example/w']);
    assert.ok(a.json.note.includes('— witness.example/w '));
    assert.ok(note(a.json.note, a.json.key).good);
  });

  test('is handed out, and the export is checked with the public key alone', async () => {
    const file = path.join(dir, 'log.txt'), key = path.join(dir, 'key2'), old = path.join(dir, 'old.txt');
    fs.writeFileSync(key, g.cli('audit', 'key').stdout);
    assert.equal(g.cli('audit', 'export', old).status, 0);
    await g.verify(id, live('franck_01829.jpg'));
    assert.equal(g.cli('audit', 'export', file).status, 0);
    const r = audit('check', old, file, '--key', key);
    assert.equal(r.status, 0, r.stderr);
    const text = fs.readFileSync(file, 'utf8');
    const lies = { edited: text.replace('"answer":"clear"', '"answer":"inspect"'), cut: text.slice(0, text.length / 2), gap: text.replace(/^\{.*"n":3,.*\n/m, '') };
    for (const [name, lie] of Object.entries(lies)) {
      const f = path.join(dir, `${name}.txt`);
      fs.writeFileSync(f, lie);
      const bad = audit('check', f, '--key', key);
      assert.equal(bad.status, 1, name);
      assert.ok(bad.stderr.includes('gangway audit check:'), name);
    }
    assert.equal(g.cli('audit', 'export', file).status, 3, 'a file that is there is not written over');
    const part = path.join(dir, 'part.txt');
    assert.equal(g.cli('audit', 'export', part, '--from', '5').status, 0);
    assert.equal(audit('check', part, '--key', key).status, 0);
  });

  test('is counted into reports that an auditor can count again', async () => {
    const all = (await entries()).map((e) => JSON.parse(e)), captures = all.filter((e) => e.kind === 'verify');
    const r = (await g.ask('GET', '/v1/reports/captures', { as: 'auditor' })).json;
    assert.equal(r.captures, captures.length);
    assert.equal(r.declines, all.filter((e) => e.kind === 'decline').length);
    assert.deepEqual(r.by_site.map((c) => [c.site, c.count]), [['YVR', captures.length]]);
    assert.deepEqual(r.by_carrier.map((c) => [c.carrier, c.count]), [['XX', captures.length]]);
    // So few: nobody is told by class.
    assert.ok(captures.length < 5 && r.by_class.every((c) => c.count === null && c.clear === undefined));
    assert.ok(r.clear.interval_95[0] <= r.clear.rate && r.clear.rate <= r.clear.interval_95[1]);
    const a = (await g.ask('GET', '/v1/reports/accuracy', { as: 'supervisor' })).json;
    assert.equal(a.captures, captures.length);
    const s = (await g.ask('GET', '/v1/reports/service', { as: 'auditor' })).json;
    assert.equal(s.starts, 1);
    assert.equal((await g.ask('GET', '/v1/reports/captures?to=2020-01-01', { as: 'auditor' })).json.captures, 0);
  });

  test('gives the traveler a receipt that holds without the service', async () => {
    assert.match(cleared.receipt, /^[0-9a-z]{26}-[0-9a-z]{16}$/);
    const a = await g.ask('GET', `/v1/receipts/${cleared.receipt}`);
    assert.equal(a.status, 200);
    assert.equal(a.json.outcome, 'cleared');
    assert.match(a.json.case, /^GW(-[0-9A-Z]{4}){3}$/);
    const file = path.join(dir, 'receipt.json'), key = path.join(dir, 'key3');
    fs.writeFileSync(key, g.cli('audit', 'key').stdout);
    fs.writeFileSync(file, a.text);
    assert.equal(audit('receipt', file, '--key', key).status, 0);
    fs.writeFileSync(file, a.text.replace('"outcome":"cleared"', '"outcome":"see_officer"'));
    const bad = audit('receipt', file, '--key', key);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /"outcome" is not what the log says/);
    const qr = await g.ask('GET', `/v1/receipts/${cleared.receipt}`, { headers: { Accept: 'image/svg+xml' } });
    assert.match(qr.text, /^<svg /);
    for (const wrong of [`${cleared.receipt.slice(0, -1)}!`, `${cleared.verification}-0000000000000000`, 'x'])
      assert.ok([400, 404].includes((await g.ask('GET', `/v1/receipts/${wrong}`)).status), wrong);
  });
});
