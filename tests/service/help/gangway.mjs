// gangway.mjs - the real program on a free port with a store of its own: starts it,
// speaks to it, holds every answer to /openapi.json, and ends it by its own pid.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './schema.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const program = process.env.GANGWAY_BIN ?? process.env.GANGWAY ?? path.join(root, 'build', 'gangway');
const media = path.join(root, 'vendor', 'media');

// The program refuses GANGWAY_ names that are no settings, and these tests have some of their own.
export const environment = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('GANGWAY_')));

export const withoutProgram = fs.existsSync(program) ? false : `${program} is not built (GANGWAY_BIN names another)`;
const tool = path.join(path.dirname(program), 'tests', 'picture');
export const withoutPhotos = withoutProgram || (!fs.existsSync(path.join(media, 'franck_01829.jpg')) ? 'vendor/media is absent: tools/setup fetches the photos'
  : !fs.existsSync(tool) ? `${tool} is not built` : false);

export const photo = (name) => fs.readFileSync(path.join(media, name));

// As a camera at a gate sees somebody: 640x480, the photo in the middle of it.
const seen = new Map();
export function live(name) {
  if (!seen.has(name)) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-live-'));
    execFileSync(tool, ['frame', '640', '480', '80', path.join(media, name), path.join(dir, name)]);
    seen.set(name, fs.readFileSync(path.join(dir, name)));
    fs.rmSync(dir, { recursive: true });
  }
  return seen.get(name);
}

