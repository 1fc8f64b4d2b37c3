// setup.mjs - tools/setup says what is wrong in words a person can act on, and
// never takes a file that is not what was pinned. No network: apt and npm are
// stand-ins in PATH that answer what a row tells them to.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const setup = path.join(root, 'tools/setup');
let here; // a folder of our own, removed at the end
let world; // a machine as SETUP_ variables describe it; each test changes its own copy

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const integrity = (bytes) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

function script(folder, name, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), `#!/bin/bash\n${text}\n`);
  chmodSync(path.join(folder, name), 0o755);
}

function table({ package: pinnedPackage = integrity(tarball()), file = sha256('eyes'), more = '' } = {}) {
  return `npm  small 1.0.0 1 ${pinnedPackage}\nfile small any ${file} package/eyes models/eyes sees\n${more}`;
}

// A package as npm packs it, with a file that is pinned and one that is not.
function tarball() {
  const file = path.join(here, 'small-1.0.0.tgz');
  if (!existsSync(file)) {
    const folder = path.join(here, 'small/package');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'eyes'), 'eyes');
    writeFileSync(path.join(folder, 'rest'), 'rest');
    execFileSync('tar', ['-czf', file, '-C', path.join(here, 'small'), 'package']);
  }
  return readFileSync(file);
}

