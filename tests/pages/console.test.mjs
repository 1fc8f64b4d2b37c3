// console.test.mjs - the console, role by role, in a real browser against the real service.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos } from '../service/help/gangway.mjs';
import { accessible, browser, latin, open, shoot, withoutBrowser } from './help/browser.mjs';

const seen = { timeout: 20_000 };
const views = {
  carrier: ['Departures'],
  officer: ['Departures', 'Inspections'],
  supervisor: ['Departures', 'Inspections', 'Supervision', 'Accuracy', 'Retention and audit', 'Devices and sites'],
  auditor: ['Supervision', 'Accuracy', 'Retention and audit'],
  admin: ['Devices and sites', 'Settings', 'Supervision'],
};
const portraits = ['franck_01829.jpg', 'audrey.jpg', 'cage.jpg', 'kim1_crop.jpg', 'queen20_crop.jpg', 'sean_guru2_crop.jpg'];

describe('the console', { skip: withoutBrowser || withoutPhotos }, () => {
  const afters = [];
  const t = { after: (f) => afters.push(f) };
  let g, b;
  before(async () => {
    g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    for (let n = 0; n < portraits.length; n++) await g.portrait(photo(portraits[n]), { number: number(n) });
    b = await browser(t);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const departure = async (n = 9) => (await g.manifest(voyage(Array.from({ length: n }, (_, i) => traveler(i))))).json.voyage;
  const signIn = async (role, { where = '', context = {} } = {}) => {
    const page = await open(b, `${g.url}/`, { context });
    await page.locator('input[type=password]').fill(g.token(role));
    await page.locator('form:has(input[type=password]) .button').click();
    await page.locator('.room').waitFor(seen);
    if (where) await page.evaluate((w) => { location.hash = w; }, where);
    return page;
  };
  const end = async (page) => {
    assert.deepEqual(page.faults, []);
    for (const r of page.asked) {
      assert.ok(r.url().startsWith(g.url) || r.url().startsWith('blob:'), 'nothing is asked of any other host');
      assert.doesNotMatch(r.url(), /gw_/, 'no token in an address');
    }
    await page.context().close();
  };
  const announced = (path) => path in g.openapi.paths;

  test('signing in: a wrong token, the token of a device, a right one; signing out forgets it', async () => {
    const page = await open(b, `${g.url}/`);
    const sign = async (token) => { await page.getByLabel('Your token').fill(token); await page.getByRole('button', { name: 'Sign in' }).click(); };
    await sign(`gw_${'x'.repeat(48)}`);
    await page.getByText('This token is not accepted').waitFor(seen);
    await sign(g.token('device'));
    await page.getByText('it belongs to the gate page').waitFor(seen);
    await accessible(page, 'sign in');
    await shoot(page, 'console-sign-in');
    await sign(g.token('officer'));
    await page.locator('.room').waitFor(seen);
    await page.reload();
    await page.locator('.room').waitFor(seen); // as long as the tab lives
    assert.deepEqual(await page.context().cookies(), []);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your token').waitFor(seen);
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }).includes('gw_')), false);
    await page.reload();
    await page.getByLabel('Your token').waitFor(seen);
    await end(page);
  });

  test('a new service: the code that was printed makes the first administrator, once', async (tt) => {
    const fresh = await Gangway.start(tt);
    const code = /^setup code (\S+)$/m.exec(fresh.stdout);
    assert.ok(code, fresh.stdout + fresh.stderr);
    const page = await open(b, `${fresh.url}/`);
    await page.getByRole('heading', { name: 'The first administrator' }).waitFor(seen);
    await accessible(page, 'first administrator');
    await shoot(page, 'console-first-administrator');
    await page.getByLabel('Code', { exact: true }).fill('WRONG-WRONG-WRONG');
    await page.getByRole('button', { name: 'Make the token' }).click();
    await page.getByText('This code is not right').waitFor(seen);
    await page.getByLabel('Code', { exact: true }).fill(code[1].toLowerCase());
    await page.getByRole('button', { name: 'Make the token' }).click();
    await page.getByText('It is shown this once').waitFor(seen);
    const token = await page.locator('.secret').innerText();
    assert.match(token, /^gw_/);
    assert.doesNotMatch(page.url(), /gw_/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.locator('.room').waitFor(seen);
    assert.match(await page.locator('.who').innerText(), /Administrator/);
    assert.equal((await fresh.ask('GET', '/v1/me', { token })).json.role, 'admin');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your token').waitFor(seen);
    assert.equal(await page.getByRole('heading', { name: 'The first administrator' }).count(), 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('a session ends when its token is revoked, and when nobody is there any more', async () => {
    const made = g.cli('user', 'add', 'leaving', '--role', 'officer').json;
    const page = await open(b, `${g.url}/`);
    await page.getByLabel('Your token').fill(made.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.room').waitFor(seen);
    g.cli('user', 'revoke', made.id);
    await page.evaluate(() => { location.hash = '#/inspections'; });
    await page.getByText('the token has ended or was revoked').waitFor(seen);
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }).includes('gw_')), false);
    await page.clock.install();
    await page.getByLabel('Your token').fill(g.token('officer'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.room').waitFor(seen);
    await page.clock.fastForward(14 * 60_000 + 5_000);
    await page.getByText('You will be signed out in').waitFor(seen);
    await accessible(page, 'nearly over');
    const alert = () => page.locator('.band.idle [role=alert]').innerText();
    const [told, seconds] = [await alert(), await page.locator('.band.idle').innerText()];
    await page.clock.fastForward(3000);
    assert.equal(await alert(), told, 'said once, not every second');
    assert.notEqual(await page.locator('.band.idle').innerText(), seconds);
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await page.clock.fastForward(60_000);
    assert.equal(await page.locator('.room').count(), 1);
    await page.clock.fastForward(15 * 60_000);
    await page.getByText('Signed out after 15 minutes').waitFor(seen);
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }).includes('gw_')), false);
    await page.context().close();
  });

  for (const [role, want] of Object.entries(views))
    test(`${role}: sees its own views and no others, and asks for nothing it may not have`, async () => {
      await departure(3);
      const page = await signIn(role);
      assert.deepEqual(await page.locator('.side ul a').allInnerTexts(), want);
      const refused = [];
      page.on('response', (r) => { if (r.status() === 401 || r.status() === 403) refused.push(r.url()); });
      for (const name of Object.values(views).flat()) {
        const hash = { Departures: 'board', Inspections: 'inspections', Supervision: 'watch', Accuracy: 'accuracy', 'Retention and audit': 'records', 'Devices and sites': 'devices', Settings: 'settings' }[name];
        await page.evaluate((h) => { location.hash = `#/${h}`; }, hash);
        await page.locator('main h1').waitFor(seen);
        const title = await page.locator('main h1').innerText();
        assert.equal(title, want.includes(name) ? name : want[0]);
        assert.equal(await page.title(), `${title} · Gangway · Console`);
      }
      assert.deepEqual(refused, []);
      await end(page);
    });

  test('officer: boarding is seen as it happens, with states, the no-photo list and the end', async () => {
    const id = await departure(9);
    const page = await signIn('officer', { where: `#/voyage/${id}` });
    await page.getByText('Nobody has come yet').waitFor(seen);
    await page.getByText('To be met by hand').waitFor(seen);
    assert.equal(await page.locator('.lines li').count(), 3); // of nine travelers six have a portrait
    await page.locator('.live.live').waitFor(seen);
    assert.equal((await g.verify(id, photo('franck_04035.jpg'))).json.decision, 'clear');
    await page.locator('.feed li').first().waitFor(seen); // without a reload
    assert.match(await page.locator('.feed li').first().innerText(), /Clear/);
    await page.locator('td', { hasText: /^Cleared$/ }).first().waitFor(seen);
    await page.getByLabel('Find').fill('SURNAMEC');
    await page.waitForFunction(() => document.querySelectorAll('.tall tbody tr').length === 1);
    await page.getByRole('button', { name: 'Close the voyage' }).click();
    await page.getByText('Not seen yet: 8').waitFor(seen);
    await accessible(page, 'close');
    await page.getByRole('button', { name: 'Close it' }).click();
    await page.getByRole('dialog').getByText('How it ended').waitFor(seen); // the page behind it says so, too
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Everything about its persons is destroyed').waitFor(seen);
    await end(page);
  });

  test('officer: the focus is not lost by opening a voyage, nor by closing it', async () => {
    const id = await departure(3);
    const page = await signIn('officer');
    await page.route(`**/v1/voyages/${id}`, async (route) => { await new Promise((r) => { setTimeout(r, 300); }); await route.continue(); });
    await page.locator(`tbody a[href="#/voyage/${id}"]`).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Close the voyage' }).waitFor(seen);
    const focused = () => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.textContent}`);
    assert.match(await focused(), /^H1 XX \d+$/);
    assert.match(await page.title(), /^XX \d+ · Gangway/);
    await page.getByRole('button', { name: 'Close the voyage' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Close it' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('How it ended').waitFor(seen);
    assert.match(await focused(), /^H2 How it ended/);
    await page.getByRole('button', { name: 'Done' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Everything about its persons is destroyed').waitFor(seen);
    assert.match(await focused(), /^H1 XX \d+$/);
    await end(page);
  });

  test('officer: all of a manifest is printed', async () => {
    const id = await departure(300);
    const page = await signIn('officer', { where: `#/voyage/${id}` });
    await page.locator('.tall tbody tr').nth(299).waitFor(seen);
    await page.emulateMedia({ media: 'print' });
    const cut = await page.evaluate(() => [...document.querySelectorAll('main *')].filter((e) => e.clientHeight > 0 && e.scrollHeight > e.clientHeight + 2 && getComputedStyle(e).overflowY !== 'visible').map((e) => `${e.tagName}.${e.className}`));
    assert.deepEqual(cut, []);
    assert.ok(await page.locator('.tall').evaluate((e) => e.clientHeight) > 300 * 20);
    assert.equal(await page.locator('.side').isVisible(), false);
    await end(page);
  });

  test('officer: where the gate and the carrier differ when it is over', async () => {
    const id = await departure(4);
    assert.equal((await g.verify(id, photo('franck_04035.jpg'))).json.decision, 'clear');
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: { boarded: ['R1', 'R9'] } })).status, 200);
    const page = await signIn('officer', { where: `#/voyage/${id}` });
    await page.getByText('Where gate and carrier differ').waitFor(seen);
    const rows = await page.locator('section[aria-labelledby="ended"] tbody tr').allInnerTexts();
    assert.ok(rows.some((r) => /1A\s+R0\s+Cleared at the gate, not on board/.test(r)), rows.join());
    assert.ok(rows.some((r) => /2A\s+R1\s+On board, never seen at the gate/.test(r)), rows.join());
    assert.ok(rows.some((r) => /On board, on no list/.test(r)), rows.join());
    await accessible(page, 'ended');
    await shoot(page, 'console-voyage-ended', { fullPage: true });
    await end(page);
  });

  const broken = (route) => route.fulfill({ status: 503, contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: 'busy', status: 503, code: 'busy', detail: 'too busy', next: 'try again', request_id: '0'.repeat(26) }) });
  test('a list is coming, failed, and full in a designed way', async (tt) => {
    const many = await Gangway.start(tt);
    for (let i = 0; i < 101; i++) assert.equal((await many.manifest(voyage([traveler(0)]))).status, 201);
    const page = await open(b, `${many.url}/`);
    const waiting = [];
    await page.route('**/v1/voyages?*', async (route) => { await new Promise((r) => { waiting.push(r); }); await route.continue(); });
    await page.getByLabel('Your token').fill(many.token('officer'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.skeleton').waitFor(seen);
    await accessible(page, 'coming');
    await shoot(page, 'console-board-coming');
    const go = setInterval(() => { for (const w of waiting.splice(0)) w(); }, 50);
    tt.after(() => clearInterval(go));
    await page.getByText('There are more voyages than fit here').waitFor(seen);
    assert.equal(await page.locator('tbody tr').count(), 100);
    await accessible(page, 'full');
    await page.locator('.language select').selectOption('ar');
    await page.route('**/v1/inspections?*', broken);
    await page.evaluate(() => { location.hash = '#/inspections'; });
    await page.locator('.empty .button').first().waitFor(seen);
    assert.deepEqual(await latin(page), [], 'a problem is said in the language of the reader');
    await accessible(page, 'failed');
    await shoot(page, 'console-inspections-failed');
    await page.context().close();
  });

  test('however much is over, what is open is shown', async (tt) => {
    const old = await Gangway.start(tt);
    const soon = { departure: `${new Date(Date.now() + 1_800_000).toISOString().slice(0, 16)}Z` };
    const crowd = (await old.manifest(voyage([traveler(0)]))).json.voyage;
    const decline = () => old.ask('POST', `/v1/voyages/${crowd}/declines`, { as: 'device', json: {} });
    await Promise.all(Array.from({ length: 201 }, async () => assert.equal((await decline()).status, 201)));
    const { inspections } = (await old.ask('GET', '/v1/inspections?state=open&limit=500', { as: 'officer' })).json;
    await Promise.all(inspections.map(async (i) => assert.equal((await old.ask('POST', `/v1/inspections/${i.inspection}/outcome`, { as: 'officer', json: { result: 'denied', method: 'document' } })).status, 200)));
    assert.equal((await decline()).status, 201);
    await Promise.all(Array.from({ length: 501 }, async () => {
      const { voyage: id } = (await old.manifest(voyage([traveler(0)], soon))).json;
      await old.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} });
    }));
    const page = await open(b, `${old.url}/`);
    await page.getByLabel('Your token').fill(old.token('officer'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator(`tbody a[href="#/voyage/${crowd}"]`).waitFor(seen);
    assert.equal(await page.locator('tbody tr').count(), 1);
    const asked = page.asked.length; // what is over is not asked for with everything that happens
    const again = page.waitForRequest((r) => r.url().includes('/v1/voyages?') && !r.url().includes('cursor='), seen);
    await page.locator('.live.live').waitFor(seen);
    await old.ask('POST', `/v1/voyages/${crowd}/declines`, { as: 'device', json: {} });
    assert.match((await again).url(), /from=20/);
    await page.waitForTimeout(500);
    assert.equal(page.asked.slice(asked).filter((r) => r.url().includes('/v1/voyages?') && r.url().includes('cursor=')).length, 0);
    await page.getByLabel('Only open ones').uncheck();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 200, null, seen);
    await page.evaluate(() => { location.hash = '#/inspections'; });
    await page.locator('.queue button').first().waitFor(seen);
    assert.equal(await page.locator('.queue button').count(), 2);
    await page.getByLabel('Show those that ended').check();
    await page.waitForFunction(() => document.querySelectorAll('.queue button').length === 201, null, seen);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('a busy service is said to be busy: nobody is signed out, and nothing that was there is taken away', async () => {
    const id = await departure(3);
    const page = await open(b, `${g.url}/`);
    await page.route('**/v1/me', broken);
    await page.getByLabel('Your token').fill(g.token('officer'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.signin [role=alert]', { hasText: 'too busy' }).waitFor(seen);
    assert.equal(await page.getByText('This token is not accepted').count(), 0);
    await page.unroute('**/v1/me');
    await page.locator('.room').waitFor(seen); // tried again by itself
    await page.route('**/v1/me', broken);
    await page.reload();
    await page.locator('.signin', { hasText: 'too busy' }).waitFor(seen);
    assert.equal(await page.getByLabel('Your token').count(), 0);
    await accessible(page, 'late');
    await page.unroute('**/v1/me');
    await page.locator('.room').waitFor(seen);

    await page.evaluate((h) => { location.hash = h; }, `#/voyage/${id}`);
    await page.locator('.live.live').waitFor(seen);
    await page.locator('.tall tbody tr').first().waitFor(seen);
    await page.route('**/v1/voyages/**', (route) => route.request().method() === 'GET' ? broken(route) : route.continue());
    await page.getByRole('button', { name: 'Close the voyage' }).click();
    await page.getByRole('button', { name: 'Close it' }).click();
    await page.getByRole('dialog').getByText('How it ended').waitFor(seen);
    await page.locator('.band.old', { hasText: 'too busy' }).first().waitFor(seen);
    assert.ok(await page.getByRole('dialog').getByText('How it ended').isVisible(), 'the receipt stays');
    assert.equal(await page.locator('.tall tbody tr').count(), 3, 'the manifest stays');
    await accessible(page, 'as it was before');
    await page.unroute('**/v1/voyages/**');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Everything about its persons is destroyed').waitFor(seen);
    await page.waitForFunction(() => !document.querySelector('.band.old'), null, seen);
    await end(page);
  });

  test('supervisor: is not offered to close a voyage; an alert that could not be taken says so', async () => {
    const id = await departure(3);
    await g.verify(id, photo('franck_04035.jpg'));
    await g.verify(id, photo('franck_02045.jpg')); // the same man again
    const page = await signIn('supervisor', { where: `#/voyage/${id}` });
    await page.locator('.tall tbody tr').first().waitFor(seen);
    assert.equal(await page.getByRole('button', { name: 'Close the voyage' }).count(), 0);
    await page.evaluate(() => { location.hash = '#/watch'; });
    await page.locator('.alerts .button').first().waitFor(seen);
    await page.route('**/acknowledge', broken);
    const before = await page.locator('.alerts li').count();
    await page.locator('.alerts .button').first().click();
    await page.getByText('The alert was not taken').waitFor(seen);
    assert.equal(await page.locator('.alerts li').count(), before);
    await page.unroute('**/acknowledge');
    await page.locator('.alerts .button').first().click();
    await page.waitForFunction((n) => document.querySelectorAll('.alerts li').length === n - 1, before, seen);
    assert.equal(await page.getByText('The alert was not taken').count(), 0);
    await end(page);
  });

  test('officer: an open case stays when the service is busy, and is not looked at anew for another', async () => {
    const id = await departure(3);
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R1' } });
    const page = await signIn('officer', { where: '#/inspections' });
    await page.locator('.live.live').waitFor(seen);
    await page.locator('.case .decide').waitFor(seen);
    const own = await page.locator('.case').getAttribute('data-case');
    await page.waitForTimeout(800); // the stream tells first what happened just now
    const from = page.asked.length, before = await page.locator('.queue button').count();
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R2' } });
    await page.waitForFunction((n) => document.querySelectorAll('.queue button').length === n + 1, before, seen);
    await page.waitForTimeout(800);
    assert.equal(page.asked.slice(from).filter((r) => r.url().endsWith(`/v1/inspections/${own}`)).length, 0);
    await page.route(`**/v1/inspections/${own}`, broken);
    const other = g.cli('user', 'add', 'other', '--role', 'officer').json.token;
    assert.equal((await g.ask('POST', `/v1/inspections/${own}/claim`, { token: other, json: {} })).status, 200);
    await page.locator('.case .band.old').waitFor(seen);
    assert.ok(await page.locator('.case .decide').isVisible());
    await page.unroute(`**/v1/inspections/${own}`);
    await page.locator('.case .band:not(.old)').waitFor(seen); // tried again by itself
    for (const i of (await g.ask('GET', `/v1/inspections?voyage=${id}`, { as: 'officer' })).json.inspections)
      assert.equal((await g.ask('POST', `/v1/inspections/${i.inspection}/outcome`, { token: i.inspection === own ? other : g.token('officer'), json: { result: 'denied', method: 'document' } })).status, 200);
    await g.ask('POST', `/v1/inspections/${own}/outcome`, { token: other, json: { result: 'denied', method: 'document' } });
    await end(page);
  });

  test('carrier: its voyages, readiness and names it sent; no reason, no score', async () => {
    const id = await departure(4);
    await g.verify(id, live('obama4_crop.jpg'));
    const page = await signIn('carrier', { where: `#/voyage/${id}` });
    await page.getByText('To be met by hand').waitFor(seen);
    await page.locator('.tall tbody tr').first().waitFor(seen);
    const text = await page.locator('main').innerText();
    assert.doesNotMatch(text, /resembles|As it happens|0\.\d{3}/);
    await end(page);
  });

  test('supervisor: an alert comes by itself and is taken', async () => {
    const id = await departure(3);
    const page = await signIn('supervisor', { where: '#/watch' });
    await page.locator('.live.live').waitFor(seen);
    const before = await page.locator('.alerts li').count();
    await g.verify(id, photo('franck_04035.jpg'));
    await g.verify(id, photo('franck_02045.jpg')); // the same man again
    await page.waitForFunction((n) => document.querySelectorAll('.alerts li').length > n, before, seen);
    assert.match(await page.locator('.alerts li').first().innerText(), /already came|second time|cleared already/);
    await page.locator('.alerts .button').first().click();
    await page.waitForFunction((n) => document.querySelectorAll('.alerts li').length === n, before, seen);
    await end(page);
  });

  test('officer: an inspection ends with two keys', async (tt) => {
    if (!announced('/v1/inspections')) return tt.skip('this service has no /v1/inspections');
    const id = await departure(3);
    const page = await signIn('officer', { where: '#/inspections' });
    await page.locator('.live.live').waitFor(seen);
    for (let i = 0; i < 3; i++) await g.verify(id, live('obama4_crop.jpg'), { headers: { 'X-Document-Number': number(1), 'X-Issuing-State': 'UTO' } });
    await page.locator('.queue button').first().waitFor(seen);
    await page.locator('.case .decide').waitFor(seen);
    assert.equal(await page.locator('.photo img').count(), 0, 'no photo before somebody took the case');
    await page.getByText('Take the case to see its photos').first().waitFor(seen);
    await page.locator('.queue button').last().click(); // puts the focus into it
    await page.locator('.queue button').first().click();
    await page.locator('.case .decide').waitFor(seen);
    await page.waitForFunction(() => document.querySelector('.case')?.contains(document.activeElement), undefined, seen); // keys act in the case only
    await page.keyboard.press('t');
    await page.locator('.photo img').first().waitFor(seen);
    const inspection = await page.locator('.case').getAttribute('data-case');
    await accessible(page, 'case');
    await page.locator('.photo img').evaluateAll((all) => { for (const i of all) i.style.filter = 'blur(14px)'; });
    await shoot(page, 'console-case', { fullPage: true });
    await page.keyboard.press('r');
    await page.keyboard.press('1');
    await page.waitForFunction((i) => document.querySelector('.case')?.dataset.case !== i || !document.querySelector('.decide'), inspection, seen);
    const told = await g.ask('GET', `/v1/inspections/${inspection}`, { as: 'supervisor' });
    assert.deepEqual([told.json.result, told.json.method], ['referred', 'document']);
    const looks = await g.ask('GET', '/v1/reports/access', { as: 'supervisor' });
    assert.ok(looks.json.accesses > 0, 'who looked is counted');
    await end(page);
  });

  test('officer: from signing in to an outcome without a mouse', async () => {
    const id = await departure(3);
    for (let i = 0; i < 3; i++) await g.verify(id, live('obama4_crop.jpg'), { headers: { 'X-Document-Number': number(1), 'X-Issuing-State': 'UTO' } });
    const page = await open(b, `${g.url}/`);
    await page.getByLabel('Your token').focus();
    await page.keyboard.type(g.token('officer'));
    await page.keyboard.press('Enter');
    await page.locator('.room').waitFor(seen);
    const at = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    const tab = async (want) => { for (let i = 0; i < 60 && !want.test(await at()); i++) await page.keyboard.press('Tab'); assert.match(await at(), want); };
    await page.keyboard.press('Tab');
    assert.match(await at(), /To the content/);
    await tab(/^Inspections$/);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === 'Inspections', null, seen);
    await page.locator('.queue button').first().waitFor(seen);
    const last = page.locator('.queue button').last();
    await last.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('.queue li:last-child button')?.getAttribute('aria-pressed') === 'true', null, seen);
    await page.locator('.case .decide').waitFor(seen);
    const inspection = await page.locator('.case').getAttribute('data-case');
    await page.keyboard.press('t');
    await page.locator('.photo img').first().waitFor(seen);
    await tab(/^Zoom/).catch(() => undefined);
    await page.locator('.zoom input').focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('.photo img').first().evaluate((e) => e.style.width), '200%', 'both photos, larger');
    await page.keyboard.press('d'); // from the slider
    assert.equal(await page.locator('.key.denied[aria-pressed="true"]').count(), 1);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.key[aria-pressed="true"]').count(), 0, 'taken back');
    await page.keyboard.press('d');
    await page.keyboard.press('1');
    await page.waitForFunction((i) => document.querySelector('.case')?.dataset.case !== i || !document.querySelector('.decide'), inspection, seen);
    assert.equal((await g.ask('GET', `/v1/inspections/${inspection}`, { as: 'supervisor' })).json.result, 'denied');
    await page.waitForFunction(() => document.activeElement?.matches('.case, h1'), null, seen); // in the next case, or where the view begins
    await end(page);
  });

  test('officer: a letter outside of the case does nothing', async () => {
    const id = await departure(3);
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R1' } });
    const page = await signIn('officer', { where: '#/inspections' });
    await page.locator('.case .decide').waitFor(seen);
    const inspection = await page.locator('.case').getAttribute('data-case');
    const posted = () => page.asked.filter((r) => r.method() === 'POST').length;
    for (const where of ['.side ul a', 'main h1', '.queue button', '.check input']) {
      await page.locator(where).first().focus();
      for (const key of ['t', 'd', '1']) await page.keyboard.press(key);
      assert.equal(await page.locator('.key[aria-pressed="true"]').count(), 0, where);
    }
    assert.equal(posted(), 0);
    await page.getByText('The keys work while the focus is in this case').waitFor(seen);
    await page.getByRole('button', { name: 'Take this case' }).click();
    await page.waitForFunction(() => !document.querySelector('.key kbd')?.textContent.includes('T'), null, seen);
    await page.keyboard.press('d'); // the button that was pressed is gone, and the focus is still here
    assert.equal(await page.locator('.key.denied[aria-pressed="true"]').count(), 1);
    await page.keyboard.press('1');
    await page.waitForFunction((i) => document.querySelector('.case')?.dataset.case !== i, inspection, seen);
    assert.equal((await g.ask('GET', `/v1/inspections/${inspection}`, { as: 'supervisor' })).json.result, 'denied');
    await end(page);
  });

  test('officer: a decline waits without any photo, and is cleared by document', async (tt) => {
    if (!announced('/v1/inspections')) return tt.skip('this service has no /v1/inspections');
    const id = await departure(3);
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R2' } });
    const page = await signIn('officer', { where: '#/inspections' });
    await page.locator('.queue button', { hasText: 'Declined the photo' }).last().click();
    await page.getByText('No photo was taken: the person declined.').waitFor(seen);
    await page.waitForFunction(() => document.activeElement?.matches('.case'), null, seen);
    assert.equal(await page.locator('.case .photo img').count(), 0);
    await page.keyboard.press('c');
    await page.keyboard.press('1');
    await page.locator('.queue').waitFor(seen).catch(() => undefined);
    for (let i = 0; i < 50; i++) {
      const list = (await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers;
      if (list[2].status === 'inspected') break;
      await new Promise((r) => setTimeout(r, 100));
    }
    assert.equal((await g.ask('GET', `/v1/voyages/${id}/travelers`, { as: 'officer' })).json.travelers[2].status, 'inspected');
    await end(page);
  });

  test('admin: settings are shown with what they mean; no secret is anywhere', async () => {
    g.token('device');
    const page = await signIn('admin', { where: '#/settings' });
    await page.locator('td', { hasText: 'verify.liveness' }).first().waitFor(seen);
    await page.getByLabel('Only changed ones').check();
    const changed = await page.locator('tbody').innerText();
    assert.match(changed, /http\.listen/);
    assert.doesNotMatch(changed, /retention\.open/);
    assert.equal(await page.locator('main input:not([type=search]):not([type=checkbox]), main textarea').count(), 0, 'nothing can be edited by surprise');
    await page.evaluate(() => { location.hash = '#/devices'; });
    if (announced('/v1/devices')) await page.locator('td', { hasText: 'test gate' }).first().waitFor(seen);
    await page.locator('td', { hasText: 'Administrator' }).first().waitFor(seen);
    assert.doesNotMatch(await page.content(), /gw_[\w-]{20}/);
    await end(page);
  });

  test('what cannot be had is said: no voyage, no connection, destroyed', async (tt) => {
    const empty = await Gangway.start(tt);
    const page = await open(b, `${empty.url}/`);
    await page.getByLabel('Your token').fill(empty.token('officer'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('No voyage here').waitFor(seen);
    await accessible(page, 'empty');
    await shoot(page, 'console-board-empty');
    await page.evaluate(() => { location.hash = `#/voyage/${'0'.repeat(26)}`; });
    await page.getByText('That did not work').waitFor(seen);
    await accessible(page, 'failed');
    await shoot(page, 'console-voyage-failed');
    await empty.kill();
    await page.evaluate(() => { location.hash = '#/board'; });
    await page.getByText('The service does not answer').waitFor(seen);
    await page.getByText('Reconnecting').waitFor(seen);
    await accessible(page, 'silence');
    await shoot(page, 'console-board-silence');
    await page.context().close();
  });

  // Enough of everything for numbers to be told: many cleared, some missed, some whom no camera saw, some who declined.
  const season = async () => {
    const probes = ['franck_02045.jpg', 'franck_02159.jpg', 'franck_02221.jpg', 'franck_02683.jpg', 'franck_02888.jpg', 'franck_04035.jpg', 'franck_04117.jpg', 'franck_03979.jpg'];
    const people = Array.from({ length: 6 }, (_, i) => traveler(i, { sex: 'MFMFFM'[i], birth_date: ['1988-04-02', '1961-05-04', '1964-01-07', '1980-10-21', '1953-02-02', '1979-11-30'][i] }));
    for (const [n, file] of probes.entries()) {
      const id = (await g.manifest(voyage(people))).json.voyage;
      await g.verify(id, photo(file));
      for (const other of portraits.slice(1, 2 + n % 4)) await g.verify(id, photo(other));
      for (let i = 0; n < 6 && i < 3; i++) await g.verify(id, live('obama4_crop.jpg'), { headers: { 'X-Document-Number': number(1), 'X-Issuing-State': 'UTO' } });
      if (n > 5) await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R5' } });
      for (const c of (await g.ask('GET', `/v1/inspections?voyage=${id}`, { as: 'officer' })).json.inspections) {
        const by = { as: 'officer', json: { result: c.mismatch ? 'referred' : 'cleared', method: 'document', ...(c.traveler ? {} : { reference: 'R1' }) } };
        await g.ask('POST', `/v1/inspections/${c.inspection}/outcome`, by);
        if (c.mismatch) await g.ask('POST', `/v1/inspections/${c.inspection}/outcome`, { as: 'supervisor', json: { result: 'cleared', method: 'biographic' } });
      }
    }
  };
  const settled = (page) => page.waitForFunction(() => !document.querySelector('.skeleton, main .busy') && document.querySelector('main h1'), null, seen);
  const places = (id) => [['supervisor', ['board', `voyage/${id}`, 'inspections', 'watch', 'accuracy', 'records']], ['admin', ['devices', 'settings']]];

  test('accuracy: curves, scores and groups out of what really happened, with the numbers beside them', async () => {
    await season();
    const want = (await g.ask('GET', '/v1/reports/accuracy', { as: 'supervisor' })).json, [m] = want.models;
    assert.ok(m.own.count >= 8 && m.missed.count >= 5, JSON.stringify([m.own.count, m.missed.count]));
    const page = await signIn('auditor', { where: '#/accuracy' });
    await settled(page);
    await page.locator('.plot polyline').first().waitFor(seen);
    assert.equal(await page.locator('.plot .point').count(), m.det.search.concat(m.det.card).filter((p) => (p.false_match.rate ?? p.false_match.at_most) > 0 && (p.false_non_match.rate ?? p.false_non_match.at_most) > 0).length + (m.det.search.length > 0) + 1);
    assert.equal(await page.locator('svg rect.bar').count(), m.own.bins.length + m.other.bins.length + m.missed.bins.length + 3);
    for (const details of await page.locator('details').all()) await details.evaluate((d) => { d.open = true; });
    const text = await page.locator('main').innerText();
    for (const p of m.det.card.slice(0, 5)) assert.ok(text.includes(p.threshold.toFixed(3)), `${p.threshold} in the table`);
    const female = want.groups.find((x) => x.group === 'female');
    const row = await page.locator('tr', { hasText: /^Female/ }).first().innerText();
    assert.match(row, new RegExp(`\\b${female.persons}\\b`));
    assert.match(row, new RegExp(`${(female.missed.rate * 100).toPrecision(3).replace(/\.?0+$/, '')}`));
    assert.match(text, /geometric mean/);
    assert.match(text, /fewer than five/);
    await accessible(page, 'accuracy, all tables open');
    await end(page);
  });

  test('supervision: each gate beside its targets, by its name', async () => {
    const want = (await g.ask('GET', '/v1/reports/captures', { as: 'supervisor' })).json;
    const page = await signIn('supervisor', { where: '#/watch' });
    await settled(page);
    const row = page.locator('tr', { hasText: 'test gate' }).first();
    await row.waitFor(seen);
    const text = await row.innerText();
    assert.match(text, new RegExp(`\\b${want.by_device[0].count}\\b`));
    assert.equal(await row.locator('.chip').count(), 3);
    const tile = await page.locator('.tile').first().innerText();
    assert.match(tile, /Target 97/);
    const [low, high] = want.captured.interval_95;
    assert.match(tile, low >= 0.97 ? /Met/ : high < 0.97 ? /Missed/ : /Not sure yet/);
    await end(page);
  });

  test('no violation in light, dark and Arabic, and nothing of another language in Arabic; pictures of every view', async () => {
    const id = await departure(9);
    for (const f of ['franck_04035.jpg', 'cage.jpg', 'franck_02045.jpg', 'ironman.jpg']) await g.verify(id, photo(f));
    for (let i = 0; i < 3; i++) await g.verify(id, live('obama4_crop.jpg'));
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R5' } });
    for (const [theme, context, language] of [['light', {}, 'en'], ['dark', { colorScheme: 'dark' }, 'en'], ['arabic', {}, 'ar'], ['arabic-dark', { colorScheme: 'dark' }, 'ar'],
      ['tablet', { viewport: { width: 820, height: 1180 } }, 'de'], ['phone', { viewport: { width: 390, height: 844 } }, 'fr']])
      for (const [role, hashes] of places(id)) {
        const page = await signIn(role, { context });
        if (language !== 'en') await page.locator('.language select').selectOption(language);
        await page.waitForFunction((l) => document.documentElement.lang === l, language);
        for (const hash of hashes) {
          await page.evaluate((h) => { location.hash = `#/${h}`; }, hash);
          await settled(page);
          await page.waitForTimeout(150);
          await page.locator('.photo img').evaluateAll((all) => { for (const i of all) i.style.filter = 'blur(14px)'; });
          const name = `console-${hash.split('/')[0]}-${theme}`;
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: nothing is cut at the side`);
          await shoot(page, name, { fullPage: true });
          for (const details of await page.locator('details').all()) await details.evaluate((d) => { d.open = true; });
          await accessible(page, name);
          if (language === 'ar') assert.deepEqual(await latin(page), [], `${name}: nothing in another language`);
        }
        await end(page);
      }
  });
});
