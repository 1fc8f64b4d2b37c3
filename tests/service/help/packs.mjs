// packs.mjs - rule packs for a test: of an authority of their own, signed with a key of
// their own, in force whatever day the test runs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { folder, root, run } from './gangway.mjs';

const template = JSON.parse(fs.readFileSync(path.join(root, 'packs', 'template.json'), 'utf8'));

export class Packs {
  // A folder of packs of the authority TEST, and the key that counts.
  constructor(t) {
    this.path = path.join(folder(t), 'packs');
    this.keys = path.join(this.path, '..', 'keys');
    fs.mkdirSync(this.path);
    fs.mkdirSync(this.keys);
    const r = run(['policy', 'keygen', 'test', '--out', this.keys, '--authority', 'TEST']);
    assert.equal(r.status, 0, r.stderr);
  }

  settings() {
    return { 'packs.path': this.path, 'packs.keys': this.keys, 'packs.authority': 'TEST' };
  }

  // The template's pack with other rules: rules = [{ id, when, photo, … }], classes by name; from, until: days or null.
  // The last rule must be for "everybody".
  write({ name = 'test', id = name, rules, classes = {}, from = '2020-01-01', until = null, zone = 'UTC0', draft = false, defaults = {}, edit = (p) => p }) {
    const p = structuredClone(template);
    delete p.signature;
    Object.assign(p, { name, id, authority: 'TEST', time_zone: { rule: zone, means: 'Of a test.' }, effective_from: from, effective_until: until,
      tests: [{ says: 'Nobody is enrolled', day: from, person: { citizenship: 'DEU', birth_date: '1980-01-01', status: null }, mode: 'air', direction: 'departure',
        site: 'YVR', expect: { enrol: false } }] });
    Object.assign(p.defaults, defaults);
    p.classes = Object.fromEntries(Object.entries(classes).map(([k, when]) => [k, { means: `${k}.`, when, sources: ['LAW'] }]));
    p.rules = rules.map(({ photo, ...more }) => {
      const taken = photo === 'required' || photo === 'voluntary';
      return { title: more.id, fingerprints: 'not_authorised', enrol: false, retention: taken ? 'short' : 'nothing', transfer: null,
        basis: 'A test.', sources: ['LAW'], who: { en: `Those of ${more.id}`, fr: `Ceux de ${more.id}` }, photo, ...more };
    });
    for (const n of ['nothing', 'short'])
      if (!p.rules.some((r) => r.retention === n)) delete p.retention[n];
    for (const l of Object.values(p.notices)) l.not_authorised ??= '{who}: no photograph may be taken of you here.';
    const file = path.join(this.path, `${name}.json`);
    fs.writeFileSync(file, JSON.stringify(edit(p), null, 2));
    if (!draft) this.sign(file);
    return file;
  }

  sign(file) {
    const r = run(['policy', 'sign', file, '--key', path.join(this.keys, 'test.key')]);
    assert.equal(r.status, 0, r.stderr + r.stdout);
  }

  remove(name) {
    fs.rmSync(path.join(this.path, `${name}.json`));
  }
}

export const everybody = (photo, more = {}) => ({ id: 'everybody', when: 'everybody', photo, ...more });

// A time zone in which it is midnight in so many seconds, and the days before and after that.
export function midnightIn(seconds) {
  const now = Math.floor(Date.now() / 1000) + seconds;
  const behind = now % 86400; // so far east of that place Greenwich is
  const hms = (s) => [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, '0')).join(':');
  const day = (offset) => new Date((now - behind + offset * 86400) * 1000).toISOString().slice(0, 10);
  return { zone: `<TST>${hms(behind)}`, before: day(-1), after: day(0), at: now * 1000 };
}
