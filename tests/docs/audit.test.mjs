// audit.test.mjs - docs/audit.md has every field and kind of src/audit/entry.def, as it stands there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const def = fs.readFileSync(path.join(root, 'src/audit/entry.def'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const page = fs.readFileSync(path.join(root, 'docs/audit.md'), 'utf8');

test('docs/audit.md lists the fields and kinds of the log', () => {
  const fields = [...def.matchAll(/^GW_AUDIT_FIELD\((\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)"\)$/gm)];
  const kinds = [...def.matchAll(/^GW_AUDIT_KIND\((\w+),\s*(\w+),\s*(.*),\s*"([^"]*)"\)$/gm)];
  assert.equal(fields.length, def.match(/^GW_AUDIT_FIELD\(/gm).length);
  assert.equal(kinds.length, def.match(/^GW_AUDIT_KIND\(/gm).length);
  const name = Object.fromEntries(fields.map(([, N, n]) => [N, n]));
  for (const [, , n, type, says] of fields) assert.ok(page.includes(`| \`${n}\` | ${type} | ${says} |`), n);
  for (const [, , n, sets, says] of kinds) {
    const [must, may] = sets.split(/,(?![^(]*\))/).map((s) => [...s.matchAll(/F\((\w+)\)/g)].map(([, N]) => `\`${name[N]}\``).join(', '));
    assert.ok(page.includes(`| \`${n}\` | ${must} | ${may ?? ''} | ${says} |`), n);
  }
});
