// load.test.mjs - many at once: the same answers as one at a time, and an honest no
// when there is no room.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

const enrolled = ['cage.jpg', 'audrey.jpg', 'bieber_small.jpg', 'SeanConnery.jpg', 'franck_01829.jpg', 'joconde.jpg'];
const shown = ['cage2_crop.jpg', 'audrey_crop.jpg', 'Justin-Bieber2_crop.jpg', 'sean_guru2_crop.jpg', 'franck_04035.jpg', 'franck_02159.jpg',
  'joconde_crop.jpg', 'obama4_crop.jpg', 'kim1_crop.jpg', 'ironman.jpg', 'walter2_crop.jpg', 'chuck_crop.jpg'];

describe('load', { skip: withoutPhotos }, () => {
  const board = async (g) => {
    const id = (await g.manifest(voyage(enrolled.map((_, n) => traveler(n))))).json.voyage;
    for (const [n, f] of enrolled.entries()) assert.ok([200, 201].includes((await g.portrait(photo(f), { number: number(n) })).status));
    return id;
  };
  // What was measured for every verification, by its id.
  const measured = async (g, id) => {
    const all = new Map();
    for (let cursor = ''; cursor !== null;) {
      const a = await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { as: 'officer' });
      for (const v of a.json.verifications) all.set(v.verification, v);
      cursor = a.json.cursor;
    }
    return all;
  };

  test('the same pictures from one client and from sixteen get the same faces, scores and people', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    const ask = async (clients, rounds) => {
      const id = await board(g);
      const jobs = Array.from({ length: rounds * shown.length }, (_, i) => shown[i % shown.length]);
      const asked = new Map();
      await Promise.all(Array.from({ length: clients }, async (_, c) => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        while (jobs.length > 0) {
          const name = jobs.pop();
          const a = await g.verify(id, live(name), { where: { site: 'YVR', gate: c }, agent });
          assert.equal(a.status, 200, a.text);
          asked.set(a.json.verification, name);
        }
        agent.destroy();
      }));
      const records = await measured(g, id);
      assert.equal(records.size, asked.size);
      const facts = new Map();
      const cleared = new Map();
      for (const [v, name] of asked) {
        const r = records.get(v);
        // Who is cleared first is a race; what was seen is not.
        const fact = JSON.stringify([r.score, r.next_score, r.threshold, r.quality, r.reason.replace('already_cleared', 'matched'), r.traveler]);
        if (!facts.has(name)) facts.set(name, fact);
        assert.equal(fact, facts.get(name), name);
        if (r.decision === 'clear') cleared.set(r.traveler.reference, (cleared.get(r.traveler.reference) ?? 0) + 1);
      }
      for (const [who, n] of cleared) assert.equal(n, 1, `${who} is cleared once`);
      return { facts, cleared: [...cleared.keys()].sort() };
    };
    const one = await ask(1, 2), many = await ask(16, 20);
    assert.deepEqual([...many.facts].sort(), [...one.facts].sort());
    assert.deepEqual(many.cleared, one.cleared);
    assert.ok(one.cleared.length >= 3, one.cleared.join());
  });

  test('a full queue answers 503 with Retry-After, says so in the metrics, and recovers', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0, 'work.queue': 2, 'work.threads': 1 } });
    const id = await board(g);
    const one = await g.verify(id, photo('ironman.jpg'));
    assert.equal(one.status, 200);
    const all = await Promise.all(Array.from({ length: 64 }, (_, i) => g.verify(id, live(shown[i % shown.length]), { where: { site: 'YVR', gate: i % 8 } })));
    const busy = all.filter((a) => a.status === 503);
    assert.ok(busy.length > 0, 'with room for two, sixty-four at once are too many');
    for (const a of all) assert.ok([200, 503].includes(a.status), a.text);
    for (const a of busy) assert.deepEqual([a.json.code, a.headers['retry-after']], ['busy', '1']);
    const text = (await g.ask('GET', '/metrics')).text;
    assert.equal(Number(/^gangway_queue_full_total (\d+)$/m.exec(text)[1]), busy.length);
    // Nothing of a refused one is kept.
    assert.equal((await measured(g, id)).size, 1 + all.length - busy.length);
    for (let i = 0; i < 5; i++) assert.equal((await g.verify(id, live('cage2_crop.jpg'))).status, 200);
  });

  test('while pictures wait, the board and the health page are answered', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0, 'work.threads': 1 } });
    const id = await board(g);
    let open = 40;
    const all = Array.from({ length: 40 }, (_, i) => g.verify(id, live(shown[i % shown.length]), { where: { site: 'YVR', gate: i % 8 } }).finally(() => { open--; }));
    const health = await g.ask('GET', '/healthz'), list = await g.ask('GET', '/v1/voyages', { as: 'officer' });
    const still = open;
    assert.deepEqual([health.status, list.status], [200, 200]);
    assert.ok(still > 0, 'they did not wait for the pictures');
    await Promise.all(all);
  });

  test('clients that leave in the middle cost nobody else anything', async (t) => {
    // Nobody is let go because of the time he takes.
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0, 'http.timeout': '1h', 'http.shutdown': '10min' } });
    const id = await board(g);
    const { hostname, port } = new URL(g.url), picture = live('cage2_crop.jpg');
    const token = g.token('device');
    for (let i = 0; i < 60; i++) {
      await new Promise((resolve) => {
        const s = net.connect(Number(port), hostname, () => {
          s.write(`POST /v1/voyages/${id}/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
          s.write(i % 2 ? picture : picture.subarray(0, picture.length / 2), () => s.destroy());
        });
        s.on('error', () => {});
        s.on('close', resolve);
      });
    }
    assert.equal((await g.verify(id, live('audrey_crop.jpg'))).status, 200);
    assert.equal((await g.ask('GET', '/readyz')).status, 200);
    // Nor is anybody of them waited for: the one in flight is who asks.
    const flying = async () => Number(/^gangway_http_in_flight (\d+)$/m.exec((await g.ask('GET', '/metrics')).text)[1]);
    for (let i = 0; await flying() > 1; i++) {
      assert.ok(i < 200, `${await flying()} requests of clients that are gone`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(await g.signal('SIGTERM'), { code: 0, signal: null });
  });

  test('manifests, portraits and pictures at the same time end as one after the other would', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    const m = voyage(enrolled.map((_, n) => traveler(n)));
    const id = (await g.manifest(m)).json.voyage;
    const work = [];
    for (let i = 0; i < 6; i++) {
      work.push(g.portrait(photo(enrolled[i]), { number: number(i) }));
      work.push(g.manifest(m));
      work.push(g.verify(id, live('obama4_crop.jpg'), { where: { site: 'YVR', gate: i } }));
    }
    for (const a of await Promise.all(work)) assert.ok(a.status < 300, a.text);
    const r = await g.readiness(id);
    assert.deepEqual([r.json.portraits.covered, r.json.gallery], [6, { state: 'ready', persons: 6, templates: 6 }]);
    for (const [n, f] of [[0, 'cage2_crop.jpg'], [1, 'audrey_crop.jpg'], [4, 'franck_04035.jpg']])
      assert.equal((await g.verify(id, live(f))).json.traveler?.reference, `R${n}`, f);
  });
});

describe('memory', { skip: withoutPhotos || (fs.existsSync('/proc/self/status') ? false : 'no /proc') }, () => {
  let g;
  const afters = [];
  before(async () => { g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0 } }); });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('a few hundred refused bodies leave no memory behind', async () => {
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${g.child.pid}/status`, 'utf8'))[1]) >> 10;
    const id = (await g.manifest(voyage([traveler(0)]))).json.voyage;
    const big = Buffer.alloc(4 << 20, 0x41);
    for (let i = 0; i < 10; i++) assert.equal((await g.verify(id, big)).status, 415);
    const before = rss();
    for (let i = 0; i < 100; i++) assert.equal((await g.verify(id, big)).status, 415);
    assert.ok(rss() < before + 64, `${before} MiB before, ${rss()} MiB after`);
  });
});
