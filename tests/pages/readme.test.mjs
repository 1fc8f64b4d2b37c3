// readme.test.mjs - the pictures of the README: the real pages at work, with drawn
// portraits in place of every photo. GANGWAY_PICTURES=write puts them into docs/.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Gangway, live, number, photo, root, traveler, voyage, withoutPhotos } from '../service/help/gangway.mjs';
import { browser, open, shots, withoutBrowser } from './help/browser.mjs';

const seen = { timeout: 20_000 };
const names = [['LINDQVIST', 'NILS OSKAR'], ['ADEYEMI', 'FOLAKE'], ['MOREAU', 'CAMILLE'], ['TANAKA', 'HARUKA'], ['SILVA', 'JOAO PEDRO'], ['NGUYEN', 'THI MAI'], ['KHUMALO', 'THANDI'], ['PETERSEN', 'LARS']];

/** Nobody: an oval, hair, eyes, a mouth; `turn` moves the look a little, so that two pictures of one are not the same. */
function drawn({ skin, hair, shirt, turn = 0, light = 1 }) {
  const x = 200 + turn;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 460" width="800" height="920"><rect width="400" height="460" fill="hsl(210 18% ${84 * light}%)"/>
    <path d="M40 460c6-92 66-128 160-128s154 36 160 128z" fill="${shirt}"/><path d="M${x - 34} 280h68v62q-34 34-68 0z" fill="${skin}" filter="brightness(.9)"/>
    <path d="M${x - 100} 196c-8-104 44-140 100-140s108 36 100 140l-16 74h-168z" fill="${hair}"/><ellipse cx="${x}" cy="208" rx="80" ry="104" fill="${skin}"/>
    <path d="M${x - 84} 176c10-62 50-86 90-82 42 4 72 32 78 82-40-16-70-30-88-52-16 28-44 44-80 52z" fill="${hair}"/>
    <g fill="#2b2f36"><ellipse cx="${x - 30 + turn / 3}" cy="206" rx="7" ry="9"/><ellipse cx="${x + 32 + turn / 3}" cy="206" rx="7" ry="9"/></g>
    <g fill="none" stroke="#2b2f36" stroke-linecap="round" stroke-width="5"><path d="M${x - 46} 186q16-10 32-2M${x + 16} 184q16-8 32 2" stroke="${hair}"/><path d="M${x + turn / 3} 214q8 30-6 34" stroke-width="3.5" opacity=".45"/><path d="M${x - 24} 272q24 12 50-2" stroke="#8d4a45"/></g></svg>`;
}

describe('the pictures of the README', { skip: withoutBrowser || withoutPhotos }, () => {
  test('gate and desk, and no real person on either', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    const b = await browser(t);
    for (const [n, file] of ['franck_01829.jpg', 'audrey.jpg', 'cage.jpg', 'kim1_crop.jpg', 'queen20_crop.jpg'].entries()) await g.portrait(photo(file), { number: number(n) });
    const id = (await g.manifest(voyage(names.map(([surname, given_names], n) => traveler(n, { surname, given_names, birth_date: `19${62 + 4 * n}-0${1 + n}-1${n}`, sex: 'MFFFMFFM'[n], nationality: 'UTO' })), { number: '125' }))).json.voyage;
    for (let i = 0; i < 3; i++) await g.verify(id, live('obama4_crop.jpg'), { headers: { 'X-Document-Number': number(1), 'X-Issuing-State': 'UTO' } });
    await g.verify(id, photo('franck_04035.jpg'));
    await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R4' } });

    const take = async (page, name) => {
      await page.mouse.move(0, 0);
      const picture = await page.screenshot();
      fs.mkdirSync(shots, { recursive: true });
      fs.writeFileSync(path.join(shots, `readme-${name}.png`), picture);
      if (process.env.GANGWAY_PICTURES === 'write') fs.writeFileSync(path.join(root, `docs/${name}.png`), picture);
      await page.context().close();
    };
    const gate = await open(b, `${g.url}/gate#setup=${g.token('device')}`, { context: { viewport: { width: 1200, height: 760 } } });
    await gate.locator('.choice').first().waitFor(seen);
    await gate.locator('.notice .text p').nth(2).waitFor(seen);
    assert.equal(await gate.locator('video, img').count(), 0);
    await take(gate, 'gate');

    const desk = await open(b, `${g.url}/`, { context: { viewport: { width: 1200, height: 900 } } });
    const asked = [];
    await desk.route('**/v1/photos/**', (route) => {
      const probe = asked.push(route.request().url()) === 1;
      return route.fulfill({ contentType: 'image/svg+xml', body: drawn({ skin: '#8d5a3b', hair: '#1f1a19', shirt: probe ? '#35516e' : '#7a3f4f', turn: probe ? 12 : -6, light: probe ? 0.92 : 1 }) });
    });
    await desk.locator('input[type=password]').fill(g.token('officer'));
    await desk.locator('form:has(input[type=password]) .button').click();
    await desk.locator('.room').waitFor(seen);
    await desk.evaluate(() => { location.hash = '#/inspections'; });
    await desk.locator('.case .decide').waitFor(seen);
    await desk.locator('.case').focus(); // keys act in the case only
    await desk.keyboard.press('t');
    await desk.locator('.photo img').nth(1).waitFor(seen);
    await desk.waitForFunction(() => [...document.querySelectorAll('.photo img')].every((i) => i.complete && i.naturalWidth > 0));
    assert.equal(await desk.locator('.photo img').count(), asked.length, 'every photo that is shown was drawn');
    await desk.locator('.case').focus();
    await desk.keyboard.press('r');
    await take(desk, 'console');
  });
});
