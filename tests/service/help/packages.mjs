// packages.mjs - the npm packages of these tests, by package-lock.json. tools/setup fetches them; a checkout that
// was not set up gets them here, once, whichever test comes first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = path.join(folder, 'node_modules', '.gangway');
const wanted = createHash('sha256').update(fs.readFileSync(path.join(folder, 'package-lock.json'))).digest('hex');
const there = () => fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8').trim() === wanted;

if (!there()) {
  const r = spawnSync('flock', [path.join(folder, 'package-lock.json'), 'sh', '-c',
    `test "$(cat node_modules/.gangway 2>/dev/null)" = ${wanted} || { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && printf %s ${wanted} >node_modules/.gangway; }`],
  { cwd: folder, encoding: 'utf8' });
  if (!there()) throw new Error(`the npm packages of tests/service could not be fetched (tools/setup test does it too): ${r.error ?? r.stderr}`);
}

export const take = createRequire(path.join(folder, 'package.json'));
