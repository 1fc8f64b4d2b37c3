// watch.test.mjs - `gangway watch`: what the vetting authority says of travelers, for who runs the machine; every look is in the log.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { folder, Gangway, live, number, photo, run, traveler, voyage, withoutPhotos, withoutProgram } from './help/gangway.mjs';
import { Listener } from './help/listen.mjs';

const lines = (r) => r.stdout.trim().split('\n').filter(Boolean).map((l) => JSON.parse(l));
const nobody = '01m84pvs1tfrar20jc2cacf9ms';

describe('gangway watch, while gates are open', { skip: withoutPhotos }, () => {
  test('an inhibited set on the machine undoes a clear: gate and supervisor hear at once, the face clears no more', async (t) => {
    const g = await Gangway.start(t, { set: { 'verify.liveness': 0 } });
    const id = (await g.manifest(voyage([traveler(0), traveler(1)]))).json.voyage;
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(0) })).status, 201);
    const gate = await Listener.open(t, g, { as: 'device' });
    const carrier = await Listener.open(t, g, { as: 'carrier' });
    const supervisor = await Listener.open(t, g, { as: 'supervisor' });
    assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');

    const r = g.cli('watch', 'set', id, 'R0', 'inhibited');
    assert.equal(r.status, 0, r.stderr);
    assert.deepEqual([r.json.boarding_status, r.json.changed, r.json.undone, r.json.status], ['inhibited', true, true, 'expected']);
    const [e] = await gate.kind('boarding_status');
    assert.deepEqual([e.data.traveler, e.data.decision, e.data.undone], [{ reference: 'R0', seat: '1A' }, 'inspect', true]);
    await supervisor.wait((x) => x.event === 'alert' && x.data.kind === 'clear_undone');
    const [told] = await carrier.kind('boarding_status');
    assert.ok(!/reason|cause|watch|said|admin/.test(JSON.stringify(told.data)), 'a carrier hears board or not, not why nor who said so');
    const [i] = (await g.ask('GET', `/v1/inspections?voyage=${id}`, { as: 'officer' })).json.inspections;
    assert.deepEqual([i.cause, i.reason], ['boarding_status', 'inhibited']);
    assert.notEqual((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');

    assert.equal(g.cli('watch', 'set', id, r.json.traveler, 'cleared').json.changed, true);
    assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');
  });
});

