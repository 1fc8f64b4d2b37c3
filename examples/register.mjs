#!/usr/bin/env node
// register.mjs - an identity register, as small as one can be: it takes what gangway transfers to it
// (docs/transfer.md) from who shows a certificate it knows, and keeps nothing but a receipt. To try the
// connector against, and to read before writing the real thing.
//
//     examples/register.mjs --certificate server.pem --key server.key --clients clients.pem
//         [--listen 127.0.0.1:8443] [--receipts FILE] [--largest BYTES]
//
// PUT /transfers/ID   201 and a receipt; 200 and the same receipt if it has that transfer already
// GET /transfers/ID   the receipt, or 404
//
// What matters in it, for a real one too:
// 1. Nobody without a certificate of --clients gets beyond the handshake.
// 2. It is asked before the body comes (Expect: 100-continue), and says no before it comes.
// 3. An id is a transfer. Asked again it answers the same; nothing is enrolled twice.
// 4. The receipt is on the disk before it is given. It says what was received: the digest of the bytes.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: {
  listen: { type: 'string', default: '127.0.0.1:8443' }, certificate: { type: 'string' }, key: { type: 'string' },
  clients: { type: 'string' }, receipts: { type: 'string' }, largest: { type: 'string', default: String(64 << 20) },
} });
for (const name of ['certificate', 'key', 'clients'])
  if (options[name] === undefined) {
    console.error(`register: --${name} FILE is missing`);
    process.exit(2);
  }

// ---- receipts ------------------------------------------------------------------------------------

const receipts = new Map();
let file = null;
if (options.receipts !== undefined) {
  if (fs.existsSync(options.receipts))
    for (const line of fs.readFileSync(options.receipts, 'utf8').split('\n').filter(Boolean)) {
      try {
        const r = JSON.parse(line);
        receipts.set(r.transfer, r);
      } catch { /* the last line, cut off: it was never given to anybody */ }
    }
  file = fs.openSync(options.receipts, 'a', 0o600);
}

function keep(receipt) {
  if (file !== null) {
    fs.writeSync(file, `\n${JSON.stringify(receipt)}\n`); // the first newline ends a line that was cut off
    fs.fsyncSync(file);
  }
  receipts.set(receipt.transfer, receipt);
  return receipt;
}

// ---- what is taken -------------------------------------------------------------------------------

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');
class Refused extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

// A real register would enrol the picture here, in the transaction that keeps the receipt.
function check(id, bytes, headers) {
  const digest = /^sha-256=:([A-Za-z0-9+/=]+):$/.exec(headers['content-digest'] ?? '');
  if (digest === null || Buffer.from(digest[1], 'base64').toString('hex') !== sha256(bytes)) throw new Refused(400, 'the body is not what Content-Digest says');
  let t;
  try { t = JSON.parse(bytes.toString('utf8')); } catch { throw new Refused(400, 'the body is not JSON'); }
  if (t.format !== 'gangway-transfer-1' || t.transfer !== id) throw new Refused(422, 'the body is not this transfer');
  if (t.register !== 'identity_register' || typeof t.rule !== 'string' || typeof t.basis !== 'string') throw new Refused(422, 'it does not say by what rule it is sent');
  if (typeof t.person?.surname !== 'string' || !Array.isArray(t.person.documents)) throw new Refused(422, 'it does not say whose picture it is');
  const picture = Buffer.from(t.picture?.data ?? '', 'base64');
  if (picture.length === 0 || sha256(picture) !== t.picture.sha256) throw new Refused(422, 'the picture is damaged');
  picture.fill(0);
}

function body(request, most) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    let size = 0;
    request.on('data', (d) => {
      size += d.length;
      if (size <= most) pieces.push(d);
      else reject(new Refused(413, 'too large'));
    });
    request.on('end', () => resolve(Buffer.concat(pieces)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the connection ended')));
  });
}

const answer = (response, status, json) => {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' }).end(`${JSON.stringify(json)}\n`);
};

// Who asks again while the first asking is still on its way gets the first one's receipt.
const underWay = new Map();

async function take(request, response, proceed) {
  const id = /^\/transfers\/([0-9a-hjkmnp-tv-z]{26})$/.exec(request.url)?.[1];
  try {
    if (id === undefined) throw new Refused(404, 'no such resource');
    if (request.method !== 'PUT' && request.method !== 'GET') throw new Refused(405, 'PUT a transfer, GET its receipt');
    const before = receipts.get(id) ?? (await underWay.get(id));
    if (before !== undefined) return answer(response, 200, before);
    if (request.method === 'GET') throw new Refused(404, 'no such transfer');
    const most = Number(options.largest);
    if (Number(request.headers['content-length'] ?? 0) > most) throw new Refused(413, 'too large');
    let end;
    underWay.set(id, new Promise((resolve) => { end = resolve; }));
    try {
      proceed();
      const bytes = await body(request, most);
      check(id, bytes, request.headers);
      const receipt = keep({ transfer: id, receipt: `R-${crypto.randomBytes(9).toString('hex')}`, sha256: sha256(bytes),
        received_at: new Date().toISOString(), from: request.socket.getPeerCertificate().subject?.CN ?? null });
      bytes.fill(0);
      end(receipt);
      answer(response, 201, receipt);
    } finally {
      end(undefined);
      underWay.delete(id);
    }
  } catch (error) {
    if (!response.headersSent && !response.destroyed)
      answer(response, error.status ?? 500, { title: error.status ? error.message : 'it failed', status: error.status ?? 500 });
    request.resume();
  }
}

const server = https.createServer({
  cert: fs.readFileSync(options.certificate), key: fs.readFileSync(options.key), ca: fs.readFileSync(options.clients),
  requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3',
});
server.on('checkContinue', (request, response) => take(request, response, () => response.writeContinue()));
server.on('request', (request, response) => take(request, response, () => {}));
server.on('tlsClientError', (error) => console.error(`refused: ${error.code ?? error.message}`));

const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(options.listen) ?? [];
server.listen(Number(port), host, () => console.log(`listening https://${host.includes(':') ? `[${host}]` : host}:${server.address().port}/transfers`));
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => { server.closeAllConnections(); server.close(() => process.exit(0)); });
