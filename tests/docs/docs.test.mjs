// What the documents say is what the source is: pictures drawn from it, links that
// lead somewhere, commands that exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

const top = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const gangway = process.env.GANGWAY ?? path.join(top, 'build/gangway');
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md',
  ...readdirSync(path.join(top, 'docs')).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
  ...readdirSync(path.join(top, 'docs/decisions')).map((f) => `docs/decisions/${f}`)];

test('docs/modules.svg is drawn from the includes, and no arrow points up', () => {
  const run = spawnSync(path.join(top, 'tools/modules'), ['--check'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});

test('docs/data-protection.md explains every stored field, and names a test that is there for each table', () => {
  const run = spawnSync(path.join(top, 'tools/data-protection'), ['--check'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});

for (const page of pages)
  test(`${page}: every link leads to a file`, () => {
    const text = readFileSync(path.join(top, page), 'utf8').replace(/```[\s\S]*?```/g, '');
    for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      assert.ok(existsSync(path.join(top, path.dirname(page), target)), `${page} links to ${target}`);
    }
  });

for (const page of ['ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md'])
  test(`${page}: every file it names is there`, () => {
    const text = readFileSync(path.join(top, page), 'utf8').replace(/```[\s\S]*?```/g, '');
    for (const [, name] of text.matchAll(/`((?:src\/|tests\/|tools\/|docs\/|models\/|[a-z]+\/)[\w./-]*\w(?:\.\w+)?\/?)`/g)) {
      if (/^(?:x|NAME|build)\//.test(name)) continue;
      assert.ok(existsSync(path.join(top, name)) || existsSync(path.join(top, 'src', name)), `${page} names ${name}`);
    }
  });

test('README.md shows only commands that exist', () => {
  const help = spawnSync(gangway, ['--help'], { encoding: 'utf8' }).stdout;
  for (const [, command] of readFileSync(path.join(top, 'README.md'), 'utf8').matchAll(/^(?:build\/)?gangway (\w+)/gm))
    assert.match(help, new RegExp(`^  ${command} `, 'm'), `README shows gangway ${command}`);
});

test('docs/gangway.1 names every command and every one has help', () => {
  const page = readFileSync(path.join(top, 'docs/gangway.1'), 'utf8');
  const help = spawnSync(gangway, ['--help'], { encoding: 'utf8' }).stdout;
  for (const [, command] of help.matchAll(/^  ([a-z]+) +\S/gm)) {
    if (command === 'gangway') continue;
    assert.match(page, new RegExp(`^\\.B ${command}$`, 'm'), `the man page has no ${command}`);
    const run = spawnSync(gangway, [command, '--help'], { encoding: 'utf8' });
    assert.equal(run.status, 0);
    assert.match(run.stdout, /^usage: gangway /);
  }
});

test('the project names no registry, no path of a developer and nobody in a photo', () => {
  const files = spawnSync('git', ['-C', top, 'ls-files', '-z'], { encoding: 'utf8' }).stdout.split('\0').filter(Boolean);
  const words = ['registry.npmjs' + '.org', 'deb.debian' + '.org', '/tmp/' + 'wt/', '/work/' + 'main', 'snapshot.debian' + '.org'];
  for (const file of files) {
    let text;
    try { text = readFileSync(path.join(top, file), 'latin1'); } catch { continue; }
    for (const word of words) assert.ok(!text.includes(word), `${file} has ${word}`);
  }
});

const simulation = readFileSync(path.join(top, 'docs/simulation.md'), 'utf8');
const rules = [...readFileSync(path.join(top, 'src/cli/simulate.def'), 'utf8').matchAll(/^SIM_RULE\((\w+), "([^"]+)", "([^"]+)"\)/gm)];

test('docs/simulation.md reports every rule of the simulator, and none was broken', () => {
  const rows = [...simulation.matchAll(/^\| (pass|fail|not tried) +\| +(\d+) \| (\w+) +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)];
  assert.deepEqual(rows.map((r) => [r[3], r[4], r[5]]), rules.map((r) => r.slice(1)));
  for (const r of rows) assert.equal(r[1], 'pass', r[3]);
});

// Column by column; a bar within a cell is written \|.
const promises = [...simulation.slice(simulation.indexOf('## The contract')).matchAll(/^\| (.+?) (?<!\\)\| (.+?) \|$/gm)].slice(1).map((m) => [m[1], m[2]]);

test('docs/simulation.md says of each sentence of the contract which rules hold it, and names only rules there are', () => {
  const named = new Set();
  for (const [sentence, held] of promises) {
    const here = [...held.matchAll(/`([A-Z_]+)`/g)].map((m) => m[1]);
    for (const name of here) assert.ok(rules.some((r) => r[1] === name), `${name}: ${sentence}`);
    for (const name of here) named.add(name);
    for (const [, file] of held.matchAll(/`(tests\/[\w./]+)`/g)) assert.ok(existsSync(path.join(top, file)), file);
    assert.ok(here.length > 0 || /tests\/|no rule|of the installation/.test(held), sentence);
  }
  assert.deepEqual(rules.map((r) => r[1]).filter((name) => !named.has(name)), [], 'rules of no sentence');
});

const contract = path.join(process.env.GANGWAY_SHARED ?? path.join(top, '../shared'), 'design/contract.md');
test('docs/simulation.md leaves no sentence of section 4 of the contract out', { skip: existsSync(contract) ? false : 'the contract is not beside the source' }, () => {
  const tidy = (s) => s.replace(/\s+/g, ' ');
  let text = tidy(readFileSync(contract, 'utf8').split(/^## /m).find((s) => s.startsWith('4. ')));
  for (const [sentence] of [...promises].sort((a, b) => b[0].length - a[0].length)) {
    const found = [sentence, sentence.replaceAll('\\|', '|')].find((s) => text.includes(tidy(s)));
    assert.ok(found, `not in the contract: ${sentence}`);
    text = text.replace(tidy(found), '\0');
  }
  // What is left are the heading and the columns of who may ask.
  const roles = /^(?:[-| .]|\b(?:4|The service|request|role|does|carrier|officer|supervisor|device|auditor|admin|all|none, or as set|anyone holding a receipt)\b|,)*$/;
  for (const left of text.split('\0')) assert.match(left.trim(), roles);
});
