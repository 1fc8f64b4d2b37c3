// manifest.test.mjs - what carriers send and get: PAXLST, CSV, JSON; CUSRES; lists that change, come
// in parts, late or not at all; cancellations and close-outs. Over HTTP, as a carrier does it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Gangway, number, photo, root, run, traveler, voyage, withoutPhotos, withoutProgram } from './help/gangway.mjs';
import { Listener } from './help/listen.mjs';

const HOUR = 3_600_000;
let made = 0;

// A flight of carrier XX that departs so many minutes from now, in UTC written as the local time of YVR, whose zone the
// tests set to UTC.
function flight({ minutes = 90, from = 'YVR', to = 'JFK', at } = {}) {
  made++;
  const digits = (ms) => new Date(ms).toISOString().replace(/\D/g, '').slice(2, 12);
  const departs = at ?? Date.now() + minutes * 60_000;
  return { number: String(100 + made), from, to, departs, departure: digits(departs), arrival: digits(departs + 8 * HOUR) };
}

// One traveler: what the groups of PAXLST give of him.
const person = (n, { name = `SURNAME${n}:GIVEN`, party = 'FL', reference = `UP${n}`, booking = `PN${n}`, document = `MB${1000 + n}`, birth = '630725', seat = `${n}A`,
  more = '' } = {}) =>
  `NAD+${party}+++${name}'ATT+2++M'${birth ? `DTM+329:${birth}'` : ''}LOC+178+YVR'LOC+179+JFK'NAT+2+CAN'${booking ? `RFF+AVF:${booking}'` : ''}` +
  `${reference ? `RFF+ABO:${reference}'` : ''}${seat ? `RFF+SEA:${seat}'` : ''}${more}${document ? `DOC+P:110:111+${document}'DTM+36:301021'LOC+91+CAN'` : ''}`;

const named = (reference) => `NAD+ZZZ'RFF+ABO:${reference}'`; // as a close-out names somebody

function paxlst(f, persons, { bgm = '745', part, car = `XX${f.number}/${f.departure}`, tn = `TN${f.number}`, reference = '1', number = f.number, sender = 'XXAIR' } = {}) {
  return `UNA:+.? 'UNB+UNOA:4+${sender}+BORDER+261123:0600+${reference}++APIS'UNH+${reference}+PAXLST:D:05B:UN:IATA+${car}${part ? `+${part}` : ''}'` +
    `BGM+${bgm}'RFF+TN:${tn}'NAD+MS+++DESK'TDT+20+XX${number}+++XX'LOC+125+${f.from}'DTM+189:${f.departure}:201'LOC+87+${f.to}'` +
    `DTM+232:${f.arrival}:201'${persons.join('')}UNT+9+${reference}'UNZ+1+${reference}'`;
}

