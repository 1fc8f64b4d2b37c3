// papers_bench.mjs - machine-readable zones against npm `mrz`, boarding passes against npm `bcbp`:
// the same entries, each parser in its own process, in turns within one run. Two lines of JSON.
//
//     node tests/bench/papers_bench.mjs [build-bench/tests/bench/papers_bench]
//
// The npm parsers come with `npm ci` in tests/bench. `ours` and `theirs` are nanoseconds an entry:
// [10th, 50th, 90th percentile], medians over the turns; `ratio` is median to median.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const program = process.argv[2] ?? path.join(here, '..', '..', 'build-bench', 'tests', 'bench', 'papers_bench');
if (!existsSync(path.join(here, 'node_modules', 'mrz'))) {
  console.log(JSON.stringify({ bench: 'papers', skipped: 'the npm parsers are not there; npm ci in tests/bench brings them' }));
  process.exit(77);
}
const { parse } = await import('mrz');
const { decode } = await import('bcbp');

const TURNS = 5, ROUNDS = 400;

// The specimens of Doc 9303 parts 4 to 7, of Sweden instead of Utopia, which the yardstick does not know.
const zones = [
  'P<SWEERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<|L898902C36SWE7408122F1204159ZE184226B<<<<<10',
  'P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<|C01X0006H1D<<6408125F1710319<<<<<<<<<<<<<<<0',
  'P<GBRUK<SPECIMEN<<ANGELA<ZOE<<<<<<<<<<<<<<<<|9992307632GBR9501016F2911272<<<<<<<<<<<<<<02',
  'I<SWED231458907<<<<<<<<<<<<<<<|7408122F1204159SWE<<<<<<<<<<<6|ERIKSSON<<ANNA<MARIA<<<<<<<<<<',
  'I<SWED23145890<7349<<<<<<<<<<<|3407127M9507122SWE<<<<<<<<<<<2|STEVENSON<<PETER<JOHN<<<<<<<<<',
  'I<SWEERIKSSON<<ANNA<MARIA<<<<<<<<<<<|D231458907SWE7408122F1204159<<<<<<<6',
  'V<SWEERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<|L8988901C4XXX4009078F96121096ZE184226B<<<<<<',
  'V<SWEERIKSSON<<ANNA<MARIA<<<<<<<<<<<|L8988901C4XXX4009078F9612109<<<<<<<<',
];
const passes = [
  'M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 326J001A0025 100',
  'M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 226F001A0025 14D>6181WM6225BAC 00141234560032A0141234567890 1AC AC 1234567890123    20KYLX58Z',
  'M2DESMARAIS/LUC       EABC123 YULFRAAC 0834 226F001A0025 14D>6181WM6225BAC 00141234560032A0141234567890 1AC AC 1234567890123    20KYLX58ZDEF456 FRAGVALH 3664 227C012C0002 12E2A0140987654321 1AC AC 1234567890123    2PCNWQ^164GIWVC5EH7JNT684FVNJ91W2QA4DVN5J8K4F0L0GEQ3DF5TGBN8709HKT5D3DW3GBHFCVHMY7J5T6HFR41W2QA4DVN5J8K4F0L0GE',
];

const middle = (a) => [...a].sort((x, y) => x - y)[a.length >> 1];

function theirs(entries, read) {
  const ns = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.hrtime.bigint();
    for (const entry of entries) read(entry);
    ns.push(Number(process.hrtime.bigint() - before) / entries.length);
  }
  ns.sort((a, b) => a - b);
  return [0.1, 0.5, 0.9].map((share) => ns[Math.floor(share * (ns.length - 1))]);
}

function ours(what, file) {
  const { status, stdout, stderr } = spawnSync(program, [what, file, String(ROUNDS)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  const { valid, p10, p50, p90 } = JSON.parse(stdout);
  return { valid, times: [p10, p50, p90] };
}

function bench(what, yardstick, entries, read, isRight) {
  const folder = mkdtempSync(path.join(tmpdir(), 'gangway-bench-'));
  const file = path.join(folder, what);
  const many = Array.from({ length: 128 }, (_, i) => entries[i % entries.length]);
  writeFileSync(file, `${many.join('\n')}\n`);
  const inputs = many.map((entry) => entry.replaceAll('|', '\n'));
  const right = inputs.filter((entry) => isRight(read(entry))).length;
  theirs(inputs, read); // once for the compiler
  const turns = [];
  for (let turn = 0; turn < TURNS; turn++) turns.push([ours(what, file), theirs(inputs, read)]);
  rmSync(folder, { recursive: true });
  const [mine, their] = [0, 1].map((side) => [0, 1, 2].map((i) => middle(turns.map((t) => (side === 0 ? t[0].times : t[1])[i]))));
  console.log(JSON.stringify({
    bench: what, yardstick, entries: many.length, valid: { ours: turns[0][0].valid, theirs: right }, ns: { ours: mine, theirs: their.map(Math.round) },
    ratio: Number((their[1] / mine[1]).toFixed(1)), turns: TURNS, rounds: ROUNDS, cpu: cpus()[0].model, node: process.version,
  }));
}

bench('mrz', 'npm mrz 5.0.2', zones, parse, (r) => r.valid);
bench('bcbp', 'npm bcbp 6.0.2', passes, (text) => decode(text, 2026), (r) => r.data?.legs?.length > 0);
