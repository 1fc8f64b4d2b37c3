// policy.mjs - gangway policy as its users type it: the law of 25 and 26 December
// 2025, packs that are refused, two packs compared, notices, signatures.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GANGWAY ?? process.env.GANGWAY_BIN ?? path.join(root, 'build', 'gangway');
const packs = path.join(root, 'packs');
const names = ['us-2008', 'us-2025-12-26', 'eu-ees', 'template'];
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('GANGWAY')));

function policy(...args) {
  const r = spawnSync(program, ['policy', ...args], { env, encoding: 'utf8', timeout: 60_000 });
  const lines = r.stdout.split('\n').filter(Boolean);
  let json = null;
  try { json = JSON.parse(r.stdout); } catch { /* several lines, or a table */ }
  return { status: r.status, stdout: r.stdout, stderr: r.stderr, lines, json };
}

function folder(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-policy-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const adult = '1980-06-01';
function explain(pack, date, { citizenship, birth = adult, mode = 'air', direction = 'departure', site = 'JFK', status = 'null', more = [] }) {
  return policy('explain', '--pack', pack, '--date', date, '--citizenship', citizenship, '--birth-date', birth, '--mode', mode,
    '--direction', direction, '--site', site, '--status', status, ...more);
}

describe('policy', { skip: fs.existsSync(program) ? false : `${program} is not built` }, () => {
  // What changed at midnight: design facts of the rule, a row a topic.
  const rows = [
    ['any port: a visitor leaves from a port without pilot', { citizenship: 'JPN', status: 'B-2', site: 'BOS' }, 'not_authorised', 'not_authorised', 'required', 'required'],
    ['any port: by land', { citizenship: 'MEX', status: 'B-2', mode: 'land', site: 'SAN-YSIDRO' }, 'not_authorised', 'not_authorised', 'required', 'required'],
    ['a pilot port is as it was', { citizenship: 'JPN', status: 'B-2', site: 'ATL' }, 'required', 'required', 'required', 'required'],
    ['arrival is as it was', { citizenship: 'JPN', status: 'B-2', direction: 'arrival', site: 'BOS' }, 'required', 'required', 'required', 'required'],
    ['younger than 14', { citizenship: 'JPN', status: 'B-2', birth: '2012-01-01' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['older than 79', { citizenship: 'JPN', status: 'B-2', birth: '1940-01-01' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['A-1', { citizenship: 'FRA', status: 'A-1' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['A-2', { citizenship: 'FRA', status: 'A-2' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['C-3', { citizenship: 'FRA', status: 'C-3' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['G-1', { citizenship: 'FRA', status: 'G-1' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['G-4', { citizenship: 'FRA', status: 'G-4' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['G-5 is not on the list', { citizenship: 'FRA', status: 'G-5' }, 'required', 'required', 'required', 'required'],
    ['NATO-6', { citizenship: 'FRA', status: 'NATO-6' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['NATO-7 is not on the list', { citizenship: 'FRA', status: 'NATO-7' }, 'required', 'required', 'required', 'required'],
    ['Canadian visitors', { citizenship: 'CAN' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['Canadian visitors on B-2', { citizenship: 'CAN', status: 'B-2' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['a Canadian permanent resident', { citizenship: 'CAN', status: 'LPR' }, 'required', 'required', 'required', 'required'],
    ['permanent residents', { citizenship: 'MEX', status: 'LPR' }, 'required', 'required', 'required', 'required'],
    ['permanent residents by --resident', { citizenship: 'MEX', more: ['--resident'] }, 'required', 'required', 'required', 'required'],
    ['U.S. citizens', { citizenship: 'USA' }, 'voluntary', 'not_authorised', 'voluntary', 'not_authorised'],
    ['departure by sea from a port without pilot', { citizenship: 'JPN', status: 'B-2', mode: 'sea', site: 'GLS' }, 'not_authorised', 'not_authorised', 'required', 'required'],
    ['arrival by land', { citizenship: 'MEX', status: 'B-2', mode: 'land', direction: 'arrival', site: 'SAN-YSIDRO' }, 'required', 'required', 'required', 'required'],
    ['the day somebody turns 14 on 25 December', { citizenship: 'JPN', status: 'B-2', birth: '2011-12-25' }, 'required', 'required', 'required', 'required'],
    ['the day somebody turns 14 on 26 December', { citizenship: 'JPN', status: 'B-2', birth: '2011-12-26' }, 'exempt', 'exempt', 'required', 'required'],
    ['79 years old', { citizenship: 'JPN', status: 'B-2', birth: '1945-12-27' }, 'required', 'required', 'required', 'required'],
    ['turning 80 on 26 December', { citizenship: 'JPN', status: 'B-2', birth: '1945-12-26' }, 'required', 'required', 'required', 'exempt'],
    ['a child who arrives', { citizenship: 'JPN', status: 'B-2', birth: '2016-01-01', direction: 'arrival' }, 'exempt', 'exempt', 'required', 'exempt'],
    ...['G-2', 'G-3', 'NATO-1', 'NATO-2', 'NATO-3', 'NATO-4', 'NATO-5', 'E-1-TAIWAN'].map((status) =>
      [status, { citizenship: 'FRA', status }, 'exempt', 'exempt', 'required', 'exempt']),
    ['an attendant of a C-3 holder is not on the list', { citizenship: 'FRA', status: 'C-3-ATTENDANT' }, 'required', 'required', 'required', 'required'],
    ['E-1 otherwise is not on the list', { citizenship: 'JPN', status: 'E-1' }, 'required', 'required', 'required', 'required'],
    ['A-1 who arrives', { citizenship: 'FRA', status: 'A-1', direction: 'arrival' }, 'exempt', 'exempt', 'required', 'exempt'],
    ['permanent residents who arrive', { citizenship: 'MEX', status: 'LPR', direction: 'arrival' }, 'required', 'required', 'required', 'required'],
    ['permanent residents who leave from a port without pilot', { citizenship: 'MEX', status: 'LPR', site: 'BOS' }, 'not_authorised', 'not_authorised', 'required', 'required'],
    ['U.S. citizens who arrive', { citizenship: 'USA', direction: 'arrival' }, 'voluntary', 'not_authorised', 'voluntary', 'not_authorised'],
    ['U.S. citizens at any port', { citizenship: 'USA', site: 'BOS' }, 'voluntary', 'not_authorised', 'voluntary', 'not_authorised'],
  ];
  for (const [label, person, photo25, fingers25, photo26, fingers26] of rows) {
    test(`25 and 26 December 2025: ${label}`, () => {
      const before = explain('us-2008', '2025-12-25', person), after = explain('us-2025-12-26', '2025-12-26', person);
      assert.equal(before.status, 0, before.stderr);
      assert.equal(after.status, 0, after.stderr);
      assert.deepEqual([before.json.photo, before.json.fingerprints], [photo25, fingers25], before.json.rule);
      assert.deepEqual([after.json.photo, after.json.fingerprints], [photo26, fingers26], after.json.rule);
      for (const j of [before.json, after.json]) {
        assert.ok(j.basis.length > 20 && j.sources.length > 0 && j.path.length > 0);
        assert.equal(j.path.at(-1).applies, true);
        assert.equal(j.path.at(-1).rule, j.rule);
        assert.ok(j.path.slice(0, -1).every((s) => s.applies === false && s.because.length > 0));
      }
    });
  }

  test('25 and 26 December 2025: what is kept, and what follows from declining', () => {
    const of = (pack, date, citizenship) => {
      const { json } = explain(pack, date, { citizenship, status: citizenship === 'USA' ? 'null' : 'B-2' });
      return [json.retention.register ?? null, json.retention.probe, json.alternative, json.enrol];
    };
    assert.deepEqual(of('us-2008', '2025-12-25', 'JPN'), ['75y', '14d', 'officer_referral', true]);
    assert.deepEqual(of('us-2025-12-26', '2025-12-26', 'JPN'), ['75y', '14d', 'officer_referral', true]);
    assert.deepEqual(of('us-2008', '2025-12-25', 'USA'), [null, '12h', 'document_inspection', false]);
    assert.deepEqual(of('us-2025-12-26', '2025-12-26', 'USA'), [null, '12h', 'document_inspection', false]);
  });

  test('a citizen, as promised', () => {
    const { json } = explain('us-2025-12-26', '2025-12-26', { citizenship: 'USA' });
    assert.deepEqual(Object.keys(json).filter((k) => ['photo', 'fingerprints', 'alternative', 'enrol', 'override_allowed', 'retention', 'rule', 'basis'].includes(k)),
      ['photo', 'fingerprints', 'alternative', 'enrol', 'override_allowed', 'retention', 'rule', 'basis']);
    assert.equal(json.alternative, 'document_inspection');
    assert.equal(json.enrol, false);
    assert.equal(json.override_allowed, false);
    assert.equal(json.rule, 'us-2025:citizen-voluntary');
    const { probe, template, transfer, crossing } = json.retention;
    assert.deepEqual({ probe, template, transfer, crossing }, { probe: '12h', template: '12h', transfer: null, crossing: '15y' });
  });

  test('an alien in scope goes to the register', () => {
    const { json } = explain('us-2025-12-26', '2026-01-10', { citizenship: 'JPN', status: 'B-2' });
    assert.deepEqual([json.enrol, json.retention.probe, json.retention.transfer, json.retention.crossing], [true, '14d', 'identity_register', '75y']);
  });

  test('no override from the fourteenth birthday', () => {
    const at = (birth) => explain('us-2025-12-26', '2026-03-15', { citizenship: 'JPN', birth }).json.override_allowed;
    assert.deepEqual([at('2012-03-16'), at('2012-03-15'), at('2012-XX-XX'), at('1990-XX-XX')], [true, false, false, false]);
  });

  test('--all-packs takes the one in force, by the midnight of Washington', () => {
    const ask = (date) => policy('explain', '--all-packs', packs, '--authority', 'US', '--date', date, '--citizenship', 'JPN', '--birth-date', adult,
      '--mode', 'air', '--direction', 'departure', '--site', 'BOS', '--status', 'null');
    assert.equal(ask('2025-12-25').json.photo, 'not_authorised');
    assert.equal(ask('2025-12-26').json.photo, 'required');
    assert.equal(ask('2025-12-26T04:59:59Z').json.pack, 'us-2008');
    assert.equal(ask('2025-12-26T05:00:00Z').json.pack, 'us-2025-12-26');
    assert.equal(ask('2025-12-25T23:59:59-05:00').json.pack, 'us-2008');
    const early = ask('2001-01-01');
    assert.equal(early.status, 3);
    assert.match(early.stderr, /no pack of US is in force on that day, so nothing is authorised/);
    const whose = policy('explain', '--all-packs', packs, '--date', '2026-01-01', '--citizenship', 'JPN', '--birth-date', adult, '--mode', 'air',
      '--direction', 'departure', '--site', 'BOS');
    assert.equal(whose.status, 2);
    assert.match(whose.stderr, /--authority/);
  });

  test('a pack that is not in force authorises nothing', () => {
    const r = explain('us-2025-12-26', '2025-12-25', { citizenship: 'USA' });
    assert.equal(r.status, 1);
    assert.deepEqual([r.json.photo, r.json.rule, r.json.effective_from], ['not_authorised', 'us-2025:not-in-force', '2025-12-26']);
  });

  test('in words, for whoever reads no JSON', () => {
    const r = explain('template', '2026-06-01', { citizenship: 'UTO', birth: '1980-01-01', site: 'CAPITAL', more: ['--words'] });
    assert.equal(r.status, 0, r.stderr);
    assert.equal(r.stdout, `Photograph: voluntary; fingerprints: not authorised; iris: not authorised; who declines: document inspection.
Rule template:citizen-voluntary of the pack template:
    Our own citizens take part if they wish.
Kept:
    probe 12h after verification
    template 12h after close
    portrait 12h after close
    crossing 3y after crossing
Nothing leaves.
3 attempts; a search may err by at most 0.003 (FPIR). An officer may not let pass against it.
How it came to that:
    template:elsewhere (Sites without cameras) does not apply
        equipped_site: site CAPITAL is CAPITAL
    template:child-exempt (Small children) does not apply
        small_child: age 46 is not below 6
    template:citizen-voluntary (Our own citizens) applies
        own_citizen: citizenship UTO is UTO
It rests on:
    LAW (choice): Put the act, article and date here that the rule rests on
`);
  });

  test('what is not known is not guessed, and is never to the traveler\'s harm', () => {
    const ask = (pack, date, person) => {
      const r = explain(pack, date, person);
      assert.equal(r.status, 0, r.stderr);
      assert.match(r.json.rule, /:undetermined$/);
      assert.ok(r.json.path.some((step) => step.applies === null));
      assert.equal(r.json.path.at(-1).applies, true);
      return [r.json.photo, r.json.fingerprints, r.json.enrol, r.json.retention.probe];
    };
    assert.deepEqual(ask('us-2025-12-26', '2026-01-01', { citizenship: 'null' }), ['voluntary', 'not_authorised', false, '12h']);
    assert.deepEqual(ask('us-2025-12-26', '2026-01-01', { citizenship: 'JPN', birth: 'null', status: 'B-2' }), ['required', 'exempt', true, '14d']);
    assert.deepEqual(ask('us-2008', '2025-12-25', { citizenship: 'null', site: 'BOS', status: 'B-2' }), ['not_authorised', 'not_authorised', false, null]);
    assert.deepEqual(ask('eu-ees', '2026-05-01', { citizenship: 'null' }), ['not_authorised', 'not_authorised', false, null]);
  });

  const wrong = [
    ['an unknown verb', ['explane'], /did you mean explain/],
    ['no verb', [], /usage: gangway policy/],
    ['an unknown option', ['explain', '--citizen', 'USA'], /did you mean --citizenship/],
    ['a missing option', ['explain', '--pack', 'us-2008', '--date', '2025-12-25'], /--citizenship is missing/],
    ['an unknown country', ['explain', '--pack', 'us-2008', '--date', '2025-12-25', '--citizenship', 'ZZZ', '--birth-date', adult, '--mode', 'air', '--direction', 'arrival', '--site', 'JFK'], /no state or nationality/],
    ['an unknown mode', ['explain', '--pack', 'us-2008', '--date', '2025-12-25', '--citizenship', 'USA', '--birth-date', adult, '--mode', 'rail', '--direction', 'arrival', '--site', 'JFK'], /air, sea, land/],
    ['a birth after the day', ['explain', '--pack', 'us-2008', '--date', '2025-12-25', '--citizenship', 'USA', '--birth-date', '2026-01-01', '--mode', 'air', '--direction', 'arrival', '--site', 'JFK'], /lies behind/],
    ['a day that is none', ['explain', '--pack', 'us-2008', '--date', '2025-02-30', '--citizenship', 'USA', '--birth-date', adult, '--mode', 'air', '--direction', 'arrival', '--site', 'JFK'], /--date takes/],
    ['no pack', ['check'], /which pack/],
    ['one pack to compare', ['diff', 'us-2008'], /which two/],
    ['a key without authority', ['keygen', 'x'], /--authority/],
  ];
  for (const [label, args, text] of wrong) {
    test(`wrong usage: ${label}`, () => {
      const r = policy(...args);
      assert.equal(r.status, 2);
      assert.match(r.stderr, text);
      assert.equal(r.stdout, '');
    });
  }

  test('check: those that ship are valid, signed, and do not overlap', () => {
    const r = policy('check', ...names.map((n) => path.join(packs, `${n}.json`)));
    assert.equal(r.status, 0, r.stderr);
    for (const line of r.lines.map((l) => JSON.parse(l))) {
      assert.equal(line.valid, true);
      assert.deepEqual(line.problems, []);
      assert.ok(line.tests.passed > 0 && line.tests.failed === 0);
      assert.equal(line.signed_by, 'gangway-samples');
    }
  });

  test('check: what is refused, and how it ends', (t) => {
    const dir = folder(t);
    const text = fs.readFileSync(path.join(packs, 'template.json'), 'utf8');
    const file = (name, body) => { fs.writeFileSync(path.join(dir, name), body); return path.join(dir, name); };
    const first = (r) => r.json.problems[0];
    const plain = text.replace(/,\s*"signature": \{[^}]*\}\s*\}\s*$/, '\n}\n');
    assert.equal(JSON.parse(plain).signature, undefined);

    let r = policy('check', file('copy.json', text));
    assert.equal(r.status, 0, r.stderr);
    r = policy('check', file('unsigned.json', plain));
    assert.deepEqual([r.status, first(r).code, first(r).line], [1, 'unsigned', 1]);
    r = policy('check', '--draft', path.join(dir, 'unsigned.json'));
    assert.deepEqual([r.status, r.json.valid, r.json.signed_by], [0, true, null]);
    r = policy('check', file('edited.json', text.replace('younger than 6.', 'younger than 7.')));
    assert.deepEqual([r.status, first(r).code], [1, 'bad_signature']);
    const shadowed = plain.replace('"when": "small_child"', '"when": {"all": ["small_child", {"not": "equipped_site"}]}');
    r = policy('check', '--draft', file('shadowed.json', shadowed));
    assert.deepEqual([r.status, first(r).code, first(r).pointer], [1, 'shadowed', '/rules/1/when']);
    assert.equal(first(r).line, shadowed.slice(0, shadowed.indexOf('"when": {"all": ["small')).split('\n').length);
    r = policy('check', file('broken.json', '{"format": 1,,}'));
    assert.deepEqual([r.status, r.json.valid], [3, false]);
    r = policy('check', path.join(dir, 'absent.json'));
    assert.equal(r.status, 3);
    r = policy('check', 'us-2026');
    assert.equal(r.status, 3);
    // The same rules twice, under another name: both in force.
    r = policy('check', '--draft', 'template', file('again.json', plain.replace('"id": "template"', '"id": "again"').replaceAll('"template:', '"again:')));
    assert.equal(r.status, 1);
    assert.match(r.stderr, /both in force on 2026-01-01/);
  });

  test('an authority makes a key, signs, and is trusted only by who has its key', (t) => {
    const dir = folder(t);
    const file = path.join(dir, 'ours.json');
    const text = fs.readFileSync(path.join(packs, 'template.json'), 'utf8').replaceAll('"EXAMPLE"', '"UTOPIA"').replace('"id": "template"', '"id": "ours"')
      .replaceAll('"template:', '"ours:');
    fs.writeFileSync(file, text);
    fs.mkdirSync(path.join(dir, 'keys'));
    assert.equal(policy('keygen', 'ministry', '--authority', 'UTOPIA', '--out', path.join(dir, 'keys')).status, 0);
    const secret = path.join(dir, 'keys', 'ministry.key');
    assert.equal(fs.statSync(secret).mode & 0o777, 0o600);
    assert.ok(!fs.readFileSync(path.join(dir, 'keys', 'ministry.pub'), 'utf8').includes(JSON.parse(fs.readFileSync(secret)).secret));
    assert.equal(policy('keygen', 'ministry', '--authority', 'UTOPIA', '--out', path.join(dir, 'keys')).status, 1, 'keys are not overwritten');
    assert.equal(policy('check', file).status, 1);
    assert.equal(policy('sign', file, '--key', secret).status, 0);
    assert.equal(policy('check', file, '--keys', path.join(dir, 'keys')).json.signed_by, 'ministry');
    const strange = policy('check', file);
    assert.deepEqual([strange.status, strange.json.problems[0].code], [1, 'unknown_key_name']);
    // Its key does not sign for others: neither here nor where its signature was put under by other means.
    const others = text.replaceAll('"UTOPIA"', '"EXAMPLE"');
    fs.writeFileSync(file, others);
    const refused = policy('sign', file, '--key', secret);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /key "ministry" may not sign for the authority "EXAMPLE"/);
    assert.equal(fs.readFileSync(file, 'utf8'), others);
    const key = JSON.parse(fs.readFileSync(secret, 'utf8')), forged = path.join(dir, 'forged.key');
    fs.writeFileSync(forged, JSON.stringify({ ...key, authorities: ['EXAMPLE'] }));
    assert.equal(policy('sign', file, '--key', forged).status, 0);
    assert.equal(policy('check', file, '--keys', path.join(dir, 'keys')).json.problems[0].code, 'wrong_authority');
    // A key that does not say for whom it signs has its public part beside it, or signs nothing.
    const { authorities, ...silent } = key;
    assert.deepEqual(authorities, ['UTOPIA']);
    fs.writeFileSync(file, text);
    fs.writeFileSync(secret, JSON.stringify(silent));
    assert.equal(policy('sign', file, '--key', secret).status, 0);
    fs.writeFileSync(file, others);
    assert.equal(policy('sign', file, '--key', secret).status, 1);
    const alone = path.join(dir, 'alone.key');
    fs.writeFileSync(alone, JSON.stringify(silent));
    const unknown = policy('sign', file, '--key', alone);
    assert.equal(unknown.status, 3);
    assert.match(unknown.stderr, /does not say for which authorities it signs: .*ministry\.pub/);
    assert.equal(fs.readFileSync(file, 'utf8'), others);
    // What is not valid is not signed.
    const before = text.replace('"photo": "voluntary"', '"photo": "volontary"');
    fs.writeFileSync(file, before);
    assert.equal(policy('sign', file, '--key', secret).status, 1);
    assert.equal(fs.readFileSync(file, 'utf8'), before);
  });

  test('diff reads like the table of what changed', () => {
    const r = policy('diff', 'us-2008', 'us-2025-12-26');
    assert.equal(r.status, 0, r.stderr);
    for (const topic of ['Departure outside the pilots', 'Diplomats and officials', 'Younger than 14 or older than 79', 'Canadian visitors', 'Permanent residents', 'U.S. citizens'])
      assert.match(r.stdout, new RegExp(`^${topic.replaceAll('.', '\\.')}`, 'm'));
    assert.ok(r.stdout.split('\n').every((l) => l.length <= 120));
    const { json } = policy('diff', 'us-2008', 'us-2025-12-26', '--json');
    const row = (before, after) => json.rows.find((x) => x.before.rule === `us-2008:${before}` && x.after.rule === `us-2025:${after}`);
    assert.deepEqual([row('age-exempt', 'age-photo').before.photo, row('age-exempt', 'age-photo').after.photo], ['exempt', 'required']);
    assert.deepEqual(row('citizen-voluntary', 'citizen-voluntary').differs, []);
    assert.ok(row('outside-pilots', 'alien-required').differs.includes('photo'));
    assert.equal(row('alien-required', 'citizen-voluntary'), undefined);
    assert.deepEqual(policy('diff', 'us-2008', 'us-2008', '--json').json.changed, 0);
  });

  test('notices in six languages', () => {
    for (const language of ['en', 'es', 'fr', 'de', 'ar', 'zh']) {
      const r = policy('notice', '--pack', 'us-2025-12-26', '--site', 'JFK', '--language', language, '--date', '2026-01-01');
      assert.equal(r.status, 0, r.stderr);
      assert.match(r.stdout, /JFK/);
      assert.match(r.stdout, /12/);
      assert.doesNotMatch(r.stdout, /[{}]/);
    }
    assert.equal(policy('notice', '--pack', 'us-2025-12-26', '--site', 'JFK', '--language', 'tlh', '--date', '2026-01-01').status, 3);
    assert.equal(policy('notice', '--pack', 'us-2008', '--site', 'JFK', '--date', '2026-01-01').status, 1);
  });

  test('packs keep to the published schema, and it has no keyword unknown here', () => {
    const schema = JSON.parse(fs.readFileSync(path.join(root, 'docs', 'pack.schema.json')));
    for (const name of names) check(schema, schema, JSON.parse(fs.readFileSync(path.join(packs, `${name}.json`))), name);
    const pack = JSON.parse(fs.readFileSync(path.join(packs, 'template.json')));
    for (const spoil of [(p) => { delete p.rules[0].basis; }, (p) => { p.rules[0].photo = 'maybe'; }, (p) => { p.extra = 1; }, (p) => { p.retention.short.probe.keep = '12'; }]) {
      const bad = structuredClone(pack);
      spoil(bad);
      assert.throws(() => check(schema, schema, bad, 'pack'));
    }
  });
});

// As much of JSON Schema 2020-12 as the schema of packs uses.
function check(document, schema, value, at) {
  const known = ['$schema', '$ref', '$defs', 'title', 'description', 'type', 'properties', 'required', 'additionalProperties', 'propertyNames', 'items',
    'enum', 'const', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'uniqueItems',
    'oneOf', 'format'];
  for (const k of Object.keys(schema)) assert.ok(known.includes(k), `the schema uses ${k}`);
  if (schema.$ref) return check(document, schema.$ref.split('/').slice(1).reduce((d, k) => d[k], document), value, at);
  if (schema.oneOf) {
    const fits = schema.oneOf.filter((s) => { try { check(document, s, value, at); return true; } catch { return false; } });
    assert.equal(fits.length, 1, `${at} is ${fits.length} of what it may be`);
  }
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) && schema.type === 'integer' ? 'integer' : typeof value;
  if (schema.type) assert.equal(kind, schema.type, at);
  if ('const' in schema) assert.equal(value, schema.const, at);
  if (schema.enum) assert.ok(schema.enum.includes(value), `${at}: ${value}`);
  if (typeof value === 'string') {
    if (schema.pattern) assert.match(value, new RegExp(schema.pattern), at);
    if (schema.format === 'date') assert.match(value, /^\d{4}-\d{2}-\d{2}$/, at);
    assert.ok(value.length >= (schema.minLength ?? 0) && value.length <= (schema.maxLength ?? Infinity), at);
  }
  if (typeof value === 'number') assert.ok(value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity), at);
  if (Array.isArray(value)) {
    assert.ok(value.length >= (schema.minItems ?? 0) && value.length <= (schema.maxItems ?? Infinity), at);
    if (schema.uniqueItems) assert.equal(new Set(value.map((v) => JSON.stringify(v))).size, value.length, at);
    if (schema.items) value.forEach((v, i) => check(document, schema.items, v, `${at}/${i}`));
  } else if (kind === 'object') {
    const keys = Object.keys(value);
    assert.ok(keys.length >= (schema.minProperties ?? 0) && keys.length <= (schema.maxProperties ?? Infinity), at);
    for (const k of schema.required ?? []) assert.ok(k in value, `${at} has no ${k}`);
    for (const k of keys) {
      if (schema.propertyNames) check(document, schema.propertyNames, k, `${at}: ${k}`);
      if (schema.properties?.[k]) check(document, schema.properties[k], value[k], `${at}/${k}`);
      else if (schema.additionalProperties === false) assert.fail(`${at} may not have ${k}`);
      else if (schema.additionalProperties) check(document, schema.additionalProperties, value[k], `${at}/${k}`);
    }
  }
}