// What a CUSRES says: [reference, code] of each traveler, and its head.
function cusres(text) {
  const segments = text.split(/'\s*/).filter(Boolean).map((s) => s.split('+'));
  const of = (tag) => segments.filter((s) => s[0] === tag);
  const people = [];
  for (const s of segments) {
    if (s[0] === 'ERP') people.push({ level: s[1] });
    else if (s[0] === 'RFF' && people.length > 0) people.at(-1)[s[1].split(':')[0]] = s[1].split(':')[1];
    else if (s[0] === 'ERC') people.at(-1).code = s[1];
  }
  return { bgm: of('BGM')[0][1], tn: of('RFF').find((s) => s[1].startsWith('TN:'))?.[1].slice(3), head: people.find((p) => p.level === '1')?.code,
    people: people.filter((p) => p.level === '2'), unt: Number(of('UNT')[0][1]), segments };
}

describe('manifests of a carrier', { skip: withoutProgram }, () => {
  let g;
  const afters = [];
  before(async () => {
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0, 'ports.zones': 'YVR=UTC0 JFK=EST5EDT,M3.2.0,M11.1.0' } });
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const edifact = (text, { accept, carrier = 'XX', key, type = 'application/edifact' } = {}) => g.ask('POST', '/v1/manifests', { as: 'carrier', where: { carrier }, body: Buffer.from(text),
    headers: { 'Content-Type': type, ...(accept ? { Accept: accept } : {}), ...(key ? { 'Idempotency-Key': key } : {}) } });
  const travelers = async (id) => (await g.ask('GET', `/v1/voyages/${id}/travelers?limit=500`, { as: 'officer' })).json.travelers;
  const references = async (id) => (await travelers(id)).map((t) => t.reference);

  test('a PAXLST creates the voyage, and sent twice it changes nothing', async () => {
    const f = flight();
    const text = paxlst(f, [person(1), person(2)]);
    const a = await edifact(text);
    assert.equal(a.status, 201);
    assert.deepEqual([a.json.travelers, a.json.added, a.json.late, a.json.whole, a.json.closed, a.json.cancelled], [2, 2, false, true, false, false]);
    assert.deepEqual(a.json.statuses.map((s) => [s.reference, s.status, s.clearance]), [['UP1', 'expected', 'not_yet'], ['UP2', 'expected', 'not_yet']]);
    assert.deepEqual(a.json.problems.map((p) => [p.severity, p.tag, p.code]), [['warning', 'UNT', 'count']]);
    const b = await edifact(text);
    assert.equal(b.status, 200);
    assert.deepEqual([b.json.voyage, b.json.added, b.json.changed, b.json.removed], [a.json.voyage, 0, 0, 0]);
  });

  test('the same flight as JSON, CSV and EDIFACT with its number padded is one voyage', async () => {
    const f = flight();
    const edi = await edifact(paxlst(f, [person(1)], { number: `0${f.number}` }));
    const when = new Date(f.departs).toISOString().slice(0, 16);
    const json = await g.manifest({ kind: 'passenger_list', function: 'add', voyage: { mode: 'air', carrier: 'XX', number: f.number, from: 'YVR', to: 'JFK',
      departure: `${when}Z` }, travelers: [traveler(7, { reference: 'UP7' })] });
    const csv = await edifact(`flight: XX${f.number}\nfrom: YVR\nto: JFK\ndeparture: ${when}\nfunction: add\nsurname,given names,reference,passport number,issuing country\n` +
      'OKAFOR,ADA,UP8,P8,CAN\n', { type: 'text/csv' });
    assert.deepEqual([edi.status, json.status, csv.status], [201, 200, 200]);
    assert.deepEqual([json.json.voyage, csv.json.voyage], [edi.json.voyage, edi.json.voyage]);
    assert.deepEqual(await references(edi.json.voyage), ['UP1', 'UP7', 'UP8']);
    const v = (await g.ask('GET', `/v1/voyages/${edi.json.voyage}`, { as: 'officer' })).json;
    assert.equal(v.number, f.number);
  });

  test('Accept: application/edifact gets CUSRES: 962, references echoed, a code for each', async () => {
    const f = flight();
    const a = await edifact(paxlst(f, [person(1), person(2, { birth: '' }), person(3, { reference: '', booking: '' })]), { accept: 'application/edifact' });
    assert.equal(a.status, 201);
    assert.equal(a.headers['content-type'], 'application/edifact');
    const c = cusres(a.text);
    assert.equal(c.bgm, '962');
    assert.equal(c.tn, `TN${f.number}`);
    assert.equal(c.head, '1'); // nobody can answer for whom there is no reference
    assert.deepEqual(c.people.map((p) => [p.ABO, p.AVF, p.code]), [['UP1', 'PN1', '9'], ['UP2', 'PN2', '4']]);
    const golden = readFileSync(path.join(root, 'tests/golden/cusres/answer.want'), 'utf8');
    const told = a.text.replace(/\+\d{6}:\d{4}\+/, '+DATE+').replace(/\b\d{13}\b/g, 'NUMBER').replaceAll(f.number, 'FLIGHT').replaceAll(f.departure, 'DEPARTURE')
      .replaceAll(f.arrival, 'ARRIVAL');
    assert.equal(told, golden);
  });

  test('what the vetting authority said is in the answer, and decides who may board where there is no list', async () => {
    const f = flight(), text = paxlst(f, [person(1), person(2), person(3)]);
    const { json: { voyage: id } } = await edifact(text);
    for (const [reference, boarding_status] of [['UP1', 'cleared'], ['UP2', 'inhibited']])
      assert.equal((await g.ask('POST', '/v1/boarding-status', { as: 'carrier', json: { voyage: id, reference, boarding_status } })).status, 200);
    const c = cusres((await edifact(text, { accept: 'application/edifact' })).text);
    assert.deepEqual(c.people.map((p) => [p.ABO, p.code]), [['UP1', '0'], ['UP2', '1'], ['UP3', '9']]);
    await edifact(paxlst(f, [], { bgm: '266+CL' }));
    const r = (await g.ask('GET', `/v1/voyages/${id}/close`, { as: 'carrier' })).json;
    assert.deepEqual([r.boarded_references, r.not_boarded_references], [['UP1', 'UP3'], ['UP2']]);
  });

  test('JSON and CSV get CUSRES, too; what asks for neither gets 406', async () => {
    const m = voyage([traveler(1)]);
    const a = await g.manifest(m, { headers: { Accept: 'application/edifact' } });
    assert.deepEqual(cusres(a.text).people.map((p) => [p.ABO, p.code]), [['R1', '9']]);
    assert.equal((await g.manifest(m, { headers: { Accept: 'image/png' } })).status, 406);
  });

  test('the same request with the same key is answered the same, as the type first asked for', async () => {
    const f = flight(), text = paxlst(f, [person(1)]);
    const a = await edifact(text, { accept: 'application/edifact', key: `k-${f.number}` });
    const b = await edifact(text, { accept: 'application/edifact', key: `k-${f.number}` });
    assert.deepEqual([b.status, b.text, b.headers['content-type'], b.headers['idempotency-replayed']], [a.status, a.text, 'application/edifact', 'true']);
    assert.equal((await edifact(text, { key: `k-${f.number}` })).status, 422);
  });

  test('Type B lines around, wrapped, are passed over', async () => {
    const f = flight(), body = paxlst(f, [person(1)]);
    const lines = [];
    for (let i = 0; i < body.length; i += 64) lines.push(body.slice(i, i + 64));
    const a = await edifact(`QU JFKXXYY\r\n.YVRRMXX 231015\r\n${lines.join('\r\n')}\r\nNNNN\r\n`);
    assert.deepEqual([a.status, a.json.travelers], [201, 1]);
  });

  test('changes, additions, removals and reductions while boarding', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3, { booking: 'PNX' }), person(4, { booking: 'PNX' })]));
    const change = await edifact(paxlst(f, [person(1, { seat: '30F' }), person(5)], { bgm: '745+CP' }));
    assert.deepEqual([change.json.added, change.json.changed, change.json.removed], [1, 1, 0]);
    assert.equal((await travelers(id)).find((t) => t.reference === 'UP1').seat, '30F');
    const gone = await edifact(paxlst(f, [named('UP2')], { bgm: '745+XR' }));
    assert.deepEqual([gone.json.removed, gone.json.statuses[0].status], [1, 'removed']);
    assert.deepEqual(await references(id), ['UP1', 'UP3', 'UP4', 'UP5']);
    const party = await edifact(paxlst(f, ["NAD+ZZZ'RFF+AVF:PNX'"], { bgm: '745+RP' }));
    assert.equal(party.json.removed, 2);
    assert.deepEqual(await references(id), ['UP1', 'UP5']);
    const whole = await edifact(paxlst(f, [person(5), person(2)]));
    assert.deepEqual([whole.json.added, whole.json.changed, whole.json.removed], [1, 0, 1]);
    assert.deepEqual((await references(id)).sort(), ['UP2', 'UP5']);
  });

  test('somebody who gets another reference, or one at all, stays who he is', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1, { reference: '', booking: '' }), person(2), person(3)]));
    const before = new Map((await travelers(id)).map((t) => [t.surname, t.traveler]));
    const again = await edifact(paxlst(f, [person(1, { reference: 'NEW1' }), person(2, { reference: 'NEW2' }), person(3)]));
    assert.deepEqual([again.json.added, again.json.changed, again.json.removed], [0, 2, 0]);
    assert.deepEqual(new Map((await travelers(id)).map((t) => [t.surname, t.traveler])), before);
    assert.deepEqual(await references(id), ['NEW1', 'NEW2', 'UP3']);
  });

  test('a family on one passport stays a family', async () => {
    const f = flight();
    const family = [person(1, { document: 'FAM1' }), person(2, { name: 'SURNAME1:BABY', document: 'FAM1', birth: '250101' })];
    const { json } = await edifact(paxlst(f, family));
    assert.equal(json.travelers, 2);
    const again = await edifact(paxlst(f, [person(1, { document: 'FAM1', reference: 'A1' }), person(2, { name: 'SURNAME1:BABY', document: 'FAM1', birth: '250101', reference: 'A2' })]));
    assert.deepEqual([again.json.travelers, again.json.added, again.json.changed, again.json.removed], [2, 0, 2, 0]);
    assert.deepEqual((await travelers(json.voyage)).map((t) => [t.given_names, t.reference]), [['GIVEN', 'A1'], ['BABY', 'A2']]);
  });

  // Who is who after a second message: "GIVEN=GIVEN@REFERENCE" where it is the same traveler as before, "GIVEN=new" where not.
  test('nobody becomes somebody else, and who is corrected stays who he is', async () => {
    const of = (surname, given_names, birth_date, document, reference, more = {}) => ({ kind: 'passenger', surname, given_names, ...(birth_date ? { birth_date } : {}),
      ...(reference ? { reference } : {}), documents: document ? [{ type: 'P', number: document, issuing_state: 'UTO' }] : [], ...more });
    const mary = (reference, more = {}) => ({ ...of('SMITH', 'MARY', '1985-01-02', 'D1', reference), ...more });
    const tom = (reference, more = {}) => ({ ...of('JONES', 'TOM', '1970-03-04', 'D2', reference), ...more });
    const baby = (reference) => of('SMITH', 'BABY', '2026-01-02', 'D1', reference);
    const documents = (number) => ({ documents: [{ type: 'P', number, issuing_state: 'UTO' }] });
    const rows = [
      // one document for several
      ['a family on one document, no references', [mary(), baby()], null, [baby(), mary()], 'BABY=BABY MARY=MARY'],
      ['the second of the family comes later', [mary()], 'add', [baby()], 'MARY=MARY BABY=new'],
      ['and comes twice', [mary(), baby()], 'add', [baby()], 'MARY=MARY BABY=BABY'],
      ['the first one of the family goes', [mary(), baby()], null, [baby()], 'BABY=BABY'],
      ['somebody unlike with that document is somebody else', [mary()], 'add', [of('ZULU', 'PETER', '1950-01-01', 'D1')], 'MARY=MARY PETER=new'],
      ['in a whole list, too', [mary()], null, [of('ZULU', 'PETER', '1950-01-01', 'D1')], 'PETER=new'],
      ['twins on one document, one after the other', [of('SMITH', 'ANNA', '2024-05-05', 'D1')], 'add', [of('SMITH', 'EVA', '2024-05-05', 'D1')], 'ANNA=ANNA EVA=new'],
      ['twins exchange their places in the list', [of('SMITH', 'ANNA', '2024-05-05', 'D1'), of('SMITH', 'EVA', '2024-05-05', 'D1')], null,
        [of('SMITH', 'EVA', '2024-05-05', 'D1', undefined, { seat: '1A' }), of('SMITH', 'ANNA', '2024-05-05', 'D1', undefined, { seat: '1B' })], 'EVA=EVA ANNA=ANNA'],
      ['the family gets references', [mary(), baby()], null, [baby('R1'), mary('R2')], 'BABY=BABY@R1 MARY=MARY@R2'],
      ['one of the family gets one', [mary(), baby()], null, [mary('R1'), baby()], 'MARY=MARY@R1 BABY=BABY@null'],
      ['and exchanges them', [mary('R1'), baby('R2')], null, [mary('R2'), baby('R1')], 'MARY=MARY@R2 BABY=BABY@R1'],
      // references that move
      ['two references exchanged', [mary('R1'), tom('R2')], null, [tom('R1'), mary('R2')], 'TOM=TOM@R1 MARY=MARY@R2'],
      ['as a change', [mary('R1'), tom('R2')], 'change', [tom('R1'), mary('R2')], 'MARY=MARY@R2 TOM=TOM@R1'],
      ['without documents', [mary('R1', { documents: [] }), tom('R2', { documents: [] })], null, [tom('R1', { documents: [] }), mary('R2', { documents: [] })],
        'TOM=TOM@R1 MARY=MARY@R2'],
      ['names and references only', [of('SMITH', 'MARY', '', '', 'R1'), of('JONES', 'TOM', '', '', 'R2')], null,
        [of('JONES', 'TOM', '', '', 'R1'), of('SMITH', 'MARY', '', '', 'R2')], 'TOM=TOM@R1 MARY=MARY@R2'],
      ['father and son of one name', [of('SMITH', 'JOHN', '1950-01-01', 'D1', 'R1'), of('SMITH', 'JOHN', '1990-01-01', 'D2', 'R2', { seat: '1B' })], 'change',
        [of('SMITH', 'JOHN', '1990-01-01', 'D2', 'R1', { seat: '1B' }), of('SMITH', 'JOHN', '1950-01-01', 'D1', 'R2')], 'JOHN=JOHN@R2 JOHN1B=JOHN1B@R1'],
      ['three references go around', [mary('R1'), tom('R2'), of('ZULU', 'EVE', '1990-01-01', 'D3', 'R3')], null,
        [mary('R2'), tom('R3'), of('ZULU', 'EVE', '1990-01-01', 'D3', 'R1')], 'MARY=MARY@R2 TOM=TOM@R3 EVE=EVE@R1'],
      ['a reference moves on, and its old one to somebody new', [mary('R1')], null, [of('OTHER', 'PETER', '1950-01-01', 'D9', 'R1'), mary('R7')], 'PETER=new@R1 MARY=MARY@R7'],
      ['a reference comes back for somebody else', [mary('R1')], null, [of('OTHER', 'PETER', '1950-01-01', 'D9', 'R1')], 'PETER=new@R1'],
      ['with a change the one before stays, without the reference', [mary('R1')], 'change', [of('OTHER', 'PETER', '1950-01-01', 'D9', 'R1')], 'MARY=MARY@null PETER=new@R1'],
      ['with a name only', [of('SMITH', 'MARY', '', '', 'R1')], null, [of('OTHER', 'PETER', '', '', 'R1')], 'PETER=new@R1'],
      ['for another of the family', [mary('R1')], null, [baby('R1')], 'BABY=new@R1'],
      // corrections
      ['a misspelt name', [mary('R1')], null, [mary('R1', { surname: 'SMIHT' })], 'MARY=MARY@R1'],
      ['a married name', [mary('R1')], null, [mary('R1', { surname: 'OKAFOR' })], 'MARY=MARY@R1'],
      ['a married name, no references', [mary()], null, [mary(undefined, { surname: 'OKAFOR' })], 'MARY=MARY'],
      ['a married name and a new passport', [mary('R1')], 'change', [mary('R1', { surname: 'OKAFOR', ...documents('D9') })], 'MARY=MARY@R1'],
      ['a new passport', [mary('R1')], null, [mary('R1', documents('D9'))], 'MARY=MARY@R1'],
      ['a new passport, no references', [mary()], null, [mary(undefined, documents('D9'))], 'MARY=MARY'],
      ['a birth date', [mary('R1')], null, [mary('R1', { birth_date: '1958-01-02' })], 'MARY=MARY@R1'],
      ['a birth date, no references', [mary()], null, [mary(undefined, { birth_date: '1958-01-02' })], 'MARY=MARY'],
      ['a birth date, and a new passport', [mary('R1')], null, [mary('R1', { birth_date: '1958-01-02', ...documents('D9') })], 'MARY=MARY@R1'],
      ['fewer facts than before', [mary('R1')], 'change', [{ reference: 'R1', seat: '9F' }], 'undefined=MARY@R1'],
      ['a passport that is another traveler’s by mistake', [mary(), tom()], null, [mary(), tom(undefined, documents('D1'))], 'MARY=MARY TOM=TOM'],
      ['two of one name and birthday', [of('GARCIA', 'JOSE', '1980-05-05', 'D1')], 'add', [of('GARCIA', 'JOSE', '1980-05-05', 'D2', undefined, { seat: '1B' })], 'JOSE=JOSE JOSE1B=new'],
    ];
    for (const [label, first, fn, then, want] of rows) {
      const f = flight();
      const send = (list, what) => g.manifest({ kind: 'passenger_list', function: what, voyage: { mode: 'air', carrier: 'XX', number: f.number, from: 'YVR', to: 'JFK',
        departure: new Date(f.departs).toISOString().replace(/:\d\d\.\d+Z/, 'Z') }, travelers: list });
      const called = (t) => `${t.given_names ?? undefined}${t.given_names === 'JOHN' || t.given_names === 'JOSE' ? t.seat ?? '' : ''}`;
      const a = await send(first, null);
      assert.equal(a.json.added, first.length, `${label}: ${a.text}`);
      const before = new Map((await travelers(a.json.voyage)).map((t) => [t.traveler, called(t)]));
      const b = await send(then, fn);
      assert.deepEqual([b.status, b.json.whole], [200, true], `${label}: ${b.text}`);
      const now = await travelers(a.json.voyage);
      const references = want.includes('@');
      const got = now.map((t) => `${called(t)}=${before.get(t.traveler) ?? 'new'}${references ? `@${t.reference}` : ''}`).sort().join(' ');
      assert.equal(got, want.split(' ').sort().join(' '), label);
      const c = await send(then, fn); // sent twice, it changes nothing
      assert.deepEqual([c.json.added, c.json.changed, c.json.removed], [0, 0, 0], `${label}, twice: ${c.text}`);
    }
  });

  test('a reference that two travelers of a PAXLST have takes nobody off', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2)]));
    const a = await edifact(paxlst(f, [person(1), person(2, { reference: 'UP1' })]));
    assert.deepEqual([a.json.whole, a.json.removed, a.json.problems.some((p) => p.code === 'kept')], [false, 0, true]);
    assert.deepEqual(await references(id), ['UP1', 'UP2']);
    const twice = await edifact(paxlst(f, [person(1), person(1, { seat: '9F' })])); // surely the same one
    assert.deepEqual([twice.json.whole, twice.json.removed], [true, 1]);
  });

  test('somebody who is left out because he is like another one takes nobody off', async () => {
    const f = flight(), plain = { document: '', reference: '', booking: '', birth: '' };
    await edifact(paxlst(f, [person(1, { name: 'GARCIA:JOSE' }), person(2, { name: 'GARCIA:JOSE' })]));
    const a = await edifact(paxlst(f, [person(1, { ...plain, name: 'GARCIA:JOSE', seat: '1A' }), person(2, { ...plain, name: 'GARCIA:JOSE', seat: '2A' })]));
    assert.deepEqual([a.json.whole, a.json.removed, a.json.problems.filter((p) => p.code === 'duplicate').length], [false, 0, 1]);
  });

  test('several bookings are taken off by one message', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3)]));
    const a = await edifact(paxlst(f, ["NAD+ZZZ'RFF+AVF:PN1'", "NAD+ZZZ'RFF+AVF:PN3'"], { bgm: '745+RP' }));
    assert.equal(a.json.removed, 2, a.text);
    assert.deepEqual(await references(id), ['UP2']);
  });

  test('a crew list says nothing about passengers', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1)]));
    const crew = await edifact(paxlst(f, [person(9, { party: 'FM', seat: '' })], { bgm: '250' }));
    assert.deepEqual([crew.status, crew.json.voyage, crew.json.removed, crew.json.travelers], [200, id, 0, 2]);
    assert.deepEqual((await travelers(id)).map((t) => [t.reference, t.kind]), [['UP1', 'passenger'], ['UP9', 'crew']]);
  });

  test('passengers and crew in one interchange: one answer, in one transaction', async () => {
    const f = flight();
    const one = paxlst(f, [person(1)], { reference: '1' }), two = paxlst(f, [person(9, { party: 'FM' })], { bgm: '250', reference: '2' });
    const a = await edifact(one + two);
    assert.deepEqual([a.status, a.json.added, a.json.others.length, a.json.others[0].added, a.json.others[0].voyage], [201, 1, 1, 1, a.json.voyage]);
    const g1 = flight();
    const bad = await edifact(paxlst(g1, [person(1)]) + paxlst(flight(), [], { bgm: '266+CLOB' }));
    assert.equal(bad.status, 404); // a close-out of a voyage nobody announced undoes the list before it
    const board = await g.ask('GET', '/v1/voyages?limit=500', { as: 'carrier' });
    assert.ok(board.json.voyages.every((v) => v.number !== g1.number));
    const c = cusres((await edifact(one + two, { accept: 'application/edifact' })).text);
    assert.equal(c.segments.filter((s) => s[0] === 'UNB').length, 2);
  });

  test('a master crew list is of no voyage: refused, saying what to send instead, and nobody of it is kept', async () => {
    const f = flight();
    for (const bgm of ['336+G', '336+H', '336+I']) {
      const a = await edifact(paxlst({ ...f, number: '00MCL' }, [person(1, { party: 'FM' })], { bgm }));
      assert.deepEqual([a.status, a.json.code], [422, 'invalid']);
      assert.match(a.json.detail, /master crew list .BGM 336. .* crew list .BGM 250/);
    }
    const board = await g.ask('GET', '/v1/voyages?limit=500', { as: 'carrier' });
    assert.ok(board.json.voyages.every((v) => !v.number.endsWith('MCL')));
  });

  test('parts in several requests, in any order: nobody goes before all of them are there', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3), person(4)]));
    const third = await edifact(paxlst(f, [person(7)], { part: '03:F', tn: 'T2' }));
    assert.deepEqual([third.json.whole, third.json.added, third.json.removed], [false, 1, 0]);
    assert.ok(third.json.problems.some((p) => p.code === 'part'));
    const first = await edifact(paxlst(f, [person(1)], { part: '01:C', tn: 'T2' }));
    assert.deepEqual([first.json.whole, first.json.removed], [false, 0]);
    assert.equal((await edifact(paxlst(f, [person(1)], { part: '01:C', tn: 'T2' }))).json.whole, false); // a part that came twice
    const second = await edifact(paxlst(f, [person(3), person(6)], { part: '02', tn: 'T2' }));
    assert.deepEqual([second.json.whole, second.json.added, second.json.removed], [true, 1, 2]);
    assert.deepEqual((await references(id)).sort(), ['UP1', 'UP3', 'UP6', 'UP7']);
    const alone = await edifact(paxlst(f, [person(7)], { part: '03:F', tn: 'T2' })); // once more: of a transmission that is over
    assert.deepEqual([alone.json.whole, alone.json.removed], [false, 0]);
    assert.equal((await references(id)).length, 4);
  });

  test('a part with a traveler that cannot be read takes nobody away', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2)]));
    await edifact(paxlst(f, [person(1), "NAD+FL+++?\r\nX'RFF+ABO:UP8'"], { part: '01:C', tn: 'T3' }));
    const last = await edifact(paxlst(f, [person(5)], { part: '02:F', tn: 'T3' }));
    assert.deepEqual([last.json.whole, last.json.removed], [false, 0]);
    assert.ok(last.json.problems.some((p) => p.code === 'kept'));
    assert.ok((await references(id)).includes('UP2'));
    const mended = await edifact(paxlst(f, [person(1), person(8)], { part: '01:C', tn: 'T3' })); // the damaged part alone
    assert.deepEqual([mended.json.whole, mended.json.removed], [true, 1]);
    assert.deepEqual((await references(id)).sort(), ['UP1', 'UP5', 'UP8']);
  });

  test('a list that is not all there is not whole: it takes nobody off, and its deadline waits on', async () => {
    const cut = (text, n) => text.slice(0, text.indexOf(`NAD+FL+++SURNAME${n}`));
    const body = (f, more) => JSON.stringify({ kind: 'passenger_list', voyage: { mode: 'air', carrier: 'XX', number: f.number, from: 'YVR', to: 'JFK',
      departure: new Date(f.departs).toISOString().replace(/:\d\d\.\d+Z/, 'Z') }, ...more });
    const rows = [
      ['a message cut off', (f) => [cut(paxlst(f, [person(1), person(2), person(3)]), 3), 'application/edifact'], 'cut_off'],
      ['no travelers', (f) => [body(f), 'application/json'], 'missing'],
      ['somebody without a name or number', (f) => [body(f, { travelers: [traveler(1), { seat: '1A' }] }), 'application/json'], 'missing'],
      ['a reference twice', (f) => [body(f, { travelers: [traveler(1), traveler(2, { reference: 'R1' })] }), 'application/json'], 'duplicate'],
    ];
    for (const [label, text, code] of rows) {
      const f = flight({ minutes: 40 });
      const [sent, type] = text(f);
      const a = await edifact(sent, { type });
      assert.deepEqual([a.status, a.json.whole], [201, false], `${label}: ${a.text}`);
      assert.ok(a.json.problems.some((p) => p.code === code), `${label}: ${a.text}`);
      const state = async () => (await g.ask('GET', `/v1/voyages/${a.json.voyage}/readiness`, { as: 'officer' })).json.lists[0].state;
      assert.equal(await state(), 'pending', label);
      const whole = await edifact(paxlst(f, [person(1), person(2), person(4)]));
      assert.deepEqual([whole.json.voyage, whole.json.whole, await state()], [a.json.voyage, true, 'in_time'], label);
      const again = await edifact(sent, { type });
      assert.deepEqual([again.json.whole, again.json.removed, again.json.problems.some((p) => p.code === 'kept')], [false, 0, true], label);
      assert.ok((await references(a.json.voyage)).includes('UP4'), label);
    }
  });

  test('a cancelled flight is closed with nobody on board, and stays so', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2)]));
    const a = await edifact(paxlst(f, [], { bgm: '266+XF' }));
    assert.deepEqual([a.status, a.json.cancelled, a.json.voyage], [200, true, id]);
    const v = (await g.ask('GET', `/v1/voyages/${id}`, { as: 'carrier' })).json;
    assert.deepEqual([v.state, v.cancelled, v.by_status.not_boarded], ['closed', true, 2]);
    assert.equal((await edifact(paxlst(f, [], { bgm: '266+XF' }))).status, 200);
    assert.equal((await edifact(paxlst(f, [person(1)]))).status, 409);
    assert.equal((await edifact(paxlst(flight(), [], { bgm: '266+XF' }))).status, 404);
    const json = voyage([]);
    await g.manifest({ ...json, travelers: [traveler(1)] });
    const b = await g.manifest({ kind: 'update', function: 'remove', cancelled: true, voyage: json.voyage, travelers: [] });
    assert.deepEqual([b.status, b.json.cancelled], [200, true]);
  });

  test('a list whose purpose cannot be told is refused, and one without its travelers takes nobody away', async () => {
    const list = { ...voyage([traveler(0), traveler(1)]), kind: 'passenger_list' };
    list.voyage.number = '8861';
    const id = (await g.manifest(list)).json.voyage;
    for (const more of [{ function: 'delete' }, { kind: 'passenger_lst' }, { function: 7 }, { cancelled: true, travelers: [] },
      { kind: 'close_out', close_out_list: 'some' }, { kind: 'close_out', travelers: undefined }]) {
      const r = await g.manifest({ ...list, travelers: [list.travelers[0]], ...more });
      assert.deepEqual([r.status, r.json.code, r.json.problems.length], [422, 'invalid', 1], r.text);
    }
    for (const travelers of [undefined, null, {}]) {
      const r = await g.manifest({ ...list, travelers });
      assert.deepEqual([r.status, r.json.removed, r.json.travelers, r.json.problems[0].tag], [200, 0, 2, '/travelers'], r.text);
    }
    const csv = await g.ask('POST', '/v1/manifests', { as: 'carrier', headers: { 'Content-Type': 'text/csv' },
      body: Buffer.from(`flight: ${list.voyage.carrier}8861\nfrom: ${list.voyage.from}\nto: ${list.voyage.to}\ndeparture: ${list.voyage.departure}\nfunction: delete\nsurname;given names\nX;Y\n`) });
    assert.equal(csv.status, 422, csv.text);
    const v = (await g.ask('GET', `/v1/voyages/${id}`, { as: 'officer' })).json;
    assert.deepEqual([v.state, v.travelers], ['open', 2]);
  });

  test('another carrier may not, a voyage that cannot be told is 422 with its problems', async () => {
    const f = flight();
    assert.equal((await g.ask('POST', '/v1/manifests', { as: 'carrier', where: { carrier: 'ZZ' }, body: Buffer.from(paxlst(f, [person(1)])),
      headers: { 'Content-Type': 'application/edifact' } })).status, 403);
    const a = await edifact(paxlst(f, [person(1)]).replace(/TDT.*?'/, ''));
    assert.equal(a.status, 422);
    assert.ok(a.json.problems.some((p) => p.tag === 'TDT' && p.code === 'missing'));
    const none = await edifact('good morning');
    assert.deepEqual([none.status, none.json.problems], [400, [{ severity: 'error', code: 'format', text: none.json.detail }]]);
    const cut = await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.from('{"kind":'), headers: { 'Content-Type': 'application/json' } });
    assert.deepEqual([cut.status, cut.json.problems], [400, [{ severity: 'error', offset: 8, code: 'format', text: cut.json.detail }]]);
    assert.equal((await edifact("UNB+UNOA:4+A+B+261123:0600+1'UNH+1+CUSRES:D:05B:UN:IATA'BGM+312'UNT+3+1'UNZ+1+1'")).status, 415);
  });

  // ---- the end ----------------------------------------------------------------------------------

  const close = (f, bgm, list) => edifact(paxlst(f, list, { bgm: `266+${bgm}` }));
  const report = async (id, as = 'officer') => (await g.ask('GET', `/v1/voyages/${id}/close`, { as })).json;

  test('CLOB: those listed are on board; who is on no list is told', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3)]));
    const a = await close(f, 'CLOB', [named('UP1'), named('UP3'), named('UP99')]);
    assert.deepEqual([a.status, a.json.closed, a.json.travelers], [200, true, 3]);
    assert.ok(a.json.problems.some((p) => p.code === 'unexpected'));
    const r = await report(id);
    assert.deepEqual([r.boarded_references, r.not_boarded_references, r.unexpected, r.by_carrier], [['UP1', 'UP3'], ['UP2'], ['UP99'], true]);
    // Nobody was at a gate: who is on board was not seen there.
    assert.deepEqual(r.differences.map((d) => [d.difference, d.reference]), [['unseen_on_board', 'UP1'], ['unseen_on_board', 'UP3'], ['unexpected', 'UP99']]);
    assert.deepEqual(await report(id, 'carrier'), r);
  });

  test('CLNB: those listed are not on board', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3)]));
    await close(f, 'CLNB', [named('UP2'), named('UP77')]);
    const r = await report(id);
    assert.deepEqual([r.boarded_references, r.not_boarded_references, r.unexpected], [['UP1', 'UP3'], ['UP2'], []]);
  });

  test('who is on board without a reference, and on no list, is told by what the close-out says of him', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1)]));
    const a = await close(f, 'CLOB', [named('UP1'), named('UP99'), person(7, { reference: '' })]);
    assert.equal(a.json.problems.filter((p) => p.code === 'unexpected').length, 2);
    for (const as of ['officer', 'carrier', 'supervisor']) {
      const r = await report(id, as);
      assert.deepEqual([r.unexpected, r.unexpected_travelers.map((t) => t.reference)], [['UP99'], ['UP99', null]], as);
      const [, ghost] = r.unexpected_travelers;
      assert.equal(typeof ghost.surname, 'string');
      assert.deepEqual([ghost.documents.map((d) => typeof d.number), typeof ghost.birth_date], as === 'carrier' ? [[], 'object'] : [['string'], 'string']);
      assert.deepEqual(Object.keys(ghost).sort(), ['birth_date', 'documents', 'given_names', 'kind', 'nationality', 'reference', 'seat', 'surname']);
      assert.equal(r.differences.filter((d) => d.difference === 'unexpected').length, 2);
    }
    const all = (await g.ask('GET', '/v1/audit/entries?limit=1000', { as: 'auditor' })).json.entries.map((e) => JSON.parse(e)).filter((e) => e.voyage === id);
    assert.equal(all.find((e) => e.kind === 'close').count, 2);
    assert.ok(all.some((e) => e.kind === 'view' && e.name === 'close'), 'names were shown');
  });

  test('CLNB with somebody nobody announced: the rest is taken, and it is told', async () => {
    const f = flight();
    await edifact(paxlst(f, [person(1), person(2)]));
    const a = await close(f, 'CLNB', [named('UP2'), named('UP77')]);
    assert.deepEqual(a.json.problems.filter((p) => p.code === 'unknown').map((p) => [p.severity, p.segment]), [['warning', 1]]);
  });

  test('a mistyped reference of who is not on board: the voyage stays open, and the place is told', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3), person(4)]));
    await edifact(paxlst(f, [person(1), person(2), person(3)])); // UP4 is taken off: known, and not on board
    const post = (not_boarded) => g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: { not_boarded } });
    const a = await post(['UP22', 'UP3', 'UP33']);
    assert.deepEqual([a.status, a.json.code, a.json.problems.map((p) => [p.severity, p.code, p.tag])],
      [422, 'invalid', [['error', 'unknown', '/not_boarded/0'], ['error', 'unknown', '/not_boarded/2']]]);
    assert.ok(!a.text.includes('UP22'), 'the place, not what stood there');
    assert.equal((await g.ask('GET', `/v1/voyages/${id}`, { as: 'carrier' })).json.state, 'open');
    const b = await post(['UP2', 'UP3', 'UP4']);
    assert.deepEqual([b.status, b.json.boarded_references, b.json.problems], [200, ['UP1'], []]);
    // Closed already: what can be taken is, and the rest is told.
    const c = await post(['UP2', 'UP44']);
    assert.deepEqual([c.status, c.json.already, c.json.boarded_references, c.json.problems.map((p) => [p.severity, p.code, p.tag])],
      [200, true, ['UP1', 'UP3'], [['warning', 'unknown', '/not_boarded/1']]]);
  });

  test('CL: no list, all who may board are on board', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2)]));
    await close(f, 'CL', []);
    const r = await report(id);
    assert.deepEqual([r.boarded, r.not_boarded, r.by_carrier], [2, 0, true]);
  });

  test('a close-out with names and documents instead of references is joined all the same', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2), person(3), person(4)]));
    await close(f, 'CLOB', [person(1, { reference: '', booking: '', name: '' }), person(2, { reference: '', document: '', birth: '' }),
      person(3, { reference: '', document: '', booking: '' })]);
    assert.deepEqual((await report(id)).boarded_references, ['UP1', 'UP2', 'UP3']);
  });

  test('the carrier says after the gate has closed who was on board', async () => {
    const f = flight();
    const { json: { voyage: id } } = await edifact(paxlst(f, [person(1), person(2)]));
    assert.equal((await g.ask('GET', `/v1/voyages/${id}/close`, { as: 'officer' })).status, 409);
    const first = await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'officer', json: {} });
    assert.deepEqual([first.json.boarded, first.json.by_carrier, first.json.differences], [0, false, []]);
    assert.equal((await close(f, 'CLOB', [named('UP2')])).status, 200);
    const r = await report(id);
    assert.deepEqual([r.boarded_references, r.by_carrier, r.closed_at, r.purge_at], [['UP2'], true, first.json.closed_at, first.json.purge_at]);
    const again = await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: { not_boarded: ['UP2'] } });
    assert.deepEqual([again.json.boarded_references, again.json.already], [['UP1'], true]);
    assert.equal((await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json: { boarded: [], not_boarded: [] } })).status, 422);
  });

  // ---- time -----------------------------------------------------------------------------------------

  const told = (l, word, id) => l.wait((e) => e.event === word && e.data.voyage === id);

  test('a list that comes after its deadline is late, told and alarmed; changes to one in time are not', async (t) => {
    const l = await Listener.open(t, g, { as: 'supervisor' });
    const late = flight({ minutes: 10 });
    const a = await edifact(paxlst(late, [person(1)]));
    assert.equal(a.json.late, true);
    const [event] = await told(l, 'deadline', a.json.voyage);
    assert.deepEqual([event.data.list, event.data.state], ['passengers', 'late']);
    const [alert] = await told(l, 'alert', a.json.voyage);
    assert.equal(alert.data.kind, 'late_manifest');
    assert.equal((await g.ask('GET', `/v1/voyages/${a.json.voyage}/readiness`, { as: 'carrier' })).json.lists[0].state, 'late');
    const crew = await edifact(paxlst(flight({ minutes: 45 }), [person(9, { party: 'FM' })], { bgm: '250' }));
    assert.equal(crew.json.late, true); // an hour before
    const fine = flight({ minutes: 40 });
    const b = await edifact(paxlst(fine, [person(1)]));
    assert.equal(b.json.late, false);
    const r = (await g.ask('GET', `/v1/voyages/${b.json.voyage}/readiness`, { as: 'officer' })).json;
    assert.deepEqual(r.lists.map((x) => [x.list, x.state]), [['passengers', 'in_time'], ['crew', 'missing']]);
    assert.equal(r.lists[0].due_at, new Date(Math.floor(fine.departs / 60_000) * 60_000 - 30 * 60_000).toISOString().replace('.000Z', 'Z'));
    assert.equal((await edifact(paxlst(fine, [person(1), person(2)], { bgm: '745+CP' }))).json.late, false);
  });

  test('a local time at a port without a known zone accuses nobody', async () => {
    const a = await edifact(paxlst(flight({ minutes: 10, from: 'KEF' }), [person(1)]));
    assert.equal(a.json.late, false);
    const r = (await g.ask('GET', `/v1/voyages/${a.json.voyage}/readiness`, { as: 'officer' })).json;
    assert.equal(r.lists[0].due_at, null);
  });

  test('a local time at a port with a zone is that port’s', async () => {
    // 10 in the morning at JFK in July is 14:00 UTC, in January 15:00.
    for (const [local, due] of [['2707011000', '2027-07-01T13:30:00Z'], ['2801101000', '2028-01-10T14:30:00Z']]) {
      const f = { ...flight({ from: 'JFK', to: 'YVR' }), departure: local, arrival: local };
      const a = await edifact(paxlst(f, [person(1)]));
      const r = (await g.ask('GET', `/v1/voyages/${a.json.voyage}/readiness`, { as: 'officer' })).json;
      assert.equal(r.lists[0].due_at, due);
    }
  });

  test('a passenger list that did not come is missing at its deadline', async (t) => {
    const l = await Listener.open(t, g, { as: 'officer' });
    const f = { ...flight(), departs: 0 };
    // The deadline passes within seconds: by a departure with seconds, in JSON.
    const departure = new Date(Date.now() + 30 * 60_000 + 2000).toISOString().slice(0, 19);
    const a = await g.manifest({ kind: 'crew_list', voyage: { mode: 'air', carrier: 'XX', number: f.number, from: 'YVR', to: 'JFK', departure: `${departure}Z` },
      travelers: [traveler(1, { kind: 'crew' })] });
    const [event] = await l.wait((e) => e.event === 'deadline' && e.data.voyage === a.json.voyage && e.data.state === 'missing');
    assert.equal(event.data.list, 'passengers');
    const [alert] = await l.wait((e) => e.event === 'alert' && e.data.voyage === a.json.voyage && e.data.kind === 'missing_manifest');
    assert.equal(alert.data.state, 'open');
    const r = (await g.ask('GET', `/v1/voyages/${a.json.voyage}/readiness`, { as: 'officer' })).json;
    assert.equal(r.lists[0].state, 'missing');
  });

  test('readiness is told at half an hour before departure, and when it changes', async (t) => {
    const l = await Listener.open(t, g, { as: 'carrier' });
    const m = voyage([traveler(70), traveler(71)]);
    m.voyage.departure = `${new Date(Date.now() + 30 * 60_000 + 2000).toISOString().slice(0, 19)}Z`;
    const a = await g.manifest(m);
    const [live] = await l.wait((e) => e.event === 'readiness' && e.data.voyage === a.json.voyage && e.data.minutes_before === null);
    assert.deepEqual([live.data.expected + live.data.not_photographed, live.data.covered], [2, 0]);
    const [mark] = await l.wait((e) => e.event === 'readiness' && e.data.voyage === a.json.voyage && e.data.minutes_before === 30);
    assert.equal(mark.data.covered, 0);
    const r = (await g.ask('GET', `/v1/voyages/${a.json.voyage}/readiness`, { as: 'carrier' })).json;
    assert.deepEqual(r.marks.map((x) => [x.minutes_before, x.covered]), [[30, 0]]);
  });

  // ---- real messages --------------------------------------------------------------------------------

  const samples = path.join(process.env.GANGWAY_SHARED ?? path.join(root, '..', 'shared'), 'samples', 'paxlst');
  test('messages of real producers', { skip: existsSync(samples) ? false : `no samples in ${samples}` }, async () => {
    let taken = 0;
    for (const file of readdirSync(samples).filter((f) => /\.(edi|txt)$/.test(f))) {
      const body = readFileSync(path.join(samples, file));
      const { carrier } = JSON.parse(run(['manifest', path.join(samples, file)]).stdout.split('\n')[0]).voyage;
      if (!/^[A-Z0-9]{2,3}$/.test(carrier ?? '')) continue; // a token is a carrier's
      const a = await edifact(body, { carrier });
      assert.ok([200, 201, 422].includes(a.status), `${file}: ${a.status}`);
      if (a.status === 422) continue;
      taken++;
      const again = await edifact(body, { carrier });
      assert.deepEqual([again.status, again.json.voyage, again.json.added, again.json.changed, again.json.removed], [200, a.json.voyage, 0, 0, 0], file);
      const c = cusres((await edifact(body, { carrier, accept: 'application/edifact' })).text);
      assert.equal(c.bgm, '962', file);
    }
    assert.ok(taken >= 8, `${taken}`);
  });
});