let machines = 0;
function machine(changes = {}) {
  const folder = path.join(here, `machine${machines++}`);
  const file = (name, text) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const bin = path.join(folder, 'bin');
  const env = {
    ...process.env,
    SETUP_VENDOR: path.join(folder, 'vendor'),
    SETUP_OS_RELEASE: file('os-release', changes.release ?? 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian 12"\n'),
    SETUP_ARCHITECTURE: changes.architecture ?? 'amd64',
    SETUP_PACKAGES: file('packages', changes.packages ?? 'build any dpkg there on every Debian\n'),
    SETUP_PINNED: file('pinned', changes.pinned ?? table()),
    PATH: `${bin}:${process.env.PATH}`,
  };
  // npm pack hands out our package; apt-get says what the row says.
  script(bin, 'npm', changes.npm ?? `[[ " $* " == *" --ignore-scripts "* ]] || exit 9
while [ $# -gt 0 ]; do [ "$1" != --pack-destination ] || cp ${path.join(here, 'small-1.0.0.tgz')} "$2"; shift; done`);
  script(bin, 'apt-get', changes.apt ?? 'echo "E: apt-get was not expected to be called"; exit 100');
  script(bin, 'apt-cache', 'exit 0');
  script(bin, 'sudo', 'while [[ $1 == -* ]]; do shift; done; exec "$@"');
  tarball();
  return { env, folder, vendor: env.SETUP_VENDOR, file };
}

function run(m, ...args) {
  const begun = Date.now();
  const { status, stdout, stderr } = spawnSync(setup, args, { env: m.env, encoding: 'utf8', timeout: 120_000 });
  return { status, stdout, stderr, last: stderr.trim().split('\n').at(-1), ms: Date.now() - begun };
}

// The ONNX Runtime of the machine under test is only asked for, not fetched here.
function withRuntime(m) {
  m.file('vendor/onnxruntime/include/onnxruntime_c_api.h', '#define ORT_API_VERSION 21\n');
  m.file('vendor/onnxruntime/lib/libonnxruntime.so.1', 'library');
  m.file('vendor/onnxruntime/answers', 'ONNX Runtime 1.30.0 answers interface 21\n');
  execFileSync('touch', ['-d', '+1 minute', path.join(m.vendor, 'onnxruntime/answers')]);
  return m;
}

before(() => {
  here = mkdtempSync(path.join(tmpdir(), 'gangway-setup-'));
});
after(() => rmSync(here, { recursive: true, force: true }));

const refusals = [
  { label: 'a distribution that is not Debian is named',
    machine: { release: 'ID=ubuntu\nVERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n' }, says: /this is Ubuntu 24\.04; .*Debian 12 .* and 13/ },
  { label: 'a Debian that is too old is named',
    machine: { release: 'ID=debian\nVERSION_CODENAME=bullseye\nPRETTY_NAME="Debian 11"\n' }, says: /this is Debian 11;/ },
  { label: 'an architecture without a runtime is named', machine: { architecture: 'riscv64' }, says: /this machine is riscv64; .*amd64 and arm64/ },
  { label: 'a package whose bytes differ from the pin is not unpacked', machine: { pinned: 'npm-altered' },
    says: /small 1\.0\.0 from npm is not the package that was pinned: expected sha512-AAAA, found sha512-/ },
  { label: 'a file whose bytes differ from the pin is not kept', machine: { pinned: 'file-altered' },
    says: /package\/eyes in small 1\.0\.0 .*expected sha256 0000, found [0-9a-f]{64}/ },
  { label: 'npm without a network', machine: { npm: 'echo "npm error code EAI_AGAIN" >&2; exit 1' }, says: /Fetching small 1\.0\.0 from npm: the network could not be reached/ },
  { label: 'npm with a full disk', machine: { npm: 'echo "npm error code ENOSPC" >&2; exit 1' }, says: /the disk is full\. Free 2 GB/ },
  { label: 'npm behind a proxy it does not trust', machine: { npm: 'echo "npm error code SELF_SIGNED_CERT_IN_CHAIN" >&2; exit 1' }, says: /certificate was not accepted/ },
  { label: 'npm where the version is gone', machine: { npm: 'echo "npm error code ETARGET" >&2; exit 1' }, says: /does not have it/ },
  { label: 'npm that fails in a way we do not know', machine: { npm: 'echo "strange" >&2; exit 1' }, says: /did not work \(see above\)/, also: /    strange/ },
  { label: 'apt without a network', machine: { packages: 'build any no-such-package why\n', apt: 'echo "Err: Temporary failure resolving somewhere"; echo "E: Unable to locate package no-such-package"; exit 100' },
    says: /the network could not be reached/ },
  { label: 'apt whose update warns and whose install fails', machine: { packages: 'build any no-such-package why\n',
    apt: '[[ " $* " != *" update "* ]] || { echo "W: Failed to fetch x  Could not connect to y"; exit 0; }; echo "E: Unable to locate package no-such-package"; exit 100' },
    says: /the network could not be reached/ },
  { label: 'a package that apt does not know is named', machine: { packages: 'build any no-such-package why\n', apt: '[[ " $* " == *" update "* ]] || { echo "E: Unable to locate package no-such-package"; exit 100; }' },
    says: /apt knows no package no-such-package .*component main of Debian bookworm/ },
  { label: 'apt with a full disk', machine: { packages: 'build any no-such-package why\n', apt: '[[ " $* " == *" update "* ]] || { echo "E: You don\'t have enough free space in /var/cache/apt/archives/."; exit 100; }' },
    says: /the disk is full/ },
  { label: 'apt that reports success without installing', machine: { packages: 'build any no-such-package why\n', apt: 'exit 0' }, says: /yet these are missing: no-such-package/ },
  { label: 'a table that is not there', machine: { packages: '# empty\n' }, says: /names no package: is the checkout whole/ },
];

for (const row of refusals) {
  test(row.label, () => {
    const changes = { ...row.machine };
    if (changes.pinned === 'npm-altered') changes.pinned = table({ package: 'sha512-AAAA' });
    if (changes.pinned === 'file-altered') changes.pinned = table({ file: '0000' });
    const m = withRuntime(machine(changes));
    const { status, stderr, last } = run(m);
    assert.equal(status, 1, stderr);
    assert.match(last, row.says);
    if (row.also) assert.match(stderr, row.also);
    assert.equal(existsSync(path.join(m.vendor, 'models/eyes')), false);
    assert.deepEqual(readdirSync(m.vendor).filter((f) => f.startsWith('.work')), [], 'what it worked in is gone');
  });
}

test('what is pinned is kept, and nothing else of the package', () => {
  const m = withRuntime(machine());
  assert.equal(run(m, '--check').status, 1);
  assert.equal(existsSync(path.join(m.vendor, 'models')), false, 'a check installs nothing');
  const { status, stderr } = run(m);
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(path.join(m.vendor, 'models/eyes'), 'utf8'), 'eyes');
  assert.deepEqual(readdirSync(path.join(m.vendor, 'models')), ['eyes']);
  assert.equal(run(m, '--check').status, 0);
});

