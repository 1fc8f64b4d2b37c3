// listeners_bench.mjs - what ten thousand idle listeners to /v1/events cost, and how
// long it takes until all of them have heard of something. One line of JSON.
//
//   node listeners_bench.mjs PROGRAM [N] [--tls]
//
// --tls: each over TLS 1.3, to a certificate made for the run with openssl.
//
// Starts the real program with a store of its own and ends it. Memory is the resident
// set of the service and its children, read from /proc before the listeners come and
// when all of them are there; what the kernel keeps for sockets is not in it.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { selfSigned } from '../service/help/certificates.mjs';

const GOAL_MIB = 200; // of the whole process, for ten thousand without TLS
const overTls = process.argv.includes('--tls');
const [program, count = '10000'] = process.argv.slice(2).filter((word) => word !== '--tls');
const N = Number(count);
const store = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-bench-'));
const set = { 'store.path': store, 'http.listen': '127.0.0.1:0', 'http.connections': N + 100, 'events.listeners': N, 'log.level': 'warn' };
const identity = overTls ? selfSigned(store, 'localhost') : null;
if (overTls) Object.assign(set, { 'http.tls_certificate': identity.file, 'http.tls_key': identity.keyFile });
const server = spawn(program, ['serve', ...Object.entries(set).flatMap(([k, v]) => ['--set', `${k}=${v}`])], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve, reject) => {
  let text = '';
  server.stdout.setEncoding('utf8').on('data', (d) => {
    text += d;
    const m = /^listening https?:\/\/(\S+):(\d+)\n/m.exec(text);
    if (m) resolve({ host: m[1], port: Number(m[2]) });
  });
  server.on('exit', () => reject(new Error('the service ended')));
});

const cli = (...args) => JSON.parse(execFileSync(program, [...args, '--set', `store.path=${store}`], { encoding: 'utf8' }));
const token = { officer: cli('user', 'add', '--role', 'officer').token, carrier: cli('user', 'add', '--role', 'carrier', '--carrier', 'XX').token };
const kilobytes = (pid, what) => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
const family = () => [server.pid, ...fs.readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)];
const resident = () => family().reduce((sum, pid) => sum + kilobytes(pid, 'VmRSS'), 0) / 1024;
const dial = () => (overTls ? tls.connect({ host: url.host, port: url.port, ca: identity.cert, servername: 'localhost' }) : net.connect(url.port, url.host));
const post = (target, json) => new Promise((resolve, reject) => {
  const body = JSON.stringify(json);
  const r = (overTls ? https : http).request({ host: url.host, port: url.port, path: target, method: 'POST', ca: identity?.cert, servername: 'localhost', agent: false,
    headers: { Authorization: `Bearer ${token.carrier}`, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (d) => { text += d; }).on('end', () => resolve(JSON.parse(text)));
  });
  r.on('error', reject).end(body);
});

const m = await post('/v1/manifests', { kind: 'passenger_list', voyage: { mode: 'air', direction: 'departure', carrier: 'XX', number: '1', from: 'YVR',
  to: 'JFK', departure: `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 16)}Z` },
travelers: [{ kind: 'passenger', surname: 'A', reference: 'R', documents: [{ number: 'L1', issuing_state: 'UTO' }] }] });

let open = 0, heard = 0, failed = 0, lastHeard = 0;
const sockets = [];
function listen() {
  return new Promise((resolve) => {
    const s = dial();
    s.on(overTls ? 'secureConnect' : 'connect', () => s.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token.officer}\r\n\r\n`));
    let begun = false, told = false;
    s.on('data', (d) => {
      if (!begun && d.includes('retry:')) { begun = true; open++; resolve(); }
      if (!told && d.includes('event: voyage')) { told = true; heard++; lastHeard = performance.now(); }
      if (!begun && d.includes('HTTP/1.1 5')) { failed++; resolve(); }
    });
    s.on('error', () => { failed++; resolve(); });
    sockets.push(s);
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const before = resident(), threadsBefore = kilobytes(server.pid, 'Threads');
const began = performance.now();
for (let i = 0; i < N; i += 50) await Promise.all(Array.from({ length: Math.min(50, N - i) }, listen));
const opened = performance.now() - began;
await sleep(20_000); // a sign of life has gone to each of them
const after = resident(), threads = kilobytes(server.pid, 'Threads');
const told = performance.now();
await post(`/v1/voyages/${m.voyage}/close`, {});
const answered = performance.now() - told;
for (let i = 0; heard < open && i < 600; i++) await sleep(50);
const peak = resident();
console.log(JSON.stringify({ bench: 'listeners', tls: overTls, listeners: open, refused: failed, resident_mib: { before: Math.round(before), idle: Math.round(after),
  after_an_event: Math.round(peak) }, goal_at_most_mib: overTls ? undefined : GOAL_MIB, added_mib: Math.round(after - before), kib_each: Math.round((after - before) * 1024 / open * 10) / 10,
threads: { before: threadsBefore, idle: threads }, opened_per_s: Math.round(open / opened * 1000), event: { answered_ms: Math.round(answered), heard,
  heard_by_all_ms: Math.round(lastHeard - told) }, cores: os.availableParallelism?.() ?? os.cpus().length, model: os.cpus()[0].model }));
for (const s of sockets) s.destroy();
server.kill('SIGTERM');
await new Promise((resolve) => server.on('exit', resolve));
fs.rmSync(store, { recursive: true, force: true });
process.exit(open === N && heard === N ? 0 : 1);
