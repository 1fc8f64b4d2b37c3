// manifest.mjs - `gangway manifest` as it is typed: what it prints, how it ends, and,
// where the folder is there, every value known of real messages of a dozen producers.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const gangway = path.resolve(process.env.GANGWAY ?? path.join(root, 'build/gangway'));
const shared = process.env.GANGWAY_SHARED ?? path.join(root, '../shared');
const samples = path.join(shared, 'samples');
let here;
before(() => { here = mkdtempSync(path.join(tmpdir(), 'gangway-manifest-')); });
after(() => rmSync(here, { recursive: true, force: true }));

function run(args, input) {
  const r = spawnSync(gangway, ['manifest', ...args], { input, encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.equal(r.signal, null);
  return { status: r.status, out: r.stdout, err: r.stderr, json: () => r.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l)) };
}

function file(name, text) {
  const f = path.join(here, name);
  writeFileSync(f, text);
  return f;
}

const paxlst = `UNB+UNOA:4+XXAIR+BORDER+261120:0800+1001'UNH+M1+PAXLST:D:05B:UN:IATA+CAR7'BGM+745'RFF+TN:AB1'
TDT+20+XX123+++XX'LOC+125+YVR'DTM+189:2611231015:201'LOC+87+JFK'DTM+232:2611231840:201'
NAD+FL+++CLARK:MICHAEL'ATT+2++M'DTM+329:630725'RFF+AVF:ABC123'RFF+ABO:CB1'DOC+P+MB140241'
NAD+FL+++OKAFOR:ADA'RFF+AVF:ABC124'RFF+ABO:CB2'
CNT+42:2'UNT+19+M1'UNZ+1+1001'`;
const csv = 'flight: XX123\nfrom: YVR\nto: JFK\ndeparture: 2026-11-23T10:15\nsurname;reference;birth date\nCLARK;A1;1963-07-25\n';

test('the keys are those of the contract', () => {
  const r = run(['-'], paxlst);
  assert.equal(r.status, 0, r.err);
  const [m] = r.json();
  assert.deepEqual(Object.keys(m).slice(0, 8), ['kind', 'function', 'message_reference', 'sender', 'recipient', 'voyage', 'reporting_party', 'travelers']);
  assert.equal(m.kind, 'passenger_list');
  assert.equal(m.function, null);
  assert.deepEqual(m.voyage, { mode: 'air', carrier: 'XX', number: '123', from: 'YVR', to: 'JFK', departure: '2026-11-23T10:15', arrival: '2026-11-23T18:40',
    legs: [{ from: 'YVR', to: 'JFK', departure: '2026-11-23T10:15', arrival: '2026-11-23T18:40' }] });
  assert.deepEqual(m.travelers[0], { kind: 'passenger', surname: 'CLARK', given_names: 'MICHAEL', sex: 'M', birth_date: '1963-07-25',
    documents: [{ type: 'P', number: 'MB140241' }], reservation: 'ABC123', reference: 'CB1', in_transit: false, party: 'FL' });
  assert.deepEqual(m.count, { declared: 2, read: 2 });
  assert.equal(m.valid, true);
  assert.deepEqual(m.problems, []);
});

test('a problem has its place', () => {
  const text = paxlst.replace('DTM+232:2611231840', 'DTM+232:2611239940');
  const r = run(['-'], text);
  assert.equal(r.status, 1);
  const [p] = r.json()[0].problems;
  assert.equal(p.severity, 'error');
  assert.equal(p.segment, 8);
  assert.equal(p.offset, text.indexOf('DTM+232'));
  assert.equal(p.tag, 'DTM');
  assert.equal(p.code, 'date');
});

test('JSON and CSV are told by themselves', () => {
  const first = run([file('list.csv', csv)]);
  assert.equal(first.status, 0, first.out);
  const [table] = first.json();
  assert.equal(table.travelers[0].surname, 'CLARK');
  const again = run(['-'], JSON.stringify(table));
  assert.equal(again.status, 0, again.out);
  assert.deepEqual(again.json()[0].travelers, table.travelers);
});

