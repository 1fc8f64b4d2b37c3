// notice.test.mjs - the notice for travelers: what the rules in force say, on a phone
// and on a wall.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, root } from '../service/help/gangway.mjs';
import { accessible, browser, open, shoot, withoutBrowser, withoutVideo } from './help/browser.mjs';
import { withoutProgram } from '../service/help/gangway.mjs';

const packages = path.join(root, 'web/node_modules');
const withoutPackages = fs.existsSync(path.join(packages, '@zxing')) ? false : 'web/node_modules is absent: tools/setup fetches it';

describe('the notice', { skip: withoutProgram || withoutBrowser }, () => {
  const afters = [];
  const t = { after: (f) => afters.push(f) };
  let g, b;
  before(async () => { g = await Gangway.start(t); b = await browser(t); });
  after(async () => { for (const f of afters.reverse()) await f(); });
  const shown = async (query, context = {}) => {
    const page = await open(b, `${g.url}/notice${query}`, { context });
    await page.locator('h1').waitFor();
    return page;
  };
  const close = async (page) => { assert.deepEqual(page.faults, []); await page.context().close(); };

  test('says all that the service says, to anybody, without a token', async () => {
    const want = (await g.ask('GET', '/v1/notice?site=YVR&mode=air&direction=departure&lang=en')).json;
    const page = await shown('?site=YVR&mode=air&direction=departure&lang=en');
    await page.locator('.groups').waitFor();
    const text = await page.locator('body').innerText();
    for (const sentence of [want.title, want.introduction, want.closing, want.version, ...want.groups.flatMap((x) => x.sentences)])
      assert.ok(text.includes(sentence), sentence);
    assert.ok(page.asked.every((r) => !r.headers().authorization));
    await close(page);
  });

  test('in every language it is published in', async () => {
    const { languages } = (await g.ask('GET', '/v1/notice?site=YVR')).json;
    for (const code of languages) {
      const page = await shown(`?site=YVR&lang=${code}`);
      await page.locator('.groups').waitFor();
      assert.equal(await page.locator('main').getAttribute('lang'), code);
      assert.equal(await page.locator('main').getAttribute('dir'), code === 'ar' ? 'rtl' : 'ltr');
      await close(page);
    }
  });

  test('a language that nobody published is said, and another is shown', async () => {
    const page = await shown('?site=YVR&lang=xx');
    await page.locator('.groups').waitFor();
    await close(page);
  });

  test('without a place it asks for one; where no rules are in force it says so', async (tt) => {
    const page = await shown('');
    await accessible(page, 'asks for the place');
    await page.getByLabel('Where are you?').fill('yvr');
    await page.getByRole('button', { name: 'Show the notice' }).click();
    await page.locator('.groups').waitFor();
    await close(page);
    const none = await Gangway.start(tt, { set: { 'packs.authority': 'ZZ' } });
    const other = await open(b, `${none.url}/notice?site=YVR`);
    await other.getByText('No rules are in force today').waitFor();
    await close(other);
  });

  test('the code on the sign leads to the same notice', { skip: withoutPackages || withoutVideo }, async () => {
    const page = await shown('?site=YVR&mode=air&direction=departure&lang=fr');
    await page.locator('.foot svg').waitFor();
    await page.locator('.foot svg').evaluate((e) => e.scrollIntoView({ block: 'center' }));
    const png = await page.locator('.foot svg').screenshot();
    const { BinaryBitmap, DecodeHintType, HybridBinarizer, QRCodeReader, RGBLuminanceSource } = createRequire(path.join(packages, 'x.js'))('@zxing/library');
    // As a phone would: nearer and farther, until it is read. Fonts and so the place of the code's edges differ from machine to machine.
    const read = (size) => {
      const pixels = execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-vf', `scale=${size}:${size}:flags=area`, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'], { input: png });
      try {
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(new Uint8ClampedArray(pixels), size, size))), new Map([[DecodeHintType.TRY_HARDER, true]])).getText();
      } catch {
        return null;
      }
    };
    const address = [360, 480, 600, 720, 300, 240].reduce((found, size) => found ?? read(size), null);
    assert.ok(address, 'the code is read at some distance');
    const other = await open(b, address);
    await other.locator('.groups').waitFor();
    assert.equal(await other.locator('h1').innerText(), await page.locator('h1').innerText());
    await close(other);
    await close(page);
  });

  test('no violation in light, dark and Arabic; a sign fits on paper', async () => {
    for (const [name, query, context] of [['light', '', {}], ['dark', '', { colorScheme: 'dark' }], ['arabic', '&lang=ar', {}], ['phone', '&lang=fr', { viewport: { width: 390, height: 844 } }]]) {
      const page = await shown(`?site=YVR&mode=air&direction=departure${query}`, context);
      await page.locator('.groups').waitFor();
      await accessible(page, name);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
      await shoot(page, `notice-${name}`, { fullPage: true });
      if (name === 'light') {
        await page.emulateMedia({ media: 'print' });
        assert.equal(await page.getByRole('button', { name: 'Print as a sign' }).isVisible(), false);
        assert.equal(await page.locator('.foot svg').isVisible(), true, 'the code to it is on the sign');
        const pdf = await page.pdf({ format: 'A4' });
        const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g).length;
        assert.ok(pages >= 1 && pages <= 2, `${pages} pages of A4`);
        await shoot(page, 'notice-print', { fullPage: true });
      }
      await close(page);
    }
  });
});
