// words.test.mjs - every language has every word, with the same places for names; and the
// pages' own arithmetic sees what it says it sees.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { root } from '../service/help/gangway.mjs';
import { withoutBrowser } from './help/browser.mjs';

const folder = path.join(root, 'web/languages');
const list = JSON.parse(fs.readFileSync(path.join(folder, 'languages.json'), 'utf8'));
const pages = fs.readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory() && e.name !== 'settings').map((e) => e.name);
const read = (page, language) => JSON.parse(fs.readFileSync(path.join(folder, page, `${language}.json`), 'utf8'));
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const packages = path.join(root, 'web/node_modules');
const withoutPackages = fs.existsSync(path.join(packages, 'esbuild')) ? false : 'web/node_modules is absent: tools/setup fetches it';

test('the languages that were promised are there', () => {
  for (const l of ['en', 'es', 'fr', 'de', 'ar', 'zh']) assert.ok(list[l], l);
  assert.equal(list.ar.direction, 'rtl');
});

for (const page of pages) {
  const want = read(page, 'en');
  test(`${page}: no file is without a row in languages.json`, () => {
    assert.deepEqual(fs.readdirSync(path.join(folder, page)).sort(), Object.keys(list).map((l) => `${l}.json`).sort());
  });
  for (const language of Object.keys(list)) {
    test(`${page} in ${language} is complete`, () => {
      const words = read(page, language);
      assert.deepEqual(Object.keys(words), Object.keys(want), 'the same keys in the same order');
      for (const [key, text] of Object.entries(words)) {
        assert.ok(typeof text === 'string' && text.trim() !== '', key);
        assert.deepEqual(holes(text), holes(want[key]), key);
        if (language !== 'en' && text.length > 24) assert.notEqual(text, want[key], `${key} is translated`);
      }
    });
  }
  test(`${page}: every word is used`, () => {
    const files = (d) => fs.readdirSync(d, { withFileTypes: true }).flatMap((e) => e.isDirectory() ? files(path.join(d, e.name)) : [path.join(d, e.name)]);
    const source = files(path.join(root, 'web/src', page)).concat(files(path.join(root, 'web/src/shared'))).map((f) => fs.readFileSync(f, 'utf8')).join('\n');
    const made = [...source.matchAll(/`(\w+_)\$\{/g)].map((m) => m[1]).concat([...source.matchAll(/ kind="(\w+)"/g)].map((m) => `${m[1]}_`));
    for (const key of Object.keys(want))
      assert.ok(new RegExp(`['".]${key}\\b`).test(source) || made.some((m) => key.startsWith(m)), `${key} is said somewhere`);
  });
}

test('settings: what they mean, in every language, of settings there are', () => {
  const there = [...fs.readFileSync(path.join(root, 'src/config.def'), 'utf8').matchAll(/^GW_SETTING\(\w+, "([^"]+)"/gm)].map((m) => m[1]);
  for (const language of Object.keys(list).filter((l) => l !== 'en')) { // English is the service's own
    const words = read('settings', language);
    assert.deepEqual(there.filter((s) => !words[s]), [], `${language}: missing in web/languages/settings/`);
    assert.deepEqual(Object.keys(words).filter((s) => !there.includes(s)), [], `${language}: no setting any more`);
  }
});

// What the service says by a code: every code there is has a word, so that a new one is not said in English to a desk that speaks another language.
describe('what the service says', () => {
  const words = read('console', 'en');
  const source = (file) => fs.readFileSync(path.join(root, 'src', file), 'utf8').replace(/"\s*\n\s*"/g, '');
  const rows = (file, macro, pick) => [...source(file).matchAll(new RegExp(`^${macro}\\(([^)]*)`, 'gm'))].map((m) => pick(m[1].split(/,\s*/), m[1]));
  const sentence = (text) => /"([^"]*)"\s*$/.exec(text)[1];
  const same = (prefix, list) => {
    assert.ok(list.length > 3, prefix);
    for (const [code, text] of list) {
      assert.ok(words[`${prefix}_${code}`], `${prefix}_${code} is missing in web/languages/console/`);
      if (text !== undefined) assert.equal(words[`${prefix}_${code}`], text);
    }
    assert.deepEqual(Object.keys(words).filter((k) => k.startsWith(`${prefix}_`)).map((k) => k.slice(prefix.length + 1)).sort(), list.map(([code]) => code).sort(), `${prefix}: no more and no fewer`);
  };
  const bare = (text) => text.replace(/"/g, '').trim();
  test('reasons, as the service says them in English', () => same('reason', rows('policy/reason.def', 'GW_REASON', (c, all) => [bare(c[1]), sentence(all)])));
  test('alerts, as the service says them in English', () => same('alert', rows('service/event.def', 'GW_ALERT', (c, all) => [bare(c[1]), sentence(all)]).concat([['count', words.alert_count]])));
  test('problems', () => same('fault', rows('base/fail.def', 'GW_FAIL', (c) => [bare(c[1])])));
  test('entries of the log', () => same('kind', rows('audit/entry.def', 'GW_AUDIT_KIND', (c) => [bare(c[1])])));
  test('classes of what is kept, purposes, what is offered instead', () => {
    const names = (file, array) => [...new RegExp(`${array}\\[\\] = \\{([^}]*)\\}`).exec(source(file))[1].matchAll(/"(\w+)"/g)].map((m) => [m[1]]);
    same('class', names('service/retention.c', 'classes'));
    same('purpose', names('service/photo.c', 'purposes'));
    for (const [a] of names('policy/pack.c', 'alternatives')) assert.ok(words[`instead_${a}`], a);
  });
  test('whatever the desk may be told no to has words, and no words are for what is said no more', () => {
    const told = [...fs.readFileSync(path.join(root, 'web/src/console/told.tsx'), 'utf8').matchAll(/^ {2}(?:'([^']*)'|"([^"]*)"): '(no_\w+)',$/gm)].map((m) => m[1] ?? m[2]);
    const said = ['inspection.c', 'photo.c', 'close.c', 'verify.c', 'named.c'].map((f) => source(`service/${f}`)).join('\n');
    assert.ok(told.length > 10);
    for (const text of told) assert.ok(said.includes(`"${text}"`), text);
    const desk = [...source('service/inspection.c').matchAll(/GW_ERR_(?:CONFLICT|NOT_FOUND|INVALID),\s*"([^"%]*)"/g)].map((m) => m[1])
      .filter((t) => !['no such inspection', 'an inspection lapses by itself; the result is cleared, denied or referred'].includes(t));
    assert.deepEqual(desk.filter((t) => !told.includes(t)), []);
  });
});

test('the pages are well typed', { skip: withoutPackages }, () => {
  const r = spawnSync(process.execPath, [path.join(packages, 'typescript/bin/tsc'), '--noEmit', '-p', path.join(root, 'web')], { encoding: 'utf8' });
  assert.equal(r.status, 0, r.stdout + r.stderr);
});

describe('what the page sees in a frame', { skip: withoutPackages }, async () => {
  const w = 160, h = 120;
  let see;
  if (!withoutPackages) {
    const { transformSync } = await import(path.join(packages, 'esbuild/lib/main.js')).then((m) => m.default ?? m);
    const { code } = transformSync(fs.readFileSync(path.join(root, 'web/src/gate/see.ts'), 'utf8'), { loader: 'ts', format: 'esm' });
    see = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  }
  const grey = (at) => ({ width: w, height: h, luma: Uint8Array.from({ length: w * h }, (_, i) => Math.max(0, Math.min(255, Math.round(at(i % w, Math.floor(i / w)))))) });
  // A drawn face: an oval, two eyes, a mouth; `dark` is how bright its skin is.
  const face = (x0, y0, size, skin, wall = 130) => grey((x, y) => {
    const u = (x - x0) / size, v = (y - y0) / size, in_ = (a, b, r, s = r) => ((u - a) / r) ** 2 + ((v - b) / s) ** 2 < 1;
    const noise = ((x * 7 + y * 13) % 5) - 2;
    if (in_(-0.2, 0, 0.13, 0.08) || in_(0.2, 0, 0.13, 0.08)) return skin * 0.45 + noise;
    if (in_(0, 0.58, 0.17, 0.06)) return skin * 0.6 + noise;
    return (in_(0, 0.2, 0.5, 0.72) ? skin : wall) + noise;
  });
  const said = (g, before = g, low = false) => see.hint(see.look(g, before), low);

  test('a face is found where it is, whatever its color', () => {
    for (const skin of [60, 95, 140, 190, 225])
      for (const [x, y, size] of [[80, 52, 46], [60, 50, 40], [100, 60, 34]]) {
        const spot = see.findFace(face(x, y, size, skin));
        assert.ok(spot.score >= see.limits.faceLike, `skin ${skin}: score ${spot.score}`);
        assert.ok(Math.abs(spot.x * w - x) < 12 && Math.abs(spot.y * h - y) < 30, `skin ${skin} at ${x},${y}: found at ${spot.x * w},${spot.y * h}`);
      }
  });
  const rows = [
    ['a good face needs no word', () => said(face(80, 52, 46, 150)), null],
    ['a bare wall has no face', () => said(grey(() => 128)), 'no_face'],
    ['a gradient has no face', () => said(grey((x) => 60 + x)), 'no_face'],
    ['the dark wants light', () => said(face(80, 52, 46, 30, 20)), 'more_light'],
    ['glare wants less', () => said(grey(() => 250)), 'less_light'],
    ['a face aside is asked to the middle', () => said(face(36, 52, 34, 150)), 'to_the_middle'],
    ['the first frame is not taken: nobody knows whether it is still', () => said(face(80, 52, 46, 150), null), 'hold_still'],
    ['who moves is asked to hold still', () => said(face(80, 52, 46, 150), face(100, 60, 46, 150)), 'hold_still'],
    ['who sits may be lower in the picture', () => said(face(80, 76, 36, 150), undefined, true), null],
  ];
  for (const [label, got, want] of rows) test(label, () => assert.equal(got(), want));
});

describe('what the page reads of a boarding pass', { skip: withoutPackages || withoutBrowser }, async () => {
  const text = 'M1SURNAMEA/GIVEN        EABC123 YVRJFKXX 4711 327Y001A0001 100';
  const width = 960, height = 720;
  let see, read, codes;
  before(async () => {
    const load = async (code) => import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
    const { build } = await import(path.join(packages, 'esbuild/lib/main.js')).then((m) => m.default ?? m);
    const bundle = async (file) => (await build({ entryPoints: [path.join(root, 'web/src/gate', file)], bundle: true, format: 'esm', write: false })).outputFiles[0].text;
    see = await load(await bundle('see.ts'));
    // The worker itself, in a worker's place.
    let hear, said;
    globalThis.self = { addEventListener: (_, f) => { hear = f; }, postMessage: (t) => { said = t; } };
    await load(await bundle('scan.worker.ts'));
    read = (grey) => { hear({ data: grey }); return said; };
    const bwip = createRequire(import.meta.url)('@bwip-js/node');
    codes = Object.fromEntries([['pdf417', { columns: 6 }], ['azteccode', {}], ['qrcode', {}], ['datamatrix', {}]].map(([bcid, o]) => [bcid, bwip.raw({ bcid, text, ...o })[0]]));
  });

  // A code on white paper before a grey wall, `dot` pixels a module (rows of PDF417 are three high), in light that is no studio's.
  const paper = (code, dot, { noise = 0, contrast = 1 } = {}) => {
    const { pixs, pixx } = code, tall = pixx > 100 ? 3 : 1, pixy = code.pixy * tall, luma = new Uint8Array(width * height);
    const x0 = Math.round((width - pixx * dot) / 2), y0 = Math.round((height - pixy * dot) / 2), rim = 4 * dot;
    let seed = 7;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const u = Math.floor((x - x0) / dot), v = Math.floor((y - y0) / dot);
        const on = u >= 0 && v >= 0 && u < pixx && v < pixy && pixs[Math.floor(v / tall) * pixx + u] === 1;
        const sheet = x >= x0 - rim && y >= y0 - rim && x < x0 + pixx * dot + rim && y < y0 + pixy * dot + rim;
        seed = (seed * 1103515245 + 12345) % 2147483648;
        const value = 128 + ((on ? 25 : sheet ? 235 : 150) - 128) * contrast + (seed / 2147483648 - 0.5) * 2 * noise + x * 0.01;
        luma[y * width + x] = Math.max(0, Math.min(255, value));
      }
    return { width, height, luma };
  };
  // A traveler holds it some seconds: the page looks some eight times a second.
  const held = (grey, frames = 24) => { for (let i = 0; i < frames; i++) { const t = read(grey); if (t !== null) return t; } return null; };

  for (const kind of ['pdf417', 'azteccode', 'qrcode', 'datamatrix']) {
    const dot = kind === 'pdf417' ? 4 : 6;
    test(`${kind}: as it is, upside down and on its side, tilted by any angle`, () => {
      const flat = paper(codes[kind], dot);
      assert.equal(read(flat), text, 'in the first frame');
      for (const angle of [5, -14, 23, 32, -47, 65, 88, 90, 180]) assert.equal(held(see.turn(flat, angle)), text, `turned by ${angle} degrees`);
    });
    test(`${kind}: in poor light`, () => {
      assert.equal(held(paper(codes[kind], dot, { contrast: 0.35 })), text);
      assert.equal(held(paper(codes[kind], dot, { noise: 12 })), text);
    });
  }
  test('no code, nothing read', () => assert.equal(held({ width, height, luma: new Uint8Array(width * height).fill(150) }, 4), null));
});
