// manifest_bench.mjs - PAXLST of 420 passengers: ours beside the parsers of npm, on the same
// file in one run; then the memory of longer lists. Prints lines of JSON.
//
//   npm ci --prefix tests/bench
//   node tests/bench/manifest_bench.mjs build-bench/tests/bench/manifest_bench [build-bench/gangway]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const [bench, gangway] = process.argv.slice(2);
if (!bench || !existsSync(path.join(here, 'node_modules/ts-edifact'))) {
  console.error('usage: node manifest_bench.mjs MANIFEST_BENCH [GANGWAY], after npm ci --prefix tests/bench');
  process.exit(bench ? 77 : 2);
}
const require = createRequire(import.meta.url);
// By its files: its index asks for a package that it does not declare.
const ts = { ...require('ts-edifact/lib/parser.js'), ...require('ts-edifact/lib/validator.js'), ...require('ts-edifact/lib/configuration.js') };
const Ancestor = require('edifact/parser.js');
const folder = mkdtempSync(path.join(tmpdir(), 'manifest-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const made = (n) => {
  const file = path.join(folder, `${n}.edi`);
  execFileSync(bench, ['make', String(n), file]);
  return file;
};
const ours = (file, rounds) => JSON.parse(execFileSync(bench, ['parse', file, String(rounds)], { encoding: 'utf8' }));

// ---- theirs: segments as arrays, as their READMEs show it -----------------------------

function collect(parser, doc, names) {
  const segments = [];
  let elements, components;
  parser[names[0]] = (name) => { elements = []; segments.push({ name, elements }); };
  parser[names[1]] = () => { components = []; elements.push(components); };
  parser[names[2]] = (value) => { components.push(value); };
  parser.write(doc);
  parser.end();
  return segments;
}
const handlers = ['onOpenSegment', 'onElement', 'onComponent'];

// Definitions of the segments and elements of the list, in the form their README asks for.
const an = (n, requires = 0) => ({ requires, components: [`an..${n}`] });
const definitions = {
  UNB: ['S001', 'S002', 'S003', 'S004', '0020', 'S005', '0026'], UNG: ['0038', 'S006', 'S007', 'S004', '0048', '0051', 'S008'],
  UNH: ['0062', 'S009', '0068', 'S010'], BGM: ['1001'], RFF: ['C506'], NAD: ['3035', 'C082', 'C058', 'C080'], COM: ['C076', 'C076', 'C076'],
  TDT: ['8051', '8028', 'C220', 'C228', 'C040'], LOC: ['3227', 'C517'], DTM: ['C507'], ATT: ['9017', 'C955', 'C956'], MEA: ['6311', 'C502', 'C174'],
  GEI: ['9649', 'C012'], FTX: ['4451', '4453', 'C107', 'C108'], NAT: ['3493', 'C042'], DOC: ['C002', 'C503'], CNT: ['C270'],
  UNT: ['0074', '0062'], UNE: ['0060', '0048'], UNZ: ['0036', '0020'],
};
const composites = { S001: 2, S002: 2, S003: 2, S004: 2, S006: 2, S007: 2, S008: 2, S009: 5, S010: 2, C506: 5, C080: 5, C076: 2, C517: 4, C507: 3, C174: 2, C108: 5, C002: 3, C270: 2 };
const table = new ts.Dictionary();
for (const [name, elements] of Object.entries(definitions)) table.add(name, { requires: 0, elements });
for (const name of new Set(Object.values(definitions).flat())) {
  table.add(name, composites[name] ? { requires: 0, components: Array(composites[name]).fill('an..70') } : an(70));
}

// The same list of travelers that ours is.
function travelers(segments) {
  const list = [];
  let t = null, d = null;
  for (const { name, elements: e } of segments) {
    if (name === 'NAD' && e[0][0] === 'FL') {
      t = { surname: e[3][0], given_names: e[3].slice(1).filter(Boolean).join(' '), documents: [], bag_tags: [] };
      d = null;
      list.push(t);
    } else if (t === null) continue;
    else if (name === 'ATT') t.sex = e[2][0];
    else if (name === 'DTM' && e[0][0] === '329') t.birth_date = e[0][1];
    else if (name === 'DTM' && d) d.expiry_date = e[0][1];
    else if (name === 'MEA') t.bags = Number(e[2][1]);
    else if (name === 'GEI') t.verified = e[1][0] === '173';
    else if (name === 'FTX') t.bag_tags.push(e[3]);
    else if (name === 'LOC' && e[0][0] === '91') d.issuing_state = e[1][0];
    else if (name === 'LOC') t[e[0][0]] = e[1][0];
    else if (name === 'NAT') t.nationality = e[1][0];
    else if (name === 'RFF') t[e[0][0]] = e[0][1];
    else if (name === 'DOC') t.documents.push(d = { type: e[0][0], number: e[1][0] });
    else if (name === 'CNT') t = null;
  }
  return list;
}

const file = made(420);
const doc = readFileSync(file, 'utf8');
const parser = (validator) => new ts.Parser(new ts.Configuration({ validator }));
function validated() {
  const v = new ts.ValidatorImpl();
  v.define(table);
  return collect(parser(v), doc, handlers);
}
const variants = {
  'ts-edifact, segments only': () => collect(parser(new ts.NullValidator()), doc, handlers).length,
  'ts-edifact, validated segments': () => validated().length,
  'ts-edifact, validated, to travelers': () => travelers(validated()).length,
  'edifact, segments only': () => collect(new Ancestor(), doc, handlers.map((h) => h.toLowerCase())).length,
};
const median = (a) => a.toSorted((x, y) => x - y)[a.length >> 1];
const spread = (a) => ({ ms: +median(a).toFixed(3), ms_least: +Math.min(...a).toFixed(3), ms_most: +Math.max(...a).toFixed(3) });

// Rounds by turns, so that what else the machine does falls on all of them.
const times = Object.fromEntries([...Object.keys(variants), 'gangway, to travelers'].map((k) => [k, []]));
console.warn = () => {};
for (let round = -50; round < 300; round++) {
  for (const [name, work] of Object.entries(variants)) {
    const begun = process.hrtime.bigint();
    const n = work();
    const ms = Number(process.hrtime.bigint() - begun) / 1e6;
    if (n !== (name.endsWith('travelers') ? 420 : 7157 - 1)) throw new Error(`${name}: ${n}`);
    if (round >= 0) times[name].push(ms);
  }
  if (round >= 0) times['gangway, to travelers'].push(ours(file, 3).us / 1000);
}
const us = times['gangway, to travelers'];
for (const [name, t] of Object.entries(times)) {
  console.log(JSON.stringify({ bench: 'paxlst', what: name, bytes: doc.length, passengers: 420, rounds: t.length, ...spread(t),
    times_ours: +(median(t) / median(us)).toFixed(1), times_ours_at_best: +(Math.min(...t) / Math.min(...us)).toFixed(1) }));
}

// From the command line, cold: what a script that reads one file waits for.
if (gangway) {
  const script = path.join(folder, 'read.mjs');
  writeFileSync(script, `import { createRequire } from 'node:module'; import { readFileSync } from 'node:fs';
const r = createRequire(${JSON.stringify(import.meta.url)}); const ts = { ...r('ts-edifact/lib/parser.js'), ...r('ts-edifact/lib/validator.js'), ...r('ts-edifact/lib/configuration.js') }; const s = []; let e, c;
const p = new ts.Parser(new ts.Configuration({ validator: new ts.NullValidator() }));
p.onOpenSegment = (name) => { e = []; s.push({ name, elements: e }); }; p.onElement = () => { c = []; e.push(c); }; p.onComponent = (v) => { c.push(v); };
p.write(readFileSync(${JSON.stringify(file)}, 'utf8')); p.end(); console.log(JSON.stringify(s));`);
  const cold = { gangway: [], 'ts-edifact': [] };
  for (let i = 0; i < 15; i++) {
    for (const [name, args] of [['gangway', [gangway, 'manifest', file]], ['ts-edifact', [process.execPath, script]]]) {
      const begun = process.hrtime.bigint();
      const r = spawnSync(args[0], args.slice(1), { maxBuffer: 64 << 20 });
      if (r.status !== 0) throw new Error(String(r.stderr));
      cold[name].push(Number(process.hrtime.bigint() - begun) / 1e6);
    }
  }
  console.log(JSON.stringify({ bench: 'paxlst, one file from the command line, to JSON', gangway: spread(cold.gangway), 'ts-edifact': spread(cold['ts-edifact']),
    times_ours: +(median(cold['ts-edifact']) / median(cold.gangway)).toFixed(1) }));
}

for (const n of [420, 4200, 10000]) {
  const r = ours(made(n), n > 420 ? 5 : 30);
  console.log(JSON.stringify({ bench: 'paxlst memory', passengers: n, bytes: r.bytes, ms: +(r.us / 1000).toFixed(2), mb_per_s: r.mb_per_s, arena_bytes: r.arena_bytes,
    arena_bytes_per_traveler: r.arena_bytes_per_traveler, process_kib: r.rss_kib }));
}
console.log(JSON.stringify({ machine: cpus()[0].model, cores: cpus().length, node: process.version }));