test('a second run asks neither npm nor apt', () => {
  const m = withRuntime(machine());
  assert.equal(run(m).status, 0);
  script(path.join(m.folder, 'bin'), 'npm', 'exit 1');
  const { status, stdout, ms } = run(m);
  assert.equal(status, 0);
  assert.equal(stdout, '');
  assert.ok(ms < 5000, `took ${ms} ms`); // half a second on an idle machine
});

test('a file changed by somebody is named with both sums, and left for them to see', () => {
  const m = withRuntime(machine());
  assert.equal(run(m).status, 0);
  m.file('vendor/models/eyes', 'other eyes');
  for (const args of [[], ['--check']]) {
    const { status, stdout, stderr } = run(m, ...args);
    assert.equal(status, 1);
    assert.ok(`${stdout}${stderr}`.includes(`vendor/models/eyes: expected sha256 ${sha256('eyes')}, found ${sha256('other eyes')}`));
  }
  assert.equal(readFileSync(path.join(m.vendor, 'models/eyes'), 'utf8'), 'other eyes');
});

test('a file as it was under an older pin is fetched anew', () => {
  const m = withRuntime(machine());
  m.file('vendor/models/eyes', 'older eyes');
  m.file('vendor/.pinned', table({ file: sha256('older eyes') }));
  const { status, stderr } = run(m);
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(path.join(m.vendor, 'models/eyes'), 'utf8'), 'eyes');
});

test('a lock held by another package manager is waited for', () => {
  const m = withRuntime(machine({ packages: 'build any no-such-package why\n' }));
  script(path.join(m.folder, 'bin'), 'apt-get', `[ -e ${m.folder}/once ] || { touch ${m.folder}/once; echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1"; exit 100; }`);
  const { last, ms } = run(m);
  assert.match(last, /yet these are missing/, 'went on after the lock was free');
  assert.ok(ms >= 2000);
});

test('a disk with too little room is found out before anything is fetched', (t) => {
  const m = withRuntime(machine());
  const small = path.join(m.folder, 'small');
  mkdirSync(small);
  const { status, stderr } = spawnSync('unshare', ['--mount', '--propagation', 'unchanged', '--map-root-user', 'bash', '-c',
    `mount -t tmpfs -o size=8m tmpfs ${small} && SETUP_VENDOR=${small} exec ${setup}`], { env: m.env, encoding: 'utf8' });
  if (/unshare|mount:/.test(stderr)) return t.skip('no mount namespace here');
  assert.equal(status, 1);
  assert.match(stderr, /small needs 72 MB while it is unpacked, and .* has \d MB free/);
});

test('an unknown group is wrong usage', () => {
  const { status, last } = run(machine(), 'everything');
  assert.equal(status, 2);
  assert.match(last, /everything is no group: build, test, long, bench/);
});

test('the document lists what is really installed', () => {
  const explained = execFileSync(setup, ['--explain'], { encoding: 'utf8' }).trim();
  assert.ok(readFileSync(path.join(root, 'docs/setup.md'), 'utf8').includes(explained), 'docs/setup.md is not what tools/setup --explain prints');
});

test('no file of the project names a registry', () => {
  const hosts = ['deb.debian' + '.org', 'registry.npmjs' + '.org', 'security.debian' + '.org'];
  const found = spawnSync('git', ['grep', '-lF', ...hosts.flatMap((h) => ['-e', h])], { cwd: root, encoding: 'utf8' });
  assert.equal(found.stdout, '');
});
