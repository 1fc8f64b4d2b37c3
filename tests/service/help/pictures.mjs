// pictures.mjs - pictures made for a test, by build/tests/picture out of the photos.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { program, root } from './gangway.mjs';

const tool = path.join(path.dirname(program), 'tests', 'picture');
const media = path.join(root, 'vendor', 'media');

let made = 0;
export function make(dir, verb, ...args) {
  const out = path.join(dir, `made-${++made}`);
  execFileSync(tool, [verb, ...args.map((a) => (typeof a === 'string' && a.endsWith('.jpg') ? path.join(media, a) : String(a))), out]);
  return fs.readFileSync(out);
}
export const makeFrom = (dir, bytes, verb, ...args) => {
  const from = path.join(dir, `from-${++made}`), out = path.join(dir, `made-${made}`);
  fs.writeFileSync(from, bytes);
  execFileSync(tool, [verb, ...args.map(String), from, out]);
  return fs.readFileSync(out);
};

// A JPEG with an APP1 that says how it is turned (EXIF 2.32, little-endian TIFF, one entry).
export function withOrientation(jpeg, n) {
  const tiff = Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, n, 0, 0, 0, 0, 0, 0, 0]);
  const payload = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, payload, jpeg.subarray(2)]);
}

// The same JPEG, but its header says it is w x h.
export function withSize(jpeg, w, h) {
  const out = Buffer.from(jpeg);
  for (let i = 2; i < out.length;) {
    const marker = out[i + 1], length = out.readUInt16BE(i + 2);
    if (marker >= 0xc0 && marker <= 0xc2) {
      out.writeUInt16BE(h, i + 5);
      out.writeUInt16BE(w, i + 7);
      return out;
    }
    i += 2 + length;
  }
  throw new Error('no SOF in this JPEG');
}

// PNG 1x1, grey.
export const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==', 'base64');
// GIF89a of two frames, 1x1.
export const animation = Buffer.from(
  '47494638396101000100800000000000ffffff21ff0b4e45545343415045322e300301000000' +
  '21f9040a0a0000002c00000000010001000002024401002' + '1f9040a0a0000002c000000000100010000020244010' + '03b', 'hex');