// As much of JSON Schema as the schema uses.
function fits(schema, v, root, at = '') {
  if (schema.$ref) return fits(root.$defs[schema.$ref.split('/').at(-1)], v, root, at);
  const kind = v === null ? 'null' : Array.isArray(v) ? 'array' : Number.isInteger(v) ? 'integer' : typeof v;
  if (schema.type && ![schema.type].flat().includes(kind)) return [`${at}: ${kind}`];
  if (schema.enum && !schema.enum.includes(v)) return [`${at}: none of ${schema.enum}`];
  if (kind === 'string' && schema.pattern && !new RegExp(schema.pattern, 'u').test(v)) return [`${at}: not ${schema.pattern}`];
  if (kind === 'string' && v.length > (schema.maxLength ?? Infinity)) return [`${at}: too long`];
  if (kind === 'integer' && (v < (schema.minimum ?? -Infinity) || v > (schema.maximum ?? Infinity))) return [`${at}: out of range`];
  if (kind === 'array') {
    if (v.length > (schema.maxItems ?? Infinity)) return [`${at}: too many`];
    return v.flatMap((x, i) => fits(schema.items ?? {}, x, root, `${at}/${i}`));
  }
  if (kind !== 'object') return [];
  if (schema.anyOf && !schema.anyOf.some((s) => fits(s, v, root, at).length === 0)) return [`${at}: none of anyOf`];
  const missing = (schema.required ?? []).filter((k) => v[k] == null).map((k) => `${at}/${k}: missing`);
  return [...missing, ...Object.entries(schema.properties ?? {}).flatMap(([k, sub]) => (k in v ? fits(sub, v[k], root, `${at}/${k}`) : []))];
}
const schema = JSON.parse(readFileSync(path.join(root, 'docs/manifest.schema.json'), 'utf8'));

test('the schema and the reader agree, fact by fact', () => {
  const good = { kind: 'passenger_list', function: null, message_reference: 'M1', sender: 'XX', recipient: 'YY',
    voyage: { mode: 'air', direction: 'departure', carrier: 'XX', number: '123', from: 'YVR', to: 'JFK', departure: '2026-11-23T10:15', arrival: '2026-11-23T18:40Z',
      legs: [{ from: 'YVR', to: 'JFK', departure: '2026-11-23T10:15', arrival: '2026-11-23T18:40', carrier: 'YY', number: '9' }] },
    reporting_party: { name: 'DESK', telephone: '1', email: 'a@b.example' },
    travelers: [{ kind: 'passenger', surname: 'CLARK', given_names: 'MICHAEL', sex: 'M', birth_date: '1985-XX-XX', nationality: 'D', residence: 'CAN',
      documents: [{ type: 'P', number: 'MB-1', issuing_state: 'CAN', expiry_date: '2028-10-21' }], reservation: 'A', reference: 'B', origin: 'YVR', destination: 'JFK', seat: '12A', in_transit: false }],
    count: { declared: 1 } };
  assert.deepEqual(fits(schema, good, schema), []);
  assert.equal(run(['-'], JSON.stringify(good)).status, 0);
  // Each member put to something else: what the schema refuses the reader tells, and the other way round. (An empty string is an absent fact.)
  const odd = [5, 'x', 'XX', '12345678901234567', 'a'.repeat(65), 'a'.repeat(201), 'tab\there', '2026-11-23', '2026-11-23T10:15', [], {}, [5], true, null, -1, 'M', 'USA', 'on_board'];
  const cases = [];
  (function walk(v, at) {
    for (const k of Object.keys(v)) {
      for (const x of odd) cases.push([[...at, k], x]);
      if (v[k] !== null && typeof v[k] === 'object') walk(v[k], [...at, k]);
    }
  })(good, []);
  // A list without travelers names nobody by mistake, unless nobody need be named.
  for (const kind of [null, 'passenger_list', 'crew_list', 'update', 'close_out'])
    for (const close_out_list of [null, 'none', 'on_board', 'not_on_board'])
      if (close_out_list === null || kind === 'close_out') cases.push([['travelers'], null, { kind, close_out_list, count: null }]);
  const files = cases.map(([where, x, more = {}], i) => {
    const m = { ...structuredClone(good), ...more };
    where.slice(0, -1).reduce((o, k) => o[k], m)[where.at(-1)] = x;
    cases[i].length = 2;
    cases[i].push(fits(schema, m, schema).length === 0);
    return file(`odd-${i}.json`, JSON.stringify(m));
  });
  const read = run(files).json();
  assert.equal(read.length, cases.length);
  const disagreements = cases.map(([where, x, wanted], i) => (read[i].valid === wanted ? null
    : `${where.join('/')} = ${JSON.stringify(x).slice(0, 20)}: schema ${wanted}, reader ${JSON.stringify(read[i].problems).slice(0, 160)}`)).filter(Boolean);
  assert.deepEqual(disagreements, []);
});

