// gangway mrz, bcbp and chip as a user runs them: exit statuses, standard input, and real
// papers with the values other readers found in them (../shared/samples or GANGWAY_SHARED).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const top = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const gangway = path.resolve(process.env.GANGWAY ?? path.join(top, 'build', 'gangway'));
const samples = path.join(process.env.GANGWAY_SHARED ?? path.join(top, '..', 'shared'), 'samples');
const skip = existsSync(samples) ? false : `no samples in ${samples}`;
const folder = mkdtempSync(path.join(tmpdir(), 'gangway-papers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// A group of tests over the samples; without them one test that says so.
const withSamples = (name, body) => describe(name, () => skip ? test('needs the samples', { skip }, () => {}) : body());

function run(args, input = '') {
  const { status, stdout, stderr, error } = spawnSync(gangway, args, { input, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error && error.code !== 'EPIPE') throw error; // it may end before it reads
  const lines = stdout.split('\n').filter(Boolean);
  return { status, stdout, stderr, lines, json: () => lines.map((l) => JSON.parse(l)) };
}
const file = (name, data) => {
  const at = path.join(folder, name);
  writeFileSync(at, data);
  return at;
};
const rows = (name) => readFileSync(path.join(samples, name), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
const ELSEWHERE = path.join(folder, 'nowhere');

const ZONE = 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n';
const WRONG = ZONE.replace('1204159', '1204151');
const PASS = 'M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 226F001A0025 100';

// ---- the contract ------------------------------------------------------------------------

describe('gangway mrz', () => {
  test('gives the fields of the contract', () => {
    const { status, json } = run(['mrz', '--today', '2026-11-23', '-'], ZONE);
    const [m] = json();
    assert.equal(status, 0);
    assert.deepEqual({ ...m, specimen: undefined }, {
      format: 'TD3', document_code: 'P', issuing_state: 'UTO', surname: 'ERIKSSON', given_names: 'ANNA MARIA',
      document_number: 'L898902C3', nationality: 'UTO', birth_date: '1974-08-12', sex: 'F', expiry_date: '2012-04-15',
      optional_data: 'ZE184226B',
      checks: { document_number: true, birth_date: true, expiry_date: true, optional_data: true, composite: true },
      valid: true, problems: [], specimen: undefined,
    });
  });
  test('absent facts are null, never empty; a check no zone has is null', () => {
    const [m] = run(['mrz', '-'], 'V<UTOERIKSSON<<<<<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078<9612109<<<<<<<<\n').json();
    assert.equal(m.given_names, null);
    assert.equal(m.sex, null);
    assert.equal(m.optional_data, null);
    assert.deepEqual([m.checks.composite, m.checks.optional_data], [null, null]);
  });
  test('a fault has field, place and code, and the exit status is 1', () => {
    const { status, json } = run(['mrz', '-'], WRONG);
    assert.equal(status, 1);
    const [m] = json();
    assert.equal(m.valid, false);
    assert.deepEqual(m.problems.map((p) => [p.field, p.position, p.code]),
      [['expiry_date', 71, 'check_digit'], ['composite', 87, 'check_digit']]);
  });
  test('blocks are zones, a line of JSON each; the worst decides the status', () => {
    const { status, lines } = run(['mrz', '-'], `${ZONE}\n\n${WRONG}\r\n\r\n${ZONE}`);
    assert.equal(lines.length, 3);
    assert.equal(status, 1);
  });
  test('a byte order mark in front is passed over', () => {
    assert.equal(run(['mrz', '-'], `\uFEFF${ZONE}`).status, 0);
  });
  test('--repair marks what it put right, and nothing is put right unasked', () => {
    const misread = ZONE.replace('7408122', '74O8I22');
    assert.equal(run(['mrz', '-'], misread).status, 1);
    const { status, json } = run(['mrz', '--repair', '-'], misread);
    assert.equal(status, 0);
    assert.deepEqual(json()[0].corrected, [{ position: 59, from: 'O', to: '0' }, { position: 61, from: 'I', to: '1' }]);
  });
});

describe('gangway bcbp', () => {
  test('gives the fields of the contract', () => {
    const { status, json } = run(['bcbp', '--date', '2026-09-01', '-'], `${PASS}\n`);
    const [b] = json();
    assert.equal(status, 0);
    assert.equal(b.passenger_name, 'DESMARAIS/LUC');
    assert.equal(b.electronic_ticket, true);
    assert.deepEqual(b.legs, [{ pnr: 'ABC123', from: 'YUL', to: 'FRA', carrier: 'AC', flight: '834', day_of_year: 226, date: '2026-08-14',
      compartment: 'F', seat: '1A', sequence: '25', status: '1' }]);
    assert.deepEqual([b.version, b.security, b.valid], [null, null, true]);
  });
  test('a pass a line, lower case and trimmed as readers send them', () => {
    const { status, lines } = run(['bcbp', '-'], `${PASS}\r\n\n${PASS.toLowerCase()}\n${PASS.slice(0, 58)}\n`);
    assert.equal(lines.length, 3);
    assert.equal(status, 0);
  });
  test('an item cut off is absent, one of blanks is null', () => {
    const [b] = run(['bcbp', '-'], `${PASS.slice(0, -2)}0A>60004    \n`).json();
    assert.equal(b.legs[0].airline_numeric_code, null);
    assert.equal('document_serial' in b.legs[0], false);
  });
});

describe('exit statuses', () => {
  for (const command of ['mrz', 'bcbp', 'chip']) {
    test(`${command}: 2 without a file, with an unknown option (the nearest is named), with a value missing`, () => {
      assert.equal(run([command]).status, 2);
      const wrong = run([command, '--prety', '-']);
      assert.equal(wrong.status, 2);
      assert.match(wrong.stderr, /did you mean --pretty/);
    });
    test(`${command}: 3 for no such file, nothing, and what is not that format`, () => {
      const missing = run([command, ELSEWHERE]);
      assert.equal(missing.status, 3);
      assert.match(missing.stderr, /nowhere/);
      assert.equal(run([command, '-'], '').status, 3);
      assert.equal(run([command, '-'], 'good morning').status, 3);
    });
    test(`${command}: 3 for 100 MiB, without reading them`, () => {
      const large = file('large', '');
      truncateSync(large, 100 << 20);
      const { status, stderr } = run([command, large]);
      assert.equal(status, 3);
      assert.match(stderr, /\d/);
      rmSync(large);
    });
    test(`${command}: --help says how`, () => {
      const { status, stdout } = run([command, '--help']);
      assert.equal(status, 0);
      assert.match(stdout, /--pretty/);
    });
  }
  test('2 for a day that is none', () => {
    assert.equal(run(['mrz', '--today', '2026-02-30', '-'], ZONE).status, 2);
    assert.equal(run(['bcbp', '--date', 'today', '-'], PASS).status, 2);
  });
  test('the worst of several files', () => {
    const good = file('good', ZONE), bad = file('bad', WRONG);
    assert.equal(run(['mrz', good, bad]).status, 1);
    assert.equal(run(['mrz', good, ELSEWHERE, bad]).status, 3);
    assert.equal(run(['mrz', good, good]).lines.length, 2);
  });
  test('--pretty says the same over several lines', () => {
    const { stdout } = run(['mrz', '--pretty', '-'], ZONE);
    assert.ok(stdout.split('\n').length > 10);
    assert.deepEqual(JSON.parse(stdout), run(['mrz', '-'], ZONE).json()[0]);
  });
  test('no name, number or date is on standard error', () => {
    for (const [command, text] of [['mrz', WRONG], ['mrz', ZONE.slice(0, -3)], ['bcbp', PASS.replace('226', '000')], ['bcbp', `${PASS.slice(0, 40)}`]])
      assert.doesNotMatch(run([command, '-'], text).stderr, /ERIKSSON|L898902C3|740812|DESMARAIS|ABC123/);
  });
});

// ---- a chip of our own: OpenSSL's command plays the state -------------------------------------

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'the command openssl is not installed';

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xFF];
  return Buffer.concat([Buffer.from([...tag, ...length]), body]);
}

function makeChip(country) {
  const at = (name) => path.join(folder, `${country}-${name}`);
  const openssl = (...args) => {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const trust = mkdtempSync(path.join(folder, 'csca-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('csca.key'), '-out', path.join(trust, 'csca.pem'), '-days', '30', '-subj', `/C=${country}/CN=CSCA`,
    '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  openssl('req', ...key, '-keyout', at('ds.key'), '-out', at('ds.csr'), '-subj', `/C=${country}/CN=DS`);
  openssl('x509', '-req', '-in', at('ds.csr'), '-CA', path.join(trust, 'csca.pem'), '-CAkey', at('csca.key'), '-set_serial', '7', '-days', '20',
    '-extfile', file('ds.ext', 'keyUsage=critical,digitalSignature\n'), '-out', at('ds.pem'));
  const dg1 = der([0x61], der([0x5F, 0x1F], Buffer.from(ZONE.replaceAll('\n', ''))));
  const dg14 = der([0x6E], Buffer.from('not read'));
  const hash = (group, bytes) => der([0x30], der([0x02], Buffer.from([group])), der([0x04], createHash('sha256').update(bytes).digest()));
  const sha256 = der([0x30], Buffer.from('0609608648016503040201', 'hex'), Buffer.from('0500', 'hex'));
  const object = der([0x30], Buffer.from('020100', 'hex'), sha256, der([0x30], hash(1, dg1), hash(14, dg14)));
  openssl('cms', '-sign', '-binary', '-nodetach', '-nosmimecap', '-econtent_type', '2.23.136.1.1.1', '-md', 'sha256', '-in', file('object', object),
    '-signer', at('ds.pem'), '-inkey', at('ds.key'), '-outform', 'DER', '-out', at('sod.cms'));
  const com = Buffer.from('60155F0104303130375F36063034303030305C03616E75', 'hex');
  const names = { sod: der([0x77], readFileSync(at('sod.cms'))), dg1, dg14, com };
  return { trust, ...Object.fromEntries(Object.entries(names).map(([name, bytes]) => [name, file(`${country}-${name}.bin`, bytes)])) };
}

describe('gangway chip', () => {
  test('a chip that is all right is valid, and what could not be known is told', { skip: noOpenssl }, () => {
    const chip = makeChip('UT');
    const { status, json } = run(['chip', '--csca', chip.trust, chip.sod, chip.dg1, chip.dg14]);
    const [sod, ...groups] = json();
    assert.equal(status, 0);
    assert.deepEqual([sod.state, sod.valid, sod.revocation], ['valid', true, 'unknown']);
    assert.deepEqual(sod.groups, { DG1: 'match', DG14: 'match' });
    assert.deepEqual(sod.problems.map((p) => [p.severity, p.code]), [['warning', 'revocation']]);
    assert.deepEqual(groups.map((g) => [g.file, g.valid]), [['EF.DG1', true], ['EF.DG14', true]]);
    assert.equal(sod.signer.country, 'UT');
    const unknown = run(['chip', chip.sod, chip.dg1]);
    assert.deepEqual([unknown.status, unknown.json()[0].state], [1, 'no_trust_anchor']);
  });
  test('EF.COM and EF.SOD list the same groups, or it is told', { skip: noOpenssl }, () => {
    const chip = makeChip('UT');
    const { status, json } = run(['chip', '--csca', chip.trust, chip.com, chip.sod, chip.dg1]);
    const [com, sod] = json();
    assert.equal(status, 0);
    assert.deepEqual(com.groups, ['DG1', 'DG14', 'DG2']);
    assert.deepEqual(sod.problems.filter((p) => p.code === 'com_list').map((p) => p.text), ['DG2 is in the list of EF.COM only']);
  });
  test('a signer of another state is an error though everything else is right', { skip: noOpenssl }, () => {
    const chip = makeChip('FR');
    const { status, json } = run(['chip', '--csca', chip.trust, chip.sod, chip.dg1]);
    const [sod] = json();
    assert.equal(status, 1);
    assert.deepEqual([sod.state, sod.valid], ['valid', false]);
    assert.ok(sod.problems.some((p) => p.severity === 'error' && p.code === 'signer'));
  });
});

// ---- real papers ---------------------------------------------------------------------------

// A zone's six digits as they stand in the ISO date that was made of them.
const sixDigits = (iso) => iso === null || iso === undefined ? iso : iso.slice(2).replaceAll('-', '').replaceAll('X', '<');
const words = (s) => s.replace(/ +/g, ' ').trim();
const orNull = (s) => s === '' ? null : s;

withSamples('machine-readable zones of other readers', () => {
  for (const row of rows('mrz/mrz.jsonl')) {
    test(`${row.id}: ${row.strict}`, () => {
      const { status, json } = run(['mrz', '--today', '2026-11-23', '-'], `${row.lines.join('\n')}\n`);
      const [m] = json();
      if (row.layout === null) {
        assert.equal(status, 3);
        assert.equal(m.valid, false);
        assert.equal(m.format, undefined);
        return;
      }
      assert.equal(status, row.strict === 'reject' ? 1 : 0);
      assert.equal(m.valid, row.strict !== 'reject');
      const said = { ...row.layout, ...row.expected };
      const names = { format: 'format', document_code: 'document_code', issuing_state: 'issuing_state', nationality: 'nationality',
        document_number: 'document_number', optional1: 'optional_data', optional2: 'optional_data_2' };
      for (const [theirs, ours] of Object.entries(names))
        if (theirs in said) assert.equal(m[ours] ?? null, orNull(said[theirs]), theirs);
      for (const name of ['surname', 'given_names'])
        if (name in said) assert.equal(m[name], orNull(words(said[name])), name);
      if ('sex' in said) assert.equal(m.sex, said.sex === '<' ? null : said.sex);
      for (const date of ['birth_date', 'expiry_date']) {
        if (`${date}_full` in said) assert.equal(m[date], said[`${date}_full`]);
        if (date in said && /^[0-9]{6}$/.test(said[date])) assert.equal(sixDigits(m[date]), said[date], date);
      }
      const digits = row.check_digits;
      const wanted = { document_number: digits.document_number || digits.document_number_with_filler === true, birth_date: digits.birth_date,
        expiry_date: digits.expiry_date, optional_data: digits.optional ?? null, composite: digits.composite ?? null };
      if (row.id !== 'td2-uto-long-undecodable') // there the digit itself is taken for the rest of the number
        assert.deepEqual(m.checks, wanted);
      const bad = m.problems.filter((p) => p.severity === 'error' && p.code === 'check_digit').map((p) => p.field);
      for (const field of said.bad ?? []) assert.ok(bad.includes(field), `${field} is not told`);
      if (said.autocorrects_to !== undefined) {
        // Names are never put right; everything a digit or the list of states proves is.
        const [fixed] = run(['mrz', '--repair', '-'], `${row.lines.join('\n')}\n`).json();
        assert.deepEqual([fixed.issuing_state, fixed.birth_date, fixed.expiry_date], ['UTO', '1974-08-12', '2012-04-15']);
        assert.deepEqual(Object.values(fixed.checks), [true, true, true, true, true]);
        assert.equal(fixed.surname, said.surname);
      }
    });
  }
});

const bare = (s) => s.replace(/^0+(?=.)/, '');
// What two other readers call the items of a leg, and how we write them.
const LEG = {
  pnr: 'pnr', operatingCarrierPNRCode: 'pnr', from_airport: 'from', fromCityAirportCode: 'from', to_airport: 'to', toCityAirportCode: 'to',
  operating_carrier: 'carrier', operatingCarrierDesignator: 'carrier', flight_number: ['flight', bare], flightNumber: ['flight', bare],
  julian_day: ['day_of_year', Number], dayOfFlight: ['day_of_year', Number], compartment: 'compartment', compartmentCode: 'compartment',
  seat: ['seat', bare], seatNumber: ['seat', bare], sequence: ['sequence', bare], checkinSequenceNumber: ['sequence', bare],
  passenger_status: 'status', passengerStatus: 'status', airline_numeric: 'airline_numeric_code', airlineNumericCode: 'airline_numeric_code',
  document_serial: 'document_serial', documentNumber: 'document_serial', selecteeIndicator: 'selectee',
  internationalDocumentVerification: 'document_verification', marketingCarrierDesignator: 'marketing_carrier',
  frequentFlyerAirlineDesignator: 'frequent_flyer_airline', frequentFlyerNumber: 'frequent_flyer_number', idAdIndicator: 'id_ad',
  freeBaggageAllowance: 'baggage_allowance', fast_track: 'fast_track', fastTrack: 'fast_track', airline_use: 'airline_use',
  'Airline use section': 'airline_use', 'Date of flight': 'date',
};
const ONCE = {
  name: 'passenger_name', passengerName: 'passenger_name', passenger_description: 'passenger_description',
  passengerDescription: 'passenger_description', source_of_checkin: 'check_in_source', sourceOfCheckin: 'check_in_source',
  source_of_issuance: 'issuance_source', sourceOfBoardingPassIssuance: 'issuance_source', documentType: 'document_type',
  airlineDesignatorOfBoardingPassIssuer: 'issuer', baggageTagLicensePlateNumber1: 'bag_tag', baggageTagLicensePlateNumber2: 'bag_tag_2',
  baggageTagLicensePlateNumber3: 'bag_tag_3', 'Date of issue': 'issued',
};

function compareItems(ours, theirs, names) {
  for (const [name, value] of Object.entries(theirs)) {
    if (!(name in names)) continue;
    const [key, write] = [names[name]].flat();
    assert.equal(ours[key] ?? null, value === '' ? null : (write ?? String)(value), name);
  }
}

withSamples('boarding passes of other readers', () => {
  for (const row of rows('bcbp/bcbp.jsonl')) {
    test(`${row.id}: ${row.accept === null ? 'policy' : row.accept ? 'accepted' : 'refused'}`, () => {
      const said = row.expected ?? {};
      // A pass is scanned about the day of its flight; one of the readers asks for the year in which its user
      // opened the file instead, which half a year away is another one.
      const on = said.legs?.[0]?.['Date of flight'] ?? (said.reference_year === undefined ? '2026-11-23' : `${said.reference_year}-06-30`);
      const { status, json } = run(['bcbp', '--date', on, '-'], `${row.data}\n`);
      const [b] = json();
      if (row.accept === false) {
        assert.ok(status === 1 || status === 3);
        assert.equal(b.valid, false);
        return;
      }
      assert.equal(status, 0);
      compareItems(b, said, ONCE);
      if ('version' in said) assert.equal(b.version, said.version === '0' ? null : said.version);
      const ticket = said.eticket ?? said.electronicTicketIndicator;
      if (ticket !== undefined) assert.equal(b.electronic_ticket, ticket === 'E');
      if ('numberOfLegs' in said) assert.equal(b.legs.length, Number(said.numberOfLegs));
      for (const [i, leg] of (said.legs ?? []).entries()) compareItems(b.legs[i], leg, LEG);
      if ('flight_date' in said) assert.equal(b.legs[0].date, said.flight_date);
      if (said.security === undefined) assert.equal(b.security, null);
      else
        assert.deepEqual(b.security, { type: said.security.type, length: Number(said.security.length ?? said.security.size),
          data: said.security.data ?? said.security.securityData });
    });
  }
});

withSamples('chips of other readers', () => {
  const at = (name) => path.join(samples, 'emrtd', name);
  const kinds = [null, 'M', 'F'], types = ['basic', 'full_frontal', 'token_frontal'], colors = [null, 'rgb24', 'yuv422', 'grey8', 'other'];
  for (const row of rows('emrtd/expected.jsonl')) {
    test(row.file, () => {
      const into = path.join(folder, `extracted-${row.file}`);
      const { status, json } = run(['chip', '--extract', into, at(row.file)]);
      const [c] = json();
      if (row.mrz) {
        assert.equal(c.file, 'EF.DG1');
        assert.equal(c.mrz, row.mrz.join(''));
        assert.equal(status, 0);
      }
      if (row.facial_record) {
        const f = row.facial_record, [record] = c.records;
        assert.equal(status, 0);
        assert.equal(c.file, row.kind.startsWith('EF.DG2') ? 'EF.DG2' : 'face record');
        assert.equal(c.records.length, f.facial_images);
        assert.equal(record.format, 'ISO/IEC 19794-5');
        assert.equal(record.version, f.version);
        assert.equal(record.sex, kinds[f.gender]);
        assert.equal(record.feature_points, f.feature_points);
        assert.equal(record.face_image_type, types[f.image_type]);
        assert.equal(record.color_space, colors[f.colour_space]);
        assert.equal(record.image.bytes, f.image_length);
        assert.deepEqual([record.image.width, record.image.height], [f.width, f.height]);
        const [name] = readdirSync(into);
        const bytes = readFileSync(path.join(into, name));
        assert.equal(createHash('sha256').update(bytes).digest('hex'), f.image_sha256);
        assert.equal(bytes.subarray(0, 12).toString('hex'), f.image_magic);
        assert.equal(path.extname(name), f.image_magic.startsWith('ffd8') ? '.jpg' : '.jp2');
        assert.equal(statSync(path.join(into, name)).mode & 0o777, 0o600);
      }
      if (row.hash_check) {
        assert.equal(status, 1); // nobody trusted vouches for the signer
        assert.equal(c.state, 'no_trust_anchor');
        assert.equal(c.valid, false);
        assert.equal(c.digest, row.digest);
        assert.equal(c.lds_version, row.lds_version);
        assert.deepEqual(Object.keys(c.groups), row.dg_hash_list.map((n) => `DG${n}`));
      }
    });
  }
  test('EF.SOD with the groups beside it: every hash matches', () => {
    const names = ['EF.SOD', 'EF.DG1', 'EF.DG2', 'EF.DG15', 'EF.COM'].map((n) => at(`loes2006-${n}.bin`));
    const { status, json } = run(['chip', ...names]);
    const [sod, ...others] = json();
    assert.equal(status, 1);
    const { hash_check: wanted } = rows('emrtd/expected.jsonl').find((r) => r.hash_check);
    assert.deepEqual(sod.groups, wanted);
    assert.deepEqual(others.map((o) => [o.file, o.valid]), [['EF.DG1', true], ['EF.DG2', true], ['EF.DG15', true], ['EF.COM', true]]);
    assert.deepEqual(others[3].groups, ['DG1', 'DG2', 'DG15']);
  });
  test('a group with a byte changed is told', () => {
    const bytes = readFileSync(at('loes2006-EF.DG15.bin'));
    bytes[bytes.length - 1] ^= 1;
    const { json } = run(['chip', at('loes2006-EF.SOD.bin'), file('DG15', bytes)]);
    assert.equal(json()[0].state, 'hash_mismatch');
    assert.deepEqual(json()[0].groups, { DG1: 'not_read', DG2: 'not_read', DG15: 'mismatch' });
  });
  test('padding behind a file is no part of its hash', () => {
    const padded = file('DG1', Buffer.concat([readFileSync(at('loes2006-EF.DG1.bin')), Buffer.alloc(7)]));
    assert.equal(run(['chip', at('loes2006-EF.SOD.bin'), padded]).json()[0].groups.DG1, 'match');
  });
  test('the printed zone is held against EF.DG1', () => {
    const { mrz } = rows('emrtd/expected.jsonl').find((r) => r.mrz);
    const same = run(['chip', '--mrz', file('printed', `${mrz.join('\r\n')}\r\n`), at('loes2006-EF.DG1.bin')]);
    assert.deepEqual([same.status, same.json()[0].equals_printed], [0, true]);
    const other = run(['chip', '--mrz', file('printed', ZONE), at('loes2006-EF.DG1.bin')]);
    assert.deepEqual([other.status, other.json()[0].equals_printed], [1, false]);
    assert.equal(run(['chip', '--mrz', ELSEWHERE, at('loes2006-EF.DG1.bin')]).status, 3);
  });
  test('a folder of trust with junk in it is refused with a sentence', () => {
    const junk = path.dirname(file('junk.cer', 'this is no certificate'));
    const { status, stderr } = run(['chip', '--csca', junk, at('loes2006-EF.SOD.bin')]);
    rmSync(path.join(junk, 'junk.cer'));
    assert.equal(status, 3);
    assert.match(stderr, /junk\.cer is no certificate/);
    assert.equal(run(['chip', '--csca', ELSEWHERE, at('loes2006-EF.SOD.bin')]).status, 3);
  });
});