describe('gangway watch', { skip: withoutProgram }, () => {
  let g, id, other, carrier;
  const afters = [], t = { after: (f) => afters.push(f) }, dir = folder(t);
  const list = (...args) => { const r = g.cli('watch', 'list', ...args); assert.equal(r.status, 0, r.stderr); return lines(r); };
  const say = (reference, boarding_status, where = id) =>
    g.ask('POST', '/v1/boarding-status', { as: 'carrier', json: { voyage: where, reference, boarding_status } });
  const entries = async () => (await g.ask('GET', '/v1/audit/entries?limit=1000', { as: 'auditor' })).json.entries.map((e) => JSON.parse(e));
  const views = async () => (await entries()).filter((e) => e.kind === 'view' && e.name === 'watch');

  before(async () => {
    // A command is waited for without reading what the service logs meanwhile: that must fit into a pipe.
    g = await Gangway.start(t, { set: { 'log.level': 'warn' } });
    id = (await g.manifest(voyage([traveler(0), traveler(1), traveler(2), traveler(3, { reference: undefined })]))).json.voyage;
    other = (await g.manifest(voyage([traveler(10)]))).json.voyage;
    for (const [reference, status, where] of [['R0', 'inhibited', id], ['R1', 'cleared', id], ['R10', 'selectee', other]])
      assert.equal((await say(reference, status, where)).status, 200);
    carrier = g.cli('user', 'list').stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l)).find((x) => x.role === 'carrier').id;
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('lists of whom something was said, by whom and since when, and names nobody', () => {
    const all = list();
    assert.deepEqual(all.map((w) => [w.voyage, w.reference, w.boarding_status]).sort(),
      [[id, 'R0', 'inhibited'], [id, 'R1', 'cleared'], [other, 'R10', 'selectee']].sort());
    for (const w of all) {
      assert.deepEqual(Object.keys(w), ['voyage', 'traveler', 'reference', 'status', 'boarding_status', 'as_of', 'said_at', 'said_as', 'said_by']);
      assert.deepEqual([w.status, w.said_as, w.said_by], ['expected', 'carrier', carrier]);
      assert.ok(Math.abs(Date.parse(w.said_at) - Date.parse(w.as_of)) < 60_000);
    }
    assert.ok(!/SURNAME|GIVEN|L10000|1980/.test(JSON.stringify(all)));
    assert.deepEqual(list('--voyage', other).map((w) => w.reference), ['R10']);
    assert.deepEqual(list('--status', 'inhibited').map((w) => w.reference), ['R0']);
    assert.deepEqual(list('--voyage', other, '--status', 'inhibited'), []);
    assert.match(g.cli('watch', 'list', '--pretty').stdout, /^ +"boarding_status": "inhibited"/m);
  });

  test('shows one, by reference, id or document, with all that was said', () => {
    const [known] = list('--status', 'inhibited');
    const shown = g.cli('watch', 'show', id, 'R0').json;
    assert.deepEqual(shown, { ...known, changes: [{ boarding_status: 'inhibited', said_at: known.said_at, said_as: 'carrier', said_by: carrier }] });
    assert.deepEqual(g.cli('watch', 'show', id, known.traveler).json, shown);
    assert.deepEqual(g.cli('watch', 'show', id, '--document', number(0), '--state', 'UTO').json, shown);
    const nothing = g.cli('watch', 'show', id, 'R2').json;
    assert.deepEqual([nothing.boarding_status, nothing.as_of, nothing.said_at, nothing.changes], [null, null, undefined, []]);
  });

  test('sets one: in force at once, the history says who said what, and said again it changes nothing', async () => {
    const hears = await Listener.open(t, g, { as: 'device' });
    const set = g.cli('watch', 'set', id, 'R2', 'selectee').json;
    assert.deepEqual([set.voyage, set.boarding_status, set.changed, set.undone, set.status], [id, 'selectee', true, false, 'expected']);
    assert.equal((await hears.kind('boarding_status'))[0].data.traveler.reference, 'R2');
    assert.equal(g.cli('watch', 'set', id, 'R2', 'selectee').json.changed, false);
    const old = g.cli('watch', 'set', id, 'R2', 'cleared', '--as-of', '2026-01-01T00:00:00Z').json;
    assert.deepEqual([old.changed, old.boarding_status], [false, 'selectee']);
    assert.equal((await say('R2', 'inhibited')).json.changed, true);
    assert.equal(g.cli('watch', 'set', id, '--document', number(2), '--state', 'UTO', 'cleared').json.changed, true);
    assert.deepEqual(g.cli('watch', 'show', id, 'R2').json.changes.map((c) => [c.boarding_status, c.said_as, c.said_by]),
      [['selectee', 'admin', null], ['inhibited', 'carrier', carrier], ['cleared', 'admin', null]]);
    assert.deepEqual((({ boarding_status, said_as, said_by }) => [boarding_status, said_as, said_by])(list().find((w) => w.reference === 'R2')),
      ['cleared', 'admin', null]);
    const said = (await entries()).filter((e) => e.kind === 'status').at(-1);
    assert.deepEqual([said.voyage, said.answer, said.role, said.actor], [id, 'cleared', 'admin', undefined]);
  });

  test('who has no reference is found by id or document', () => {
    const set = g.cli('watch', 'set', id, 'inhibited', '--document', number(3));
    assert.equal(set.status, 0, set.stderr);
    const [w] = list('--status', 'inhibited').filter((x) => x.reference === null);
    assert.equal(w.traveler, set.json.traveler);
    assert.equal(g.cli('watch', 'set', id, w.traveler, 'cleared').json.changed, true);
  });

  test('every look is in the log, also one that shows nobody, and the same again', async () => {
    const before = (await views()).length;
    list('--voyage', id);
    list('--voyage', id);
    list('--voyage', other, '--status', 'cleared');
    list('--status', 'selectee');
    g.cli('watch', 'show', other, 'R10');
    const looks = (await views()).slice(before);
    assert.deepEqual(looks.map((e) => [e.voyage, e.count]), [[id, 4], [id, 4], [other, 0], [other, 1], [other, undefined]]);
    assert.match(looks.at(-1).person, /^[0-9a-f]{32}$/);
    assert.ok(looks.every((e) => e.role === 'admin'));
  });

  test('a list of more than a page is whole', async () => {
    const many = [...Array(520).keys()].map((n) => traveler(1000 + n));
    const big = (await g.manifest(voyage(many))).json.voyage;
    const inhibited = Array.from({ length: 503 }, (_, n) => `R${1000 + n}`);
    for (const r of inhibited) assert.equal((await say(r, 'inhibited', big)).status, 200);
    const got = list('--voyage', big);
    assert.deepEqual(got.map((w) => w.reference).sort(), inhibited);
    assert.ok(got.every((w) => w.said_by === carrier));
    assert.equal(list().length, 503 + 5);
    const told = new Map(); // an entry for each voyage of each page
    for (const e of (await views()).slice(-4)) told.set(e.voyage, (told.get(e.voyage) ?? 0) + e.count);
    assert.deepEqual([told.get(id), told.get(other), told.get(big)], [4, 1, 503]);
  });

  test('a voyage that is closed is on no list; what is said of it is heard, and can be looked at, until the purge', async () => {
    assert.equal(g.cli('voyage', 'close', other).status, 0);
    assert.ok(list().every((w) => w.voyage !== other));
    assert.deepEqual(list('--voyage', other).map((w) => w.boarding_status), ['selectee']);
    const r = g.cli('watch', 'set', other, 'R10', 'cleared');
    assert.deepEqual([r.status, JSON.parse(r.stdout).boarding_status], [0, 'cleared'], r.stderr);
    assert.ok(list().every((w) => w.voyage !== other));
    assert.deepEqual(list('--voyage', other).map((w) => w.boarding_status), ['cleared']);
  });

  test('what is wrong is said, with the status of it', () => {
    for (const [args, status, says] of [[[], 2, /it takes list, show/], [['lsit'], 2, /did you mean list\?/], [['show', id], 2, /TRAVELER or --document/],
      [['list', id], 2, /it takes list/], [['set', id, 'R0'], 2, /TRAVELER or --document/], [['set', id, 'R0', 'inhibitted'], 2, /did you mean inhibited\?/],
      [['set', id, 'R0', 'none'], 2, /cleared, inhibited or selectee/], [['list', '--status', 'selecte'], 2, /did you mean selectee\?/],
      [['list', '--voyage', 'nonsense'], 2, /named by its id/], [['show', 'nonsense', 'R0'], 2, /named by its id/], [['list', '--voyage', nobody], 3, /no such voyage/],
      [['show', nobody, 'R0'], 3, /no such voyage/], [['show', id, 'R99'], 3, /nobody expected/], [['show', id, nobody], 3, /nobody expected/],
      [['set', id, 'R10', 'cleared'], 3, /nobody expected/], [['set', id, 'R0', 'cleared', '--as-of', 'noon'], 2, /a time such as/],
      [['set', id, 'R0', 'cleared', '--as-of', '2999-01-01T00:00:00Z'], 1, /in the future/], [['show', id, 'R0', '--as-of', '2026-01-01T00:00:00Z'], 2, /for set/],
      [['show', id, 'R0', '--status', 'cleared'], 2, /for list/], [['list', '--document', 'X1'], 2, /for show and set/],
      [['show', id, 'R0', '--document', 'X1'], 2, /one of them/], [['list', '--voyag', id], 2, /did you mean --voyage\?/]]) {
      const r = g.cli('watch', ...args);
      assert.equal(r.status, status, `${args}: ${r.stderr}`);
      assert.match(r.stderr, says);
      assert.equal(r.stdout, '');
    }
  });

  const file = (name, text) => { const p = path.join(dir, name); fs.writeFileSync(p, text); return p; };
  const imported = (text, ...args) => { const r = g.cli('watch', 'import', file('list', text), ...args); return { ...r, rows: lines(r) }; };

  test('imports a list, row by row: CSV with commas or semicolons, JSON as an array or a line each', async () => {
    const m = (await g.manifest(voyage([20, 21, 22, 23, 24].map((n) => traveler(n))))).json.voyage;
    const word = (reference) => g.cli('watch', 'show', m, reference).json.boarding_status;
    const hears = await Listener.open(t, g, { as: 'device', query: `?voyage=${m}` });
    const csv = imported(`\ufeffreference,document_number,issuing_state,boarding_status,as_of\r\nR20,,,inhibited,\r\n,${number(21)},UTO,selectee,\r\n\r\n` +
      `R22,,,nonsense,\r\nR99,,,cleared,\r\n"R23",,,cleared,2026-01-01T00:00:00Z\r\n`, '--voyage', m);
    assert.equal(csv.status, 1, csv.stderr);
    assert.deepEqual(csv.rows.map((r) => [r.row, r.boarding_status ?? r.error, r.changed]),
      [[1, 'inhibited', true], [2, 'selectee', true], [3, 'usage', undefined], [4, 'not_found', undefined], [5, 'cleared', true]]);
    assert.match(csv.stderr, /3 of 5 rows taken, 2 refused/);
    assert.deepEqual([word('R20'), word('R21'), word('R22')], ['inhibited', 'selectee', null]);
    await hears.kind('boarding_status', 3);
    assert.equal(g.cli('watch', 'show', m, 'R23').json.as_of, '2026-01-01T00:00:00Z');
    const semicolons = imported(`voyage;reference;boarding_status\n${m};R22;inhibited\n`);
    assert.deepEqual([semicolons.status, semicolons.rows[0].changed], [0, true], semicolons.stderr);
    const array = imported(JSON.stringify([{ voyage: m, reference: 'R24', boarding_status: 'selectee', as_of: null }]));
    assert.deepEqual([array.status, array.rows[0].boarding_status], [0, 'selectee'], array.stderr);
    // What list writes, import takes: nothing is new in it.
    const again = imported(g.cli('watch', 'list', '--voyage', m).stdout);
    assert.deepEqual([again.status, again.rows.length, again.rows.some((r) => r.changed)], [0, 5, false], again.stderr);
    assert.ok(!/R2[0-4]|SURNAME|L1000/.test(csv.stdout), 'rows are told by number and id');
  });

  test('a long list goes in pieces and none of it is lost', async () => {
    const m = (await g.manifest(voyage([...Array(450).keys()].map((n) => traveler(3000 + n))))).json.voyage;
    const r = imported(['voyage,reference,boarding_status', ...Array.from({ length: 450 }, (_, n) => `${m},R${3000 + n},inhibited`)].join('\n'));
    assert.equal(r.status, 0, r.stderr);
    assert.deepEqual(r.rows.map((x) => [x.row, x.changed]), Array.from({ length: 450 }, (_, n) => [n + 1, true]));
    assert.equal(list('--voyage', m, '--status', 'inhibited').length, 450);
  });

  test('a list that is none is refused before its first row is taken, without what stands in it', () => {
    for (const [text, status, says] of [['', 3, /is empty/], ['reference,bording_status\nR0,cleared\n', 1, /column 2.*did you mean boarding_status/], ['L1000000,cleared\n', 1, /column 1 has a name/],
      [`reference,boarding_status\nR0,"cleared`, 3, /line 2: a quote/], ['[{"reference":"R0","boarding_status":1}]', 3, /item 1.*is a text/], ['[1]', 3, /item 1.*object/],
      ['{"reference":"R0"}\n{"reference"}\n', 3, /line 2/], ['[{', 3, /list/], ['{"reference":"R0","status_":"x"}\n', 1, /key 2/]]) {
      const r = imported(text, '--voyage', id);
      assert.equal(r.status, status, `${text}: ${r.stderr}`);
      assert.match(r.stderr, says);
      assert.ok(!/L1000000/.test(r.stderr));
      assert.deepEqual(r.rows, []);
    }
    assert.equal(g.cli('watch', 'import', '/nowhere/at/all').status, 3);
    assert.equal(g.cli('watch', 'import').status, 2);
    const long = imported(`reference,boarding_status\nR0,${'x'.repeat(9000)}\n`, '--voyage', id);
    assert.deepEqual([long.status, /row 1 has more than/.test(long.stderr)], [3, true]);
  });

  test('without a running service it is the store that is asked, and gates hear when they are back', async () => {
    await g.signal('SIGTERM');
    const set = g.cli('watch', 'set', id, 'R1', 'inhibited');
    assert.deepEqual([set.status, set.json?.changed], [0, true], set.stderr);
    assert.equal(g.cli('watch', 'show', id, 'R1').json.boarding_status, 'inhibited');
    const store = g.store;
    g = await Gangway.start(t, { store });
    const gate = await Listener.open(t, g, { as: 'device', after: 0 });
    await gate.wait((e) => e.event === 'boarding_status' && e.data.traveler.reference === 'R1' && e.data.decision === 'inspect');
    assert.equal(list('--status', 'inhibited').some((w) => w.reference === 'R1'), true);
    await g.signal('SIGTERM');
    const closed = imported('reference,boarding_status\nR1,cleared\nR0,selectee\n', '--voyage', id);
    assert.deepEqual([closed.status, closed.rows.map((r) => r.changed)], [0, [true, true]], closed.stderr);
  });

  test('a store that is none is said', () => {
    const r = run(['watch', 'list', '--set', 'store.path=/proc/none/here']);
    assert.equal(r.status, 3, r.stderr);
  });
});
