// browser.mjs - Debian's Chromium with a video for a camera, looking at the pages of the
// real program. Pictures of what it saw go to build/screenshots.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { program, root, withoutPhotos } from '../../service/help/gangway.mjs';

const require = createRequire(import.meta.url);
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const find = (name) => { try { return execFileSync('which', [name], { encoding: 'utf8' }).trim(); } catch { return null; } };
const installed = fs.existsSync(path.join(root, 'tests/pages/node_modules/playwright-core'));

export const withoutBrowser = !fs.existsSync(chromiumPath) ? `${chromiumPath} is absent: tools/setup test installs it`
  : !installed ? 'tests/pages/node_modules is absent: tools/setup test fetches it' : false;
export const withoutVideo = withoutBrowser || withoutPhotos || (find('ffmpeg') ? false : 'ffmpeg is absent: tools/setup test installs it');

// Chromium's fake camera plays a file of Motion JPEG in a loop.
const videos = path.join(path.dirname(program), 'pages-videos');
export function video(name, from, seconds, filter = '') {
  fs.mkdirSync(videos, { recursive: true });
  const file = path.join(videos, `${name}.mjpeg`);
  if (!fs.existsSync(file)) {
    const made = `${file}.${process.pid}.mjpeg`;
    const still = /\.jpg$/.test(from);
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...(still ? ['-loop', '1', '-framerate', '10'] : []), '-i', path.join(root, 'vendor/media', from), '-t', String(seconds),
      '-vf', `${filter}fps=10,scale=640:480:force_original_aspect_ratio=decrease,pad=640:480:(ow-iw)/2:(oh-ih)/2:color=gray`, '-q:v', '3', '-pix_fmt', 'yuvj420p', made]);
    fs.renameSync(made, file);
  }
  return file;
}

/** Nothing for a while where `wait` has seconds, then a boarding pass is held before the camera, then somebody looks into it. kind: a name of bwip-js. */
export function passVideo(name, kind, text, from, { filter = '', wait = 0 } = {}) {
  fs.mkdirSync(videos, { recursive: true });
  const file = path.join(videos, `${name}.mjpeg`), pass = path.join(videos, `${name}.png`);
  return require('@bwip-js/node').toBuffer({ bcid: kind, text, scale: 3, padding: 14, backgroundcolor: 'FFFFFF', ...(kind === 'pdf417' ? { columns: 6 } : {}) }).then((png) => {
    fs.writeFileSync(pass, png);
    const middle = 'scale=640:480:force_original_aspect_ratio=decrease,pad=640:480:(ow-iw)/2:(oh-ih)/2:color=gray,fps=10,format=yuvj420p,setsar=1';
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-loop', '1', '-framerate', '10', '-t', '5', '-i', pass, '-t', '8', '-i', path.join(root, 'vendor/media', from),
      '-filter_complex', `[0]${filter}${middle}${wait > 0 ? `,tpad=start_duration=${wait}:color=gray` : ''}[a];[1]${middle}[b];[a][b]concat=n=2:v=1[v]`, '-map', '[v]', '-q:v', '3', file]);
    return file;
  });
}

/** A browser whose camera is a video; ends with the test. */
export async function browser(t, camera) {
  const { chromium } = require('playwright-core');
  const b = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    ...(camera ? [`--use-file-for-fake-video-capture=${camera}`] : [])] });
  t.after(() => b.close());
  return b;
}

/** A page that counts what matters, and fails the test on any error of its own. */
export async function open(b, address, { storage, context: options = {} } = {}) {
  const context = await b.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (e) => page.faults.push(String(e)));
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource|net::ERR/.test(m.text())) page.faults.push(m.text()); });
  page.asked = [];
  page.on('request', (r) => page.asked.push(r));
  await page.addInitScript(() => {
    // What stood on the screen, were it for an instant only: whoever looks now and then may miss it.
    window.screensShown = [];
    new MutationObserver(() => {
      const now = document.querySelector('[data-screen]')?.dataset.screen;
      if (now && window.screensShown.at(-1) !== now) window.screensShown.push(now);
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-screen'] });
    window.cameraAsked = 0;
    window.cameraTracks = [];
    const devices = navigator.mediaDevices;
    if (!devices) return;
    const real = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (...args) => {
      window.cameraAsked++;
      const stream = await real(...args);
      window.cameraTracks.push(...stream.getTracks());
      return stream;
    };
  });
  if (storage) await page.addInitScript(storage.script, storage.value);
  await page.goto(address);
  return page;
}

/** No violations of WCAG 2.2 A and AA that axe can see. */
export async function accessible(page, label) {
  // Past the Content-Security-Policy on purpose: axe is the test's, not the page's.
  const source = fs.readFileSync(path.join(root, 'tests/pages/node_modules/axe-core/axe.min.js'), 'utf8');
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: source });
  await session.detach();
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(' | ')}`), [], label);
}

export const shots = path.join(path.dirname(program), 'screenshots');
export async function shoot(page, name, options = {}) {
  fs.mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`), ...options });
}

export const scratch = () => fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-pages-'));

/** Words of another language that a page in Arabic shows: Latin letters outside of names and codes (dir="ltr", bdi), commands and units. */
export function latin(page) {
  return page.evaluate(() => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const e = n.parentElement;
      if (e.closest('[dir="ltr"], bdi, script, style, option[lang], button[lang], a[lang], kbd') || !e.checkVisibility()) continue;
      const text = n.textContent.replace(/gangway( [a-z]+)*( --[a-z]+)*|target\.…|webhook|SIGHUP|Gangway|HTTPS?|UTC/g, '');
      if (/[A-Za-z]{3,}/.test(text)) found.push(text.trim());
    }
    return found;
  });
}
