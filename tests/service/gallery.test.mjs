// gallery.test.mjs - a gallery is exact at every moment of boarding, and what the gate
// says of real pictures is one of the seven words.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos } from './help/gangway.mjs';
import { make } from './help/pictures.mjs';

describe('galleries', { skip: withoutPhotos }, () => {
  let g, dir;
  const afters = [];
  before(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-gallery-'));
    afters.push(() => fs.rmSync(dir, { recursive: true }));
    // Liveness has tests of its own: these photos are photographs.
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0, 'verify.attempts': 20 } });
    for (const [n, f] of ['franck_01829.jpg', 'audrey.jpg', 'cage.jpg'].entries())
      assert.equal((await g.portrait(photo(f), { number: number(n) })).status, 201);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const metric = async (name) => Number(new RegExp(`^gangway_${name} (\\S+)$`, 'm').exec((await g.ask('GET', '/metrics')).text)[1]);
  const reasons = async (id) => (await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'officer' })).json.verifications.map((v) => v.reason);

  for (const [word, picture] of [
    ['move_closer', () => make(dir, 'shrink', 90, 'franck_04035.jpg')],
    ['move_back', () => make(dir, 'crop', 41, 22, 28, 66, 'franck_04035.jpg')],
    ['look_at_camera', () => make(dir, 'plain', 640, 480)],
    ['remove_mask', () => photo('skullmask.jpg')],
    ['more_light', () => make(dir, 'dark', 16, 'franck_04035.jpg')],
    ['one_person_only', () => make(dir, 'grid', 2, 1, 'franck_04035.jpg')],
    ['hold_still', () => make(dir, 'blur', 10, 'franck_04035.jpg')],
  ])
    test(`a picture that asks for it is answered ${word}`, async () => {
      const id = (await g.manifest(voyage([traveler(0)]))).json.voyage;
      const a = await g.verify(id, picture());
      assert.deepEqual([a.status, a.json.decision, a.json.guidance, a.json.attempt], [200, 'retry', word, 1], a.text);
      assert.equal((await g.verify(id, live('franck_04035.jpg'))).json.decision, 'clear', 'and who does it passes');
    });

  test('two who look alike: neither is cleared by the face, the document decides', async () => {
    const twins = [traveler(0), traveler(60)];
    assert.equal((await g.portrait(photo('franck_02159.jpg'), { number: number(60) })).status, 201);
    const id = (await g.manifest(voyage(twins))).json.voyage;
    const a = await g.verify(id, live('franck_04035.jpg'));
    assert.deepEqual([a.json.decision, a.json.traveler], ['inspect', null]);
    assert.deepEqual(await reasons(id), ['near_tie']);
    const named = await g.verify(id, live('franck_04035.jpg'), { query: `?document=${number(60)}` });
    assert.deepEqual([named.json.decision, named.json.traveler.reference], ['clear', 'R60']);
  });

  test('off the manifest while gates are at work: from that answer on nobody clears them; on it again: at once', async () => {
    let removed = 0, early = 0;
    for (let round = 0; round < 15; round++) {
      const with0 = voyage([traveler(0), traveler(1), traveler(2)]), without0 = { ...with0, travelers: with0.travelers.slice(1) };
      const id = (await g.manifest(with0)).json.voyage;
      let gone = Infinity, over = false;
      const seen = [];
      const gate = async (n) => {
        await new Promise((resolve) => setTimeout(resolve, round * n * 3)); // so that both happen: cleared before, and not
        while (!over) {
          const sent = performance.now();
          const a = await g.verify(id, live('franck_04035.jpg'), { where: { site: 'YVR', gate: n } });
          assert.equal(a.status, 200, a.text);
          seen.push({ sent, decision: a.json.decision, who: a.json.traveler?.reference });
        }
      };
      const gates = [gate(1), gate(2), gate(3)];
      await new Promise((resolve) => setTimeout(resolve, round * 2));
      assert.equal((await g.manifest(without0)).json.travelers, 2);
      gone = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 60));
      over = true;
      await Promise.all(gates);
      for (const v of seen) assert.ok(v.decision !== 'clear' || v.sent < gone, `round ${round}: cleared ${v.who} after the answer that they were off`);
      const cleared = seen.filter((v) => v.decision === 'clear').length;
      assert.ok(cleared <= 1, 'nobody is cleared twice');
      early += cleared;
      removed += 1 - cleared;
      assert.equal((await g.manifest(with0)).json.travelers, 3);
      const back = await g.verify(id, live('franck_04035.jpg'), { where: { site: 'YVR', gate: 1 } });
      if (cleared === 0) assert.deepEqual([back.json.decision, back.json.traveler?.reference], ['clear', 'R0'], `round ${round}: back on the manifest`);
    }
    assert.ok(removed > 0, `${early} cleared before they were taken off, ${removed} not`);
  });

  test('a portrait that comes while boarding counts from its answer on', async () => {
    const id = (await g.manifest(voyage([traveler(1), traveler(70)]))).json.voyage;
    assert.notEqual((await g.verify(id, live('cage2_crop.jpg'))).json.decision, 'clear');
    assert.equal((await g.portrait(photo('cage.jpg'), { number: number(70) })).status, 201);
    assert.equal((await g.verify(id, live('cage2_crop.jpg'))).json.traveler?.reference, 'R70');
  });

  test('its memory is accounted for, and given back at the close', async () => {
    const before = { bytes: await metric('gallery_bytes'), persons: await metric('gallery_persons'), galleries: await metric('galleries') };
    const id = (await g.manifest(voyage([traveler(0), traveler(1), traveler(2)]))).json.voyage;
    await g.readiness(id);
    assert.equal(await metric('galleries'), before.galleries + 1);
    assert.equal(await metric('gallery_persons'), before.persons + 3);
    const each = (await metric('gallery_bytes') - before.bytes) / 3;
    assert.ok(each >= 1024, `${each} bytes a person hold a template of 512 numbers`);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} })).status, 200);
    assert.deepEqual({ bytes: await metric('gallery_bytes'), persons: await metric('gallery_persons'), galleries: await metric('galleries') }, before);
  });
});