test('exit status: 0 valid, 1 not valid, 2 wrong usage, 3 could not be read; the highest of several', () => {
  const good = file('good.edi', paxlst);
  const bad = file('bad.csv', csv.replace('1963-07-25', '03/04/1963'));
  const none = file('none.bin', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]));
  assert.equal(run([good]).status, 0);
  assert.equal(run([bad]).status, 1);
  assert.equal(run([]).status, 2);
  assert.equal(run([none]).status, 3);
  assert.equal(run([path.join(here, 'absent')]).status, 3);
  const all = run([good, none, bad]);
  assert.equal(all.status, 3);
  assert.equal(all.json().length, 3);
  assert.deepEqual(all.json().map((o) => o.valid), [true, false, false]);
});

test('the retired dialect is named, as a whole', () => {
  const r = run(['-'], "UNB+UNOA:1+XX+US+010203:0800+1'UNH+1+PAXLST:001:000'CTA+IC'UNS+D'PDT+P/MB1:CAN+CLARK:MIKE'UNT+5+1'UNZ+1+1'");
  assert.equal(r.status, 3);
  assert.equal(r.json()[0].problems[0].code, 'unsupported');
  assert.match(r.err, /dialect the United States retired/);
});

test('--reply writes CUSRES, which is read again', () => {
  const reply = run(['--reply', '-'], paxlst);
  assert.equal(reply.status, 0, reply.err);
  assert.match(reply.out, /^UNB\+UNOA:4\+BORDER\+XXAIR\+/);
  const answer = run(['-'], reply.out).json()[0];
  assert.equal(answer.kind, 'response');
  assert.equal(answer.transaction_reference, 'AB1');
  assert.equal(answer.common_access_reference, 'CAR7');
  assert.equal(answer.voyages[0].flight, 'XX123');
  const travelers = answer.results.filter((x) => x.level === 'traveler');
  assert.deepEqual(travelers.map((x) => [x.reservation, x.reference, x.status]), [['ABC123', 'CB1', 'not_yet'], ['ABC124', 'CB2', 'insufficient']]);
  assert.equal(answer.valid, true);
  assert.deepEqual(answer.problems, []);
});

test('--reply of what is not PAXLST is wrong usage, in a sentence', () => {
  for (const text of [csv, '{"voyage":{}}']) {
    const r = run(['--reply', '-'], text);
    assert.equal(r.status, 2);
    assert.equal(r.out, '');
    assert.match(r.err, /--reply answers PAXLST/);
  }
});

