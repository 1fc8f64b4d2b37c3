// carriers.test.mjs - a portrait serves the voyages of the carrier that sent it and nobody else replaces it; an
// authority's own serves all.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gangway, live, number, photo, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

describe('portraits of several carriers', { skip: withoutPhotos }, () => {
  let g;
  const afters = [];
  const XX = { carrier: 'XX' }, YY = { carrier: 'YY' };
  // Liveness has tests of its own: these photos are photographs.
  before(async () => { g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0, 'verify.attempts': 20 } }); });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const send = async (where, n, name, more = {}) => {
    const a = await g.portrait(photo(name), { number: number(n), where, ...more });
    assert.ok([200, 201].includes(a.status), a.text);
    return [a.status, a.json.created, a.json.voyages];
  };
  const announce = async (where, ns) => {
    const a = await g.manifest(voyage(ns.map((n) => traveler(n)), where), { where });
    assert.equal(a.status, 201, a.text);
    return a.json;
  };
  const look = async (id, name) => {
    const a = await g.verify(id, live(name));
    return [a.json.decision, a.json.traveler?.reference ?? null];
  };
  const covered = async (id) => {
    const r = (await g.readiness(id)).json;
    return [r.portraits.covered, r.portraits.covered_by_several, r.gallery.templates];
  };

  test('another carrier replaces nobody\'s portrait, and is not told that there is one', async () => {
    assert.deepEqual(await send(XX, 0, 'franck_01829.jpg'), [201, true, 0]);
    const id = (await announce(XX, [0])).voyage;
    assert.deepEqual(await send(YY, 0, 'audrey.jpg'), [201, true, 0]);
    assert.deepEqual(await covered(id), [1, 0, 1]);
    assert.deepEqual(await look(id, 'audrey.jpg'), ['retry', null]);
    assert.deepEqual(await look(id, 'franck_04035.jpg'), ['clear', 'R0']);
    assert.deepEqual(await send(YY, 0, 'audrey.jpg'), [200, false, 0], 'its own it knows');
    assert.deepEqual(await send(XX, 0, 'franck_02159.jpg'), [200, false, 1], 'and each replaces its own');
    assert.deepEqual(await covered(id), [1, 0, 1]);
  });

  test('nor does it add one, whichever comes first, manifest or portrait', async () => {
    for (const [n, source] of [[10, 'passport'], [11, 'chip']]) {
      const before = n === 10;
      if (before) assert.deepEqual(await send(YY, n, 'audrey.jpg', { source }), [201, true, 0]);
      const m = await announce(XX, [n]);
      if (!before) assert.deepEqual(await send(YY, n, 'audrey.jpg', { source }), [201, true, 0]);
      assert.deepEqual(m.statuses.map((s) => s.portraits), [0]);
      assert.deepEqual(await covered(m.voyage), [0, 0, 0]);
      assert.deepEqual(await look(m.voyage, 'audrey.jpg'), ['inspect', null]);
    }
  });

  test('of a traveler on connecting flights each carrier\'s serves its own', async () => {
    const first = (await announce(XX, [20])).voyage;
    assert.deepEqual(await send(XX, 20, 'cage.jpg'), [201, true, 1]);
    assert.deepEqual(await send(YY, 20, 'franck_01829.jpg'), [201, true, 0], 'before its manifest');
    const second = (await announce(YY, [20])).voyage;
    assert.deepEqual(await covered(first), [1, 0, 1]);
    assert.deepEqual(await covered(second), [1, 0, 1]);
    assert.deepEqual(await look(first, 'franck_04035.jpg'), ['retry', null]);
    assert.deepEqual(await look(second, 'cage2_crop.jpg'), ['retry', null]);
    assert.deepEqual(await look(first, 'cage2_crop.jpg'), ['clear', 'R20']);
    assert.deepEqual(await look(second, 'franck_04035.jpg'), ['clear', 'R20']);
  });

  test('an authority\'s own serves all, no carrier replaces it, and it replaces no carrier\'s', async () => {
    const admin = { as: 'admin' };
    const first = (await announce(XX, [30])).voyage;
    assert.deepEqual(await send(undefined, 30, 'franck_01829.jpg', admin), [201, true, 1]);
    const second = (await announce(YY, [30])).voyage;
    assert.deepEqual(await send(XX, 30, 'cage.jpg'), [201, true, 1]);
    assert.deepEqual(await send(undefined, 30, 'franck_02159.jpg', admin), [200, false, 2]);
    assert.deepEqual(await covered(first), [1, 1, 2]);
    assert.deepEqual(await covered(second), [1, 0, 1]);
    assert.deepEqual(await look(second, 'cage2_crop.jpg'), ['retry', null]);
    assert.deepEqual(await look(second, 'franck_04035.jpg'), ['clear', 'R30']);
    assert.deepEqual(await look(first, 'franck_04035.jpg'), ['clear', 'R30']);
  });

  test('an admin that speaks for a carrier sends that carrier\'s', async () => {
    const first = (await announce(XX, [40])).voyage, second = (await announce(YY, [40])).voyage;
    assert.deepEqual(await send(YY, 40, 'franck_01829.jpg', { as: 'admin' }), [201, true, 1]);
    assert.deepEqual([await covered(first), await covered(second)], [[0, 0, 0], [1, 0, 1]]);
    assert.deepEqual(await send(YY, 40, 'franck_02159.jpg'), [200, false, 1]);
  });
});