// ---- a boarding pass at the gate ----------------------------------------------------------------------

describe('a boarding pass names whom the picture is compared with', { skip: withoutPhotos }, () => {
  let g, id, m;
  const afters = [];
  before(async () => {
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0 } });
    for (const [n, file] of [[0, 'franck_01829.jpg'], [1, 'audrey.jpg'], [2, 'cage.jpg']]) assert.equal((await g.portrait(photo(file), { number: number(n) })).status, 201);
    m = voyage([traveler(0, { surname: 'Müller-Lüdenscheidt', given_names: 'Hans Georg', reservation: 'ABC123', seat: '12A' }),
      traveler(1, { surname: 'HEPBURN', given_names: 'AUDREY', reservation: 'ABC123', seat: '12B' }),
      traveler(2, { surname: 'CAGE', given_names: 'NICOLAS', seat: '14C' })]);
    m.voyage.number = '834';
    id = (await g.manifest(m)).json.voyage;
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const day = () => {
    const d = new Date(m.voyage.departure);
    return String(Math.floor((Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()) - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, '0');
  };
  const pass = ({ name, pnr = 'ABC123', from = 'YVR', to = 'JFK', carrier = 'XX', number: flight = '0834', seat = '012A', date = day() }) =>
    `M1${name.padEnd(20).slice(0, 20)}E${pnr.padEnd(7)}${from}${to}${carrier.padEnd(3)}${flight.padEnd(5)}${date}Y${seat}0025 100`;
  const verify = (picture, text, more = {}) => g.verify(id, picture, { headers: { 'X-Boarding-Pass': text }, ...more });

  test('the holder is cleared, his name cut and transliterated as passes print it', async () => {
    const a = await verify(photo('franck_04035.jpg'), pass({ name: 'MUELLERLUEDENSCHEID/H' }));
    assert.deepEqual([a.status, a.json.decision, a.json.traveler], [200, 'clear', { reference: 'R0', seat: '12A' }]);
  });
  test('somebody else with that pass is not, though expected himself', async () => {
    const a = await verify(photo('cage.jpg'), pass({ name: 'HEPBURN/AUDREYMS', seat: '012B' }));
    assert.notEqual(a.json.decision, 'clear');
    assert.equal(a.json.traveler, null);
  });
  test('without a booking on the manifest, seat and name tell', async () => {
    const a = await verify(photo('cage.jpg'), pass({ name: 'CAGE/NICOLASMR', pnr: 'ZZZZZZ', seat: '014C' }));
    assert.deepEqual([a.json.decision, a.json.traveler?.reference], ['clear', 'R2']);
  });
  test('a pass of another flight, day or person is for a person to look at', async () => {
    for (const text of [pass({ name: 'HEPBURN/AUDREY', number: '0835' }), pass({ name: 'HEPBURN/AUDREY', carrier: 'YY' }), pass({ name: 'HEPBURN/AUDREY', from: 'LHR', to: 'CDG' }),
      pass({ name: 'SOMEBODY/ELSE' })]) {
      const a = await verify(photo('audrey.jpg'), text);
      assert.deepEqual([a.status, a.json.decision, a.json.traveler], [200, 'inspect', null]);
    }
    const log = await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'officer' });
    assert.equal(log.json.verifications.at(-1).reason, 'not_expected');
  });
  test('what is no pass is refused, and says nothing of what stood there', async () => {
    const a = await verify(photo('audrey.jpg'), 'M1HEPBURN/AUDREY');
    assert.deepEqual([a.status, a.json.code], [422, 'invalid']);
    assert.doesNotMatch(a.text, /HEPBURN/);
    assert.equal((await g.verify(id, photo('audrey.jpg'), { headers: { 'X-Boarding-Pass': pass({ name: 'HEPBURN/AUDREY' }), 'X-Document-Number': number(1) } })).status, 422);
    assert.doesNotMatch(g.stderr, /HEPBURN|ABC123/);
  });
});