test('profiles: codes by authority, separators by partner, and the nearest refusal', () => {
  const own = file('own.json', JSON.stringify({ name: 'own', codes: [{ code: 'OK', means: 'cleared' }, { code: 'NO', means: 'insufficient', text: "DON'T" }],
    separators: { element: '*', terminator: '#' } }));
  const dressed = paxlst.replaceAll('+', '*').replaceAll("'", '#');
  assert.equal(run(['-'], dressed).status, 3);
  const r = run(['--profile', own, '-'], dressed);
  assert.equal(r.status, 0, r.err);
  assert.equal(r.json()[0].travelers.length, 2);
  assert.match(run(['--profile', own, '--reply', '-'], dressed).out, /ERC\+NO'\s*FTX\+AAP\+\+\+DON\?'T'/);
  assert.equal(run(['--profile', 'nowhere', '-'], paxlst).status, 3);
  assert.equal(run(['--profile', file('broken.json', '{"name":"x"}'), '-'], paxlst).status, 1);
});

test('--help, unknown options, --today', () => {
  const help = run(['--help']);
  assert.equal(help.status, 0);
  for (const word of ['--reply', '--profile', '--pretty', '--today', 'PAXLST', 'CSV']) assert.ok(help.out.includes(word), word);
  const unknown = run(['--repli', '-'], paxlst);
  assert.equal(unknown.status, 2);
  assert.match(unknown.err, /did you mean --reply/);
  assert.equal(run(['--today', 'tomorrow', '-'], paxlst).status, 2);
  const old = csv.replace('1963-07-25', '25JUL63');
  assert.equal(run(['--today', '2026-11-23', '-'], old).json()[0].travelers[0].birth_date, '1963-07-25');
  assert.equal(run(['--today', '2066-11-23', '-'], old).json()[0].travelers[0].birth_date, '2063-07-25');
});

test('what is larger than the limit is refused without having been read', async () => {
  const huge = file('huge.edi', paxlst);
  truncateSync(huge, 100 << 20);
  const r = run([huge]);
  assert.equal(r.status, 3);
  assert.equal(r.json()[0].problems[0].code, 'limit');
  // Through a pipe: how much of 100 MiB does it take before it lets go?
  const child = spawn(gangway, ['manifest', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const chunk = Buffer.alloc(1 << 20, "RFF+A'");
  let taken = 0;
  let open = true;
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stdin.on('error', () => { open = false; });
  child.stdout.resume();
  child.stderr.resume();
  while (open && taken < 100 << 20) {
    await new Promise((resolve) => child.stdin.write(chunk, resolve));
    if (open) taken += chunk.length;
  }
  child.stdin.end();
  assert.equal(await ended, 3);
  assert.ok(taken <= 20 << 20, `${taken} bytes`);
});

test('no name or number of a person is in what goes to standard error', () => {
  const r = run([file('secret.csv', csv.replace('1963-07-25', '03/04/1963').replace('CLARK', 'CLARK;X;Y;Z;W'))]);
  assert.equal(r.status, 1);
  assert.ok(!r.err.includes('CLARK'));
  assert.ok(!JSON.stringify(r.json()[0].problems).includes('CLARK'));
});

// ---- real messages ---------------------------------------------------------------

function index(folder) {
  return readFileSync(path.join(samples, folder, 'index.jsonl'), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
}

const skip = existsSync(path.join(samples, 'paxlst/index.jsonl')) ? false : `${samples} is not here`;

const asSegments = (text) => text.replace(/\s+/g, ' ');

// What a source could read, and what was counted in the file, of one sample.
function checkList(entry) {
  const r = run([path.join(samples, 'paxlst', entry.file)]);
  const messages = r.json();
  const refused = entry.expected_by_source?.source_parses !== undefined;
  assert.equal(r.status, refused ? 1 : 0, r.err + JSON.stringify(messages[0]?.problems));
  assert.equal(messages.length, 1);
  const [m] = messages;
  const d = entry.derived;
  const codes = (tag, code) => m.problems.filter((p) => p.tag === tag && p.code === code).length;

  assert.equal(m.message_reference, d.unh_ref);
  assert.equal(m.common_access_reference ?? null, d.common_access_reference);
  assert.equal(m.message_code, d.bgm[0]);
  assert.equal(m.sub_function, d.bgm[1]);
  assert.equal(m.release, d.message.split(':')[2]);
  assert.equal(codes('UNT', 'count') > 0, Number(d.unt_declared) !== d.unt_actual);
  assert.equal(codes('UNT', 'reference') > 0, d.unh_ref !== d.unt_ref);
  if (d.cnt?.includes(':')) assert.equal(m.count.declared, Number(d.cnt.split(':')[1]));
  if (d.transfer_status) {
    const [number, mark] = d.transfer_status.split(':');
    assert.equal(m.part.number, Number(number));
    assert.equal(m.part.last, mark === 'F');
    assert.equal(m.part.complete, d.transfer_status === '01:F');
  } else {
    assert.equal(m.part, undefined);
  }
  const parties = Object.entries(d.nad).filter(([party]) => party !== 'MS');
  for (const [party, n] of parties) assert.equal(m.travelers.filter((t) => t.party === party).length, n, party);
  assert.equal(m.travelers.length, parties.reduce((sum, [, n]) => sum + n, 0));
  assert.equal(m.count.read, m.travelers.length);
  // Some DOC are empty: they say that there is none.
  const empty = asSegments(readFileSync(path.join(samples, 'paxlst', entry.file), 'utf8')).split(/DOC[+*]{2}['#]/).length - 1;
  assert.equal(m.travelers.reduce((sum, t) => sum + t.documents.length, 0), d.doc - empty);

  const flights = d.tdt.filter(Boolean);
  if (flights.length > 0) assert.equal(m.voyage.carrier + m.voyage.number, flights[0]);
  const border = d.loc_flight.filter((l) => l.startsWith('125') || l.startsWith('87')).map((l) => l.split('+')[1]);
  const airports = d.loc_flight.map((l) => l.split('+')[1]);
  if (airports.length > 0) {
    assert.deepEqual(m.voyage.legs.flatMap((l) => [l.from, l.to]), airports);
    const [from, to] = border.length === 2 ? border : [airports[0], airports.at(-1)];
    assert.deepEqual([m.voyage.from, m.voyage.to], [from, to]);
  }
  const legFlights = [...new Set(m.voyage.legs.map((l) => (l.carrier ?? m.voyage.carrier) + (l.number ?? m.voyage.number)))];
  if (flights.length > 0 && legFlights.length > 0) assert.deepEqual(legFlights, [...new Set(flights)]);

  const e = entry.expected_by_source ?? {};
  if (typeof e.passengers === 'number') assert.equal(m.travelers.length, e.passengers);
  if (typeof e.flights === 'number') assert.equal(m.voyage.legs.length, e.flights);
  if (Array.isArray(e.flights)) {
    assert.deepEqual(m.voyage.legs.map((l) => [l.carrier ?? m.voyage.carrier, (l.number ?? m.voyage.number).padStart(4, '0'), l.from, l.to]), e.flights);
  }
  if (e.unb) {
    assert.equal(m.sender, e.unb[1][0]);
    assert.equal(m.recipient, e.unb[2][0]);
    assert.equal(m.interchange_reference, e.unb[4]);
  }
  if (e.cleaned_file) {
    const [clean] = run([path.join(samples, 'paxlst', e.cleaned_file)]).json();
    const without = ({ problems, ...rest }) => ({ ...rest, problems: problems.map(({ offset, ...p }) => p) });
    assert.deepEqual(without(m), without(clean));
  }
  if (e.people) checkPeople(m, e);
}

function checkPeople(m, e) {
  assert.equal(m.message_code, e.list);
  assert.equal(m.transaction_reference, e.tn);
  assert.equal(m.reporting_party.name, e.contact.join(' '));
  assert.ok(m.reporting_party.telephone && m.reporting_party.email.includes('@'));
  assert.deepEqual(m.voyage.legs.map((l) => [m.voyage.carrier, m.voyage.number, l.from, l.to, l.departure, l.arrival]),
    e.legs.map((l) => [l.carrier, l.number, l.from, l.to, l.dep, l.arr]));
  assert.equal(m.count.declared, e.total);
  e.people.forEach((p, i) => {
    const t = m.travelers[i];
    assert.deepEqual([t.party, t.surname, t.given_names, t.sex, t.birth_date, t.bags, t.document_verified, t.clearance, t.residence, t.origin, t.destination,
      t.place_of_birth, t.telephone, t.nationality, t.reservation, t.reference],
    [p.party, p.surname, `${p.given} ${p.second}`, p.gender, p.birth, p.bags, p.verified, p.clearance, p.residence, p.embarked, p.destination,
      p.birth_place, p.contact, p.nationality, p.AVF, p.ABO]);
    assert.deepEqual(t.bag_tags.map((b) => ({ number: b.tag, count: b.count })), p.bag_tags);
    assert.deepEqual(t.documents.map((x) => ({ type: x.type, number: x.number, issuer: x.issuing_state, expires: x.expiry_date })), p.documents);
  });
}

test('real lists agree with every value known of them', { skip }, async (t) => {
  for (const entry of index('paxlst')) await t.test(entry.file, () => checkList(entry));
});

test('real answers agree with every value known of them', { skip }, async (t) => {
  for (const entry of index('cusres')) {
    await t.test(entry.file, () => {
      const r = run(['--profile', 'cn-iapi', path.join(samples, 'cusres', entry.file)]);
      assert.equal(r.status, 0, r.out);
      const [c] = r.json();
      const d = entry.derived;
      assert.equal(c.kind, { 962: 'response', 132: 'unsolicited', 312: 'acknowledgement' }[d.bgm]);
      assert.equal(c.transaction_reference, d.tn);
      assert.deepEqual(c.voyages.map((v) => v.flight), d.flights);
      assert.deepEqual(c.results.map((x) => ({ level: x.level === 'traveler' ? 'passenger' : x.level, AVF: x.reservation, ABO: x.reference, code: x.code, text: x.text })), d.results);
      for (const x of c.results) assert.equal(x.status, { '0Z': 'cleared', '1Z': 'inhibited', '2Z': 'advisory', '4Z': 'insufficient' }[x.code]);
      assert.equal(c.problems.some((p) => p.code === 'count'), Number(d.unt_declared) !== d.unt_actual);
    });
  }
});

test('an answer to a real list echoes it', { skip }, async (t) => {
  for (const entry of index('paxlst')) {
    if (entry.derived.message.split(':')[0] !== 'PAXLST' || !(entry.derived.nad.FL > 0)) continue;
    await t.test(entry.file, () => {
      const source = path.join(samples, 'paxlst', entry.file);
      const [list] = run([source]).json();
      const reply = run(['--reply', source]);
      const [answer] = run(['-'], reply.out).json();
      assert.equal(answer.valid, true, reply.out);
      assert.deepEqual(answer.problems, []);
      assert.equal(answer.transaction_reference, list.transaction_reference);
      assert.equal(answer.common_access_reference, list.common_access_reference);
      const known = list.travelers.filter((x) => x.reference || x.reservation);
      assert.deepEqual(answer.results.filter((x) => x.level === 'traveler').map((x) => [x.reservation, x.reference]), known.map((x) => [x.reservation, x.reference]));
    });
  }
});
