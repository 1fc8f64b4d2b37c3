// usage.mjs - words that mean nothing to a command are refused, with the nearest that would.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GANGWAY ?? process.env.GANGWAY_BIN ?? path.join(root, 'build', 'gangway');
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('GANGWAY')));
const gangway = (...args) => spawnSync(program, args, { env, encoding: 'utf8', timeout: 60_000 });

describe('usage', { skip: fs.existsSync(program) ? false : `${program} is not built` }, () => {
  const refused = [
    ['doctor x', /gangway doctor: it takes options only, not "x"; --help lists them/],
    ['doctor json', /not "json"; did you mean --json\?/],
    ['doctor -- --json', /not "--json"; did you mean --json\?/],
    ['config http.listen', /gangway config: .*not "http\.listen"/],
    ['config fle', /did you mean --file\?/],
    ['openapi x', /gangway openapi: .*not "x"/],
    ['openapi pretty', /did you mean --pretty\?/],
    ['version x', /gangway version: .*not "x"/],
    ['--version x', /gangway version: .*not "x"/],
    ['demo x', /gangway demo: .*not "x"/],
    ['serve x', /gangway serve: .*not "x"/],
    ['simulate x', /gangway simulate: .*not "x"/],
    ['policy explain us-2008', /gangway policy explain: .*not "us-2008"/],
    ['policy notice us-2008', /gangway policy notice: .*not "us-2008"/],
    ['help fase', /no command is called "fase"; did you mean face\?/],
    ['--help fase', /no command is called "fase"; did you mean face\?/],
    ['help face mrz', /gangway help: it takes one command/],
    ['fase', /no command is called "fase"; did you mean face\?/],
    ['zzzzzz', /no command is called "zzzzzz"; `gangway --help` lists them/],
  ];
  for (const [line, sentence] of refused)
    test(`gangway ${line}: refused`, () => {
      const r = gangway(...line.split(' '));
      assert.equal(r.status, 2, r.stdout.slice(0, 200));
      assert.equal(r.stdout, '');
      assert.match(r.stderr, sentence);
    });

  for (const [line, same] of [['help', '--help'], ['-h', '--help'], ['help face', 'face --help'], ['--help policy', 'policy --help']])
    test(`gangway ${line} is gangway ${same}`, () => {
      const a = gangway(...line.split(' ')), b = gangway(...same.split(' '));
      assert.deepEqual([a.status, a.stdout, a.stderr], [0, b.stdout, '']);
      assert.ok(a.stdout.length > 100);
    });
});
