// docs/formats.md against the sources: what it names exists, and what readers say is in it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const top = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const read = (name) => readFileSync(path.join(top, name), 'utf8');
const page = read('docs/formats.md');
const named = [...page.matchAll(/`([^`]+)`/g)].map((m) => m[1]);
const section = (title) => page.split(/^## /m).find((s) => s.startsWith(`${title}\n`));

test('every function it names is in a header', () => {
  const headers = readdirSync(path.join(top, 'src'), { recursive: true }).filter((f) => f.endsWith('.h')).map((f) => read(`src/${f}`)).join('\n');
  const functions = new Set(named.filter((n) => /^gw_[a-z0-9_]+$/.test(n)));
  assert.ok(functions.size >= 20);
  for (const name of functions) assert.match(headers, new RegExp(`\\b${name}\\(`), name);
});

test('every file it names is there', () => {
  const files = new Set(named.filter((n) => /^(src|tests|docs)\/\S+\.\w+$/.test(n)));
  assert.ok(files.size >= 12);
  for (const name of files) assert.ok(existsSync(path.join(top, name)), name);
});

// A golden file nobody named is a clause nobody can find; one named and gone, a promise.
test('every golden manifest is on the page, and every one on it is there', () => {
  const golden = readdirSync(path.join(top, 'tests/golden/paxlst')).filter((f) => f.endsWith('.edi')).map((f) => f.slice(0, -4));
  const rows = section('Manifests').split('\n').filter((l) => l.startsWith('| ') && l.includes('gw_'));
  const cells = new Set(rows.flatMap((l) => [...l.split(' | ').at(-1).matchAll(/`([a-z0-9_]+(?:\.fail)?)`/g)].map((m) => m[1])));
  assert.deepEqual([...cells].sort(), golden.sort());
});

// What stands in quotes without a blank in a call of problem(), last but the sentence.
function codes(file, call) {
  const found = new Set();
  for (const [, args] of read(file).matchAll(new RegExp(`\\b${call}\\(([^;]*);`, 'g'))) {
    const words = [...args.matchAll(/"([a-z_]+)"/g)].map((m) => m[1]);
    if (words.length > 0) found.add(words.at(-1));
  }
  assert.ok(found.size >= 5, `${file}: found ${[...found]}`);
  return found;
}

for (const [title, file, call] of [['Machine-readable zones', 'src/document/mrz.c', 'problem'], ['Boarding passes', 'src/document/bcbp.c', 'problem'],
  ['Chips', 'src/document/chip.c', 'problem'], ['Chips', 'src/cli/cmd_chip.c', 'add_problem']]) {
  test(`every code of ${file} is in "${title}"`, () => {
    for (const code of codes(file, call)) assert.ok(section(title).includes(`\`${code}\``), code);
  });
}

test('every state and reason is on the page', () => {
  for (const [file, title] of [['src/document/sod.c', 'Signatures of chips'], ['src/document/name.c', 'Names']]) {
    const lists = [...read(file).matchAll(/names\[\] = \{([^}]*)\}/g)].map((m) => m[1]);
    assert.ok(lists.length >= 2);
    for (const list of lists) {
      if (list.includes('old_list')) continue; // of the step, not of the whole
      for (const [, word] of list.matchAll(/"([a-z_]+)"/g)) assert.ok(section(title).includes(`\`${word}\``), word);
    }
  }
});