// ---- at the gate, while lists change ------------------------------------------------------------------

describe('what the gate knows of somebody outlives the list', { skip: withoutPhotos }, () => {
  let g, n = 8900;
  const afters = [];
  before(async () => {
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'verify.liveness': 0 } });
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: number(0) })).status, 201);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  const mary = (more = {}) => traveler(0, { surname: 'SMITH', given_names: 'MARY', birth_date: '1985-01-02', ...more });
  const tom = (more = {}) => traveler(1, { surname: 'JONES', given_names: 'TOM', birth_date: '1970-03-04', ...more });
  const sail = () => {
    const { voyage: v } = voyage([], { number: String(n++) });
    return async (travelers, fn = null) => {
      const r = await g.manifest({ kind: 'passenger_list', function: fn, voyage: v, travelers });
      assert.ok(r.status < 300, r.text);
      return r.json;
    };
  };
  const status = async (id) => Object.fromEntries((await g.ask('GET', `/v1/voyages/${id}/travelers?limit=500`, { as: 'officer' })).json.travelers
    .map((t) => [t.given_names, t.status]));
  const verify = async (id) => (await g.verify(id, photo('franck_02045.jpg'))).json.decision;
  const alerts = async (id) => (await g.ask('GET', `/v1/alerts?voyage=${id}`, { as: 'supervisor' })).json.alerts.map((a) => a.kind).sort();
  const close = async (id, json = {}) => (await g.ask('POST', `/v1/voyages/${id}/close`, { as: 'carrier', json })).json;

  test('a clear goes with who was cleared, not with his reference or document', async () => {
    const rows = [
      ['references exchanged', null, [mary({ reference: 'R1' }), tom({ reference: 'R0' })], { MARY: 'cleared', TOM: 'expected' }],
      ['the reference of who was cleared is another’s', null, [traveler(9, { given_names: 'PETER', birth_date: '1950-01-01', reference: 'R0' }), tom()], { PETER: 'expected', TOM: 'expected' }],
      ['a child with the same document', 'add', [mary({ given_names: 'BABY', birth_date: '2026-01-02', reference: undefined })], { MARY: 'cleared', TOM: 'expected', BABY: 'expected' }],
      ['a married name', null, [mary({ surname: 'OKAFOR' }), tom()], { MARY: 'cleared', TOM: 'expected' }],
    ];
    for (const [label, fn, then, want] of rows) {
      const send = sail(), { voyage: id } = await send([mary(), tom()]);
      assert.equal(await verify(id), 'clear', label);
      await send(then, fn);
      assert.deepEqual(await status(id), want, label);
    }
  });

  test('off the list and on again, cleared stays cleared: a second time is an alert', async () => {
    for (const more of [{}, { reference: 'R7' }, { reference: undefined }, { reference: 'R7', documents: [] }]) {
      const send = sail(), { voyage: id } = await send([mary(), tom()]);
      assert.equal(await verify(id), 'clear');
      assert.equal((await send([tom()])).removed, 1);
      assert.deepEqual(await alerts(id), ['removed_after_clear']);
      assert.equal((await send([mary(more), tom()])).added, 1);
      assert.deepEqual(await status(id), { MARY: 'cleared', TOM: 'expected' });
      if (more.documents) continue; // without a document there is no portrait of her
      assert.equal(await verify(id), 'inspect');
      assert.deepEqual(await alerts(id), ['duplicate_clear', 'removed_after_clear']);
      assert.deepEqual((await close(id)).differences, []);
    }
  });

  test('declined stays declined, inhibited inhibited, denied denied', async () => {
    const said = async (what, id) => {
      if (what === 'declined') return g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R0' } });
      if (what === 'inhibited') return g.ask('POST', '/v1/boarding-status', { as: 'admin', json: { voyage: id, reference: 'R0', boarding_status: 'inhibited' } });
      await g.ask('POST', `/v1/voyages/${id}/declines`, { as: 'device', json: { reference: 'R0' } });
      const [{ inspection }] = (await g.ask('GET', `/v1/inspections?voyage=${id}`, { as: 'officer' })).json.inspections;
      return g.ask('POST', `/v1/inspections/${inspection}/outcome`, { as: 'officer', json: { method: 'document', result: 'denied' } });
    };
    for (const [what, kept] of [['declined', 'declined'], ['inhibited', 'expected'], ['denied', 'denied']]) {
      const send = sail(), { voyage: id } = await send([mary(), tom()]);
      const r = await said(what, id);
      assert.ok(r.status < 300, r.text);
      await send([tom()]);
      await send([mary({ reference: 'R7' }), tom()]);
      assert.deepEqual(await status(id), { MARY: kept, TOM: 'expected' }, what);
      if (what === 'inhibited') assert.equal(await verify(id), 'inspect');
      assert.deepEqual(await alerts(id), [], what);
    }
  });

  test('who passed the gate and was taken off is a difference at the close, whoever says who is on board', async () => {
    for (const ask of [{}, { boarded: ['R1'] }]) {
      const send = sail(), { voyage: id } = await send([mary(), tom()]);
      assert.equal(await verify(id), 'clear');
      await send([mary()], 'remove');
      const gone = { difference: 'removed_after_clear', reference: 'R0', seat: '1A' };
      assert.deepEqual((await close(id, ask)).differences.filter((d) => d.difference !== 'unseen_on_board'), [gone]);
      const r = await g.ask('GET', `/v1/voyages/${id}/close`, { as: 'officer' });
      assert.deepEqual(r.json.differences.filter((d) => d.difference !== 'unseen_on_board'), [gone]);
      assert.deepEqual(await alerts(id), ['removed_after_clear']);
    }
  });
});