export function folder(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-test-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Runs a command to its end.
export function run(args, options = {}) {
  const r = spawnSync(program, args, { env: environment, encoding: 'utf8', timeout: 60_000, ...options });
  let json = null;
  try { json = JSON.parse(r.stdout); } catch { /* not one JSON value */ }
  return { status: r.status, signal: r.signal, stdout: r.stdout, stderr: r.stderr, json };
}

export class Gangway {
  // set: settings; store: a folder to go on with; env: more environment; config: a settings file; ca: whose certificate to trust
  static async start(t, { set = {}, store, env = {}, config, ca, expectFailure = false } = {}) {
    const g = new Gangway();
    g.store = store ?? path.join(folder(t), 'store');
    g.set = { 'store.path': g.store, 'http.listen': '127.0.0.1:0', ...set };
    const args = ['serve', ...(config ? ['--config', config] : []), ...Object.entries(g.set).flatMap(([k, v]) => ['--set', `${k}=${v}`])];
    g.child = spawn(program, args, { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    g.stdout = '';
    g.stderr = '';
    g.child.stdout.setEncoding('utf8').on('data', (d) => { g.stdout += d; });
    g.child.stderr.setEncoding('utf8').on('data', (d) => { g.stderr += d; });
    g.exited = new Promise((resolve) => g.child.on('exit', (code, signal) => resolve({ code, signal })));
    g.agent = ca ? new https.Agent({ keepAlive: true, maxSockets: 256, ca }) : new http.Agent({ keepAlive: true, maxSockets: 256 });
    g.tokens = new Map();
    t.after(() => g.kill());
    const listening = new Promise((resolve) => {
      g.child.stdout.on('data', () => {
        const m = /^listening (https?:\/\/\S+)\n/m.exec(g.stdout);
        if (m) resolve(m[1]);
      });
    });
    g.url = await Promise.race([listening, g.exited.then(() => null)]);
    if (expectFailure) {
      assert.equal(g.url, null, 'it started');
      g.result = await g.exited;
      return g;
    }
    assert.ok(g.url, `it did not start: ${g.stderr}`);
    const answer = await g.ask('GET', '/openapi.json', { unchecked: true });
    g.openapi = answer.json;
    return g;
  }

  cli(...args) {
    return run([...args, '--set', `store.path=${this.store}`]);
  }

  // The token of a role; made once. where: { site, carrier }
  token(role, where = {}) {
    const key = JSON.stringify([role, where]);
    if (!this.tokens.has(key)) {
      const site = where.site ?? (role === 'device' ? 'YVR' : undefined);
      const carrier = where.carrier ?? (role === 'carrier' ? 'XX' : undefined);
      const r = this.cli(...(role === 'device' ? ['device', 'add', 'test gate'] : ['user', 'add', 'test', '--role', role]),
        ...(site ? ['--site', site] : []), ...(carrier ? ['--carrier', carrier] : []));
      assert.equal(r.status, 0, r.stderr);
      this.tokens.set(key, r.json.token);
    }
    return this.tokens.get(key);
  }

  // as: a role; token: a text; unchecked: do not hold the answer to the schema
  ask(method, target, { as, where, token, body, json, headers = {}, agent = this.agent, unchecked = false } = {}) {
    const bearer = token ?? (as ? this.token(as, where) : undefined);
    const all = { ...headers };
    if (bearer !== undefined) all.Authorization = `Bearer ${bearer}`;
    if (json !== undefined) {
      body = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
      all['Content-Type'] ??= 'application/json';
    }
    if (body !== undefined && !('Transfer-Encoding' in all)) all['Content-Length'] ??= body.length;
    return new Promise((resolve, reject) => {
      // As it is written: a URL object would tidy the path up.
      const { hostname, port, protocol } = new URL(this.url);
      const q = (protocol === 'https:' ? https : http).request({ hostname: hostname.replace(/[[\]]/g, ''), port, path: target, method, headers: all, agent }, (r) => {
        const pieces = [];
        r.on('data', (d) => pieces.push(d));
        r.on('error', reject);
        r.on('end', () => {
          const text = Buffer.concat(pieces).toString('utf8');
          const answer = { status: r.statusCode, headers: r.headers, text, bytes: Buffer.concat(pieces), json: null };
          try {
            if (/json/.test(r.headers['content-type'] ?? '') && method !== 'HEAD') answer.json = JSON.parse(text);
            if (!unchecked) this.hold(method, target, answer);
          } catch (e) {
            e.message += `\n${method} ${target} ${answer.status}: ${text.slice(0, 500)}`;
            reject(e);
          }
          resolve(answer);
        });
      });
      q.on('error', reject);
      q.end(body);
    });
  }

  // Every answer is one that /openapi.json announces: status, media type, content.
  hold(method, target, answer) {
    assert.match(answer.headers['x-request-id'], /^([0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    if (method === 'HEAD') return;
    if (answer.status >= 400) {
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      check(this.openapi, this.problem ??= { $ref: '#/components/schemas/Problem' }, answer.json, 'the problem');
      assert.equal(answer.json.status, answer.status);
      assert.equal(answer.json.request_id, answer.headers['x-request-id']);
      if (answer.status === 503 || answer.status === 429) assert.match(answer.headers['retry-after'], /^\d+$/);
      if (answer.status === 401) assert.match(answer.headers['www-authenticate'], /^Bearer /);
      return;
    }
    const segments = target.split('?')[0].split('/');
    const fitting = Object.entries(this.openapi.paths).filter(([p]) => {
      const want = p.split('/');
      return want.length === segments.length && want.every((w, i) => w.startsWith('{') || w === segments[i]);
    });
    const found = fitting.find(([p]) => !p.includes('{')) ?? fitting[0];
    assert.ok(found, `${target} is in /openapi.json`);
    const operation = found[1][method.toLowerCase()];
    const announced = operation?.responses[answer.status];
    assert.ok(announced, `${method} ${found[0]} may answer ${answer.status}`);
    const media = announced.content[(answer.headers['content-type'] ?? '').split(';')[0]];
    assert.ok(media, `${method} ${found[0]} may answer ${answer.headers['content-type']}`);
    if (answer.json !== null) check(this.openapi, media.schema, answer.json);
  }

  manifest(m, options = {}) {
    return this.ask('POST', '/v1/manifests', { as: 'carrier', json: m, ...options });
  }

  portrait(picture, { number, state = 'UTO', source = 'passport', captured, as = 'carrier', where, type = 'image/jpeg', headers = {} } = {}) {
    return this.ask('PUT', '/v1/portraits', { as, where, body: picture, headers: { 'Content-Type': type, 'X-Document-Number': number,
      'X-Issuing-State': state, 'X-Portrait-Source': source, ...(captured ? { 'X-Captured-On': captured } : {}), ...headers } });
  }

  verify(voyage, picture, { as = 'device', where, token, type = 'image/jpeg', headers = {}, query = '', agent } = {}) {
    return this.ask('POST', `/v1/voyages/${voyage}/verifications${query}`, { as, where, token, body: picture, agent: agent ?? this.agent,
      headers: { 'Content-Type': type, ...headers } });
  }

  // Readiness once the gallery has followed: a search waits for that by itself, this page does not.
  async readiness(voyage, as = 'officer') {
    for (;;) {
      const r = await this.ask('GET', `/v1/voyages/${voyage}/readiness`, { as });
      if (r.status !== 200 || r.json.gallery.state !== 'building') return r;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async signal(name) {
    this.child.kill(name);
    return this.exited;
  }

  // As the power would.
  async kill() {
    this.agent.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    return this.exited;
  }
}

// Every file below a folder. Node 18 takes a socket for a folder where it is asked for all at once.
export function filesIn(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const file = path.join(dir, e.name);
    return e.isDirectory() ? filesIn(file) : e.isFile() ? [file] : [];
  });
}

// A voyage that departs in an hour, unlike any other of this process. How ready it is will be told within the minute.
let made = 0;
export function voyage(travelers, more = {}) {
  made++;
  const departure = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16);
  const arrival = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 16);
  return {
    kind: 'passenger_list', function: null,
    voyage: { mode: 'air', direction: 'departure', carrier: 'XX', number: String(1000 + made), from: 'YVR', to: 'JFK', departure: `${departure}Z`,
      arrival: `${arrival}Z`, ...more },
    travelers,
  };
}

export function traveler(n, more = {}) {
  return {
    kind: 'passenger', surname: `SURNAME${String.fromCharCode(65 + n % 26)}`, given_names: 'GIVEN', sex: 'X', birth_date: '1980-01-01', nationality: 'UTO',
    documents: [{ type: 'P', number: `L${String(1000000 + n)}`, issuing_state: 'UTO', expiry_date: '2030-01-01' }],
    reference: `R${n}`, seat: `${n + 1}A`, ...more,
  };
}
export const number = (n) => `L${String(1000000 + n)}`;
