// pictures.test.mjs - everything that is sent as a picture and is none, or not a good one:
// a clear problem or an honest decision, and the service goes on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos } from './help/gangway.mjs';
import { animation, dot, make, makeFrom, withOrientation, withSize } from './help/pictures.mjs';

describe('pictures', { skip: withoutPhotos }, () => {
  let g, id, dir, gates = 0;
  const afters = [];
  before(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-pictures-'));
    afters.push(() => fs.rmSync(dir, { recursive: true }));
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0, 'http.body': '64MiB' } });
    id = (await g.manifest(voyage([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => traveler(n))))).json.voyage;
    for (const n of [0, 1, 2, 3, 4, 5, 6, 7]) assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(n) })).status, 201);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  // At a gate of its own, so that every one is a first attempt.
  const verify = (picture, more = {}) => g.verify(id, picture, { where: { site: 'YVR', gate: ++gates % 4 }, ...more });

  const face = () => photo('franck_04035.jpg');
  for (const [label, status, code, bytes] of [
    ['a JPEG cut in the middle', 400, 'format', () => face().subarray(0, face().length / 2)],
    ['a JPEG cut in its header', 400, 'format', () => face().subarray(0, 100)],
    ['two bytes of a JPEG', 415, 'unsupported', () => face().subarray(0, 2)],
    ['a text called .jpg', 415, 'unsupported', () => Buffer.from('this is a letter, not a picture\n'.repeat(100))],
    ['an empty body', 400, 'format', () => Buffer.alloc(0)],
    ['a GIF, animated', 415, 'unsupported', () => animation],
    ['a page of HTML', 415, 'unsupported', () => Buffer.from('<!doctype html><title>x</title>')],
    ['an SVG', 415, 'unsupported', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['random bytes', 415, 'unsupported', () => Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))],
    ['zeros', 415, 'unsupported', () => Buffer.alloc(100_000)],
    ['a header of 20000x20000', 413, 'limit', () => withSize(face(), 20000, 20000)],
    ['a header of 65500x65500', 413, 'limit', () => withSize(face(), 65500, 65500)],
    ['a PNG cut in the middle', 400, 'format', () => { const p = make(dir, 'png', 'cage.jpg'); return p.subarray(0, p.length / 2); }],
    ['a PNG with a wrong checksum', 400, 'format', () => { const p = Buffer.from(make(dir, 'png', 'cage.jpg')); p[p.length >> 1] ^= 0xff; return p; }],
  ])
    test(`${label} is ${status} ${code}, to verify and as a portrait`, async () => {
      const picture = bytes();
      const v = await verify(picture);
      assert.deepEqual([v.status, v.json.code], [status, code], v.text);
      assert.ok(v.json.detail.length > 10);
      const p = await g.portrait(picture, { number: number(50) });
      assert.deepEqual([p.status, p.json.code], [status, code], p.text);
      assert.equal((await g.ask('GET', '/readyz')).status, 200);
    });

  test('a picture at the limit of bytes is looked at, one byte more is 413 before it is read', async () => {
    // What stands behind the end of a JPEG is nothing to a decoder.
    const pad = (n) => Buffer.concat([face(), Buffer.alloc(n - face().length)]);
    assert.equal((await verify(pad(8 << 20))).status, 200);
    const over = await verify(pad((8 << 20) + 1));
    assert.deepEqual([over.status, over.json.code], [413, 'limit']);
    const portrait = await g.portrait(pad((8 << 20) + 1), { number: number(51) });
    assert.deepEqual([portrait.status, portrait.json.code], [413, 'limit']);
  });

  test('a picture whose size is a lie is refused without harm', async () => {
    for (const [w, h] of [[5000, 5000], [1, 1], [719, 5000], [0, 0]]) {
      const a = await verify(withSize(face(), w, h));
      assert.ok([200, 400, 413, 415, 422].includes(a.status), `${w}x${h}: ${a.status}`);
    }
    assert.equal((await g.ask('GET', '/readyz')).status, 200);
  });

  test('one pixel is a picture with nobody in it', async () => {
    const a = await verify(dot, { type: 'image/png' });
    assert.deepEqual([a.status, a.json.decision, a.json.guidance], [200, 'retry', 'look_at_camera']);
    const p = await g.portrait(dot, { number: number(52), type: 'image/png' });
    assert.deepEqual([p.status, p.json.code], [422, 'invalid']);
    assert.match(p.json.detail, /face/);
  });

  test('a picture without a face: asked again; as a portrait: 422 with what is wrong', async () => {
    const empty = make(dir, 'plain', 640, 480);
    assert.deepEqual((await verify(empty)).json.guidance, 'look_at_camera');
    const p = await g.portrait(empty, { number: number(53) });
    assert.deepEqual([p.status, p.json.code], [422, 'invalid']);
  });

  test('twelve faces: one person only; as a portrait: 422', async () => {
    const twelve = make(dir, 'grid', 4, 3, 'kim1_crop.jpg');
    const a = await verify(twelve);
    assert.deepEqual([a.status, a.json.decision, a.json.guidance], [200, 'retry', 'one_person_only']);
    const p = await g.portrait(twelve, { number: number(54) });
    assert.deepEqual([p.status, p.json.code], [422, 'invalid']);
  });

  test('a face too small: move closer', async () => {
    assert.equal((await verify(make(dir, 'shrink', 90, 'franck_04035.jpg'))).json.guidance, 'move_closer');
  });

  test('a face too dark: more light', async () => {
    assert.equal((await verify(make(dir, 'dark', 16, 'franck_04035.jpg'))).json.guidance, 'more_light');
  });

  test('a portrait that is too poor is 422 and says in what', async () => {
    const a = await g.portrait(make(dir, 'shrink', 60, 'franck_04035.jpg'), { number: number(55) });
    assert.deepEqual([a.status, a.json.code], [422, 'invalid']);
    assert.ok(a.json.detail.length > 20);
  });

  // BER-TLV with a length in three bytes, as chips have it (ISO/IEC 7816-4, 5.2.2).
  const tlv = (tag, ...parts) => {
    const value = Buffer.concat(parts), length = Buffer.from([0x83, value.length >> 16, (value.length >> 8) & 255, value.length & 255]);
    return Buffer.concat([Buffer.from(tag), length, value]);
  };
  // ISO/IEC 19794-5: the header of 14 bytes, 20 of the face, 12 of the image, the image.
  const record = (image) => {
    const r = Buffer.alloc(46);
    r.write('FAC\x00010\x00', 'latin1');
    r.writeUInt32BE(46 + image.length, 8);
    r.writeUInt16BE(1, 12);
    r.writeUInt32BE(32 + image.length, 14);
    r[34] = 1; // full frontal
    return Buffer.concat([r, image]);
  };
  const dg2 = (image) => tlv([0x75], tlv([0x7f, 0x61], Buffer.from([2, 1, 1]),
    tlv([0x7f, 0x60], tlv([0xa1], Buffer.from([0x87, 2, 1, 1])), tlv([0x5f, 0x2e], record(image)))));

  test('EF.DG2 of a chip is its portrait, and its record alone is, too', async () => {
    const type = 'application/octet-stream';
    const a = await g.portrait(dg2(face()), { number: number(8), source: 'chip', type });
    assert.deepEqual([a.status, a.json.created, a.json.voyages], [201, true, 1], a.text);
    for (const [bytes, kind] of [[record(face()), type], [face(), 'image/jpeg']]) {
      const again = await g.portrait(bytes, { number: number(8), source: 'chip', type: kind });
      assert.deepEqual([again.status, again.json.portrait], [200, a.json.portrait], 'the same picture');
    }
    assert.equal((await verify(live('franck_04035.jpg'), { headers: { 'X-Document-Number': number(8) } })).json.traveler.reference, 'R8');
  });

  test('a chip\'s file without a portrait, cut off, or with a damaged one is 400 with its reason', async () => {
    for (const [bytes, status, detail] of [[dg2(face()).subarray(0, 5000), 400, /cut off/], [dg2(Buffer.alloc(0)), 400, /EF\.DG2: /],
      [tlv([0x75], Buffer.from('nothing')), 400, /EF\.DG2 has no biometric information group/], [dg2(face().subarray(0, 9000)), 400, /JPEG: /],
      [dg2(Buffer.from('no picture at all')), 415, /JPEG/], [Buffer.from('upright text'.repeat(40)), 415, /text/]]) {
      const p = await g.portrait(bytes, { number: number(56), source: 'chip', type: 'application/octet-stream' });
      assert.equal(p.status, status, p.text);
      assert.match(p.json.detail, detail);
    }
  });

  for (let n = 1; n <= 8; n++)
    test(`a photo turned as EXIF orientation ${n} says is seen upright`, async () => {
      const turned = withOrientation(make(dir, 'turn', n, 'franck_04035.jpg'), n);
      const a = await verify(turned, { headers: { 'X-Document-Number': number(n - 1) } });
      assert.deepEqual([a.status, a.json.decision], [200, 'clear']);
    });

  test('a photo on its side without a word about it is not taken for somebody', async () => {
    const a = await verify(make(dir, 'turn', 6, 'franck_04035.jpg'), { headers: { 'X-Document-Number': number(0) } });
    assert.notEqual(a.json.decision, 'clear');
  });

  test('a PNG is as good as a JPEG, and the media type is only a hint', async () => {
    const png = makeFrom(dir, face(), 'png');
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(8) })).status, 201);
    for (const type of ['image/png', 'image/jpeg', 'application/octet-stream'])
      assert.equal((await verify(png, { type })).status, 200, type);
    assert.equal((await verify(png, { type: 'image/gif' })).status, 415);
  });

  test('a form that is damaged, incomplete or says two things is refused', async () => {
    const part = (name, value) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const send = (text, headers = {}) => g.ask('PUT', '/v1/portraits', { as: 'carrier', body: Buffer.from(text, 'latin1'),
      headers: { 'Content-Type': 'multipart/form-data; boundary=B', ...headers } });
    const picture = part('portrait', face().toString('latin1'));
    const rest = part('document_number', number(60)) + part('issuing_state', 'UTO') + part('source', 'passport');
    assert.equal((await send(`${picture}${rest}--B--\r\n`)).status, 201);
    for (const [label, text, status, headers] of [
      ['no end', picture + rest, 400], ['no picture', `${rest}--B--`, 400], ['no document', `${picture}${part('issuing_state', 'UTO')}${part('source', 'passport')}--B--`, 422],
      ['another part', `${picture}${rest}${part('name', 'x')}--B--`, 400], ['a part twice', `${picture}${rest}${part('source', 'visa')}--B--`, 400],
      ['another source', `${picture}${part('document_number', number(60))}${part('issuing_state', 'UTO')}${part('source', 'web')}--B--`, 422],
      ['a date that is none', `${picture}${rest}${part('captured_on', '2025-02-30')}--B--`, 422],
      ['a date to come', `${picture}${rest}${part('captured_on', '2999-01-01')}--B--`, 422],
      ['a state of four letters', `${picture}${part('document_number', number(60))}${part('issuing_state', 'UTOP')}${part('source', 'passport')}--B--`, 422],
      ['no number in the number', `${picture}${part('document_number', '---')}${part('issuing_state', 'UTO')}${part('source', 'passport')}--B--`, 422],
      ['another boundary', `${picture}${rest}--B--`, 400, { 'Content-Type': 'multipart/form-data; boundary=C' }],
      ['no boundary', `${picture}${rest}--B--`, 400, { 'Content-Type': 'multipart/form-data' }],
      ['a header that says otherwise', `${picture}${rest}--B--`, 400, { 'X-Document-Number': number(61) }],
    ]) assert.equal((await send(text, headers)).status, status, label);
  });

  test('after all this, the same process still clears the right person', async () => {
    assert.equal(g.child.exitCode, null);
    assert.equal((await g.portrait(photo('cage.jpg'), { number: number(9) })).status, 201);
    const a = await verify(live('cage2_crop.jpg'));
    assert.deepEqual([a.json.decision, a.json.traveler?.reference], ['clear', 'R9']);
  });
});
