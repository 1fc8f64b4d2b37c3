// take_bench.mjs - a list of 420 passengers from the carrier's socket to the answer, durably kept: PAXLST in, JSON or
// CUSRES out, each for a voyage that is new, and the same again. Lines of JSON; milliseconds.
//
//   node tests/bench/take_bench.mjs build-bench/gangway build-bench/tests/bench/manifest_bench
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';

const [gangway, make] = process.argv.slice(2);
if (!make) {
  console.error('usage: node take_bench.mjs GANGWAY MANIFEST_BENCH');
  process.exit(2);
}
process.env.GANGWAY_BIN = path.resolve(gangway);
const { Gangway } = await import('../service/help/gangway.mjs');
const ROUNDS = 25;
const folder = mkdtempSync(path.join(tmpdir(), 'take-bench-')), afters = [() => rmSync(folder, { recursive: true })];
execFileSync(make, ['make', '420', path.join(folder, '420.edi')]);
const text = readFileSync(path.join(folder, '420.edi'), 'utf8');
const g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'log.level': 'error' } });
const spread = (a) => { const s = a.toSorted((x, y) => x - y); return [s[Math.floor(s.length / 10)], s[s.length >> 1], s[Math.floor(s.length * 0.9)]].map((x) => +x.toFixed(1)); };

let number = 1000;
for (const accept of ['application/json', 'application/edifact']) {
  const first = [], again = [];
  for (let i = 0; i < ROUNDS; i++) {
    const body = Buffer.from(text.replaceAll('XX123', `XX${number++}`));
    for (const list of [first, again]) {
      const begun = process.hrtime.bigint();
      const a = await g.ask('POST', '/v1/manifests', { as: 'carrier', body, headers: { 'Content-Type': 'application/edifact', Accept: accept }, unchecked: true });
      list.push(Number(process.hrtime.bigint() - begun) / 1e6);
      if (a.status !== (list === first ? 201 : 200)) throw new Error(a.text);
    }
  }
  console.log(JSON.stringify({ bench: 'manifest taken', passengers: 420, bytes: text.length, answer: accept, rounds: ROUNDS, first_ms: spread(first), again_ms: spread(again),
    cpu: cpus()[0].model, load: loadavg()[0] }));
}
for (const f of afters.reverse()) await f();
