// audit.mjs - gangway audit as an auditor types it: a log of a few entries, what is no
// log at all, witnesses true and false, proofs that hold.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.GANGWAY ?? process.env.GANGWAY_BIN ?? path.join(root, 'build', 'gangway');
const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('GANGWAY')));

function gangway(...args) {
  const r = spawnSync(program, args, { env, encoding: 'utf8', timeout: 60_000 });
  let json = null;
  try { json = JSON.parse(r.stdout); } catch { /* nothing, or text */ }
  return { status: r.status, stdout: r.stdout, stderr: r.stderr, json };
}

// c2sp.org/tlog-cosignature: the key as it is written, and the line under a head's text.
function witness(name) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
  const bytes = Buffer.concat([Buffer.from([4]), publicKey.export({ format: 'der', type: 'spki' }).subarray(12)]);
  const id = crypto.createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
  const line = (text, at) => {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(at));
    return `— ${name} ${Buffer.concat([id, time, crypto.sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), privateKey)]).toString('base64')}`;
  };
  return { vkey: `${name}+${id.toString('hex')}+${bytes.toString('base64')}`, line };
}

describe('audit', { skip: fs.existsSync(program) ? false : `${program} is not built` }, () => {
  let dir, key, log, text;
  const at = (name) => path.join(dir, name);
  const write = (name, content) => { fs.writeFileSync(at(name), content); return at(name); };
  const own = (...args) => {
    const r = gangway(...args, '--set', `store.path=${at('store')}`);
    assert.equal(r.status, 0, r.stderr);
    return r;
  };
  const check = (file, ...more) => gangway('audit', 'check', file, '--key', key, ...more);

  // Heads over 2, 4, 6, and over 7 by the export itself.
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gangway-audit-'));
    for (let i = 0; i < 6; i++) {
      own('user', 'add', '--role', 'officer');
      if (i % 2 === 1) own('audit', 'head', '--fresh');
    }
    key = write('log.key', own('audit', 'key').stdout);
    log = at('log.txt');
    own('audit', 'export', log);
    text = fs.readFileSync(log, 'utf8');
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  test('an honest export holds', () => {
    const r = check(log);
    assert.equal(r.status, 0, r.stderr);
    assert.deepEqual([r.json.valid, r.json.entries, r.json.heads, r.json.problems], [true, 7, 4, []]);
  });

  describe('a witness', () => {
    // Under the last head, behind the log's own line.
    const cosigned = (line) => text.replace(/\nend 7\n$/, `\n|${line}\nend 7\n`);
    const signed = () => {
      const note = text.slice(text.lastIndexOf('\nhead\n') + 6).split('\n').filter((l) => l.startsWith('|')).map((l) => l.slice(1));
      return `${note.slice(0, 4).join('\n')}\n`;
    };

    test('who signed the last head is taken, with the time', () => {
      const w = witness('witness.example/w');
      const r = check(write('witnessed.txt', cosigned(w.line(signed(), 1795420900))), '--witness', w.vkey);
      assert.equal(r.status, 0, r.stderr);
      assert.deepEqual([r.json.valid, r.json.witnessed_at], [true, '2026-11-23T08:01:40Z']);
    });

    test('who did not sign is a problem of its own', () => {
      const w = witness('witness.example/w');
      const rows = { 'nobody signed': text, 'another of this name did': cosigned(witness('witness.example/w').line(signed(), 1795420900)),
        'it signed another text': cosigned(w.line(`${signed()}x`, 1795420900)) };
      for (const [label, content] of Object.entries(rows)) {
        const r = check(write('unwitnessed.txt', content), '--witness', w.vkey);
        assert.equal(r.status, 1, label);
        assert.deepEqual([r.json.valid, r.json.witnessed_at, r.json.problems.map((p) => p.code)], [false, null, ['unwitnessed']], label);
        assert.match(r.json.problems[0].text, /the last head has no good signature of the witness witness\.example\/w/);
        assert.ok(r.stderr.includes(r.json.problems[0].text));
      }
    });

    test('the log is no witness of itself, and a witness no log', () => {
      const r = check(log, '--witness', key);
      assert.equal(r.status, 2, r.stdout);
      assert.match(r.stderr, /--witness: this is no key of a witness/);
      assert.equal(r.stdout, '');
      const other = gangway('audit', 'check', log, '--key', witness('witness.example/w').vkey);
      assert.equal(other.status, 2, other.stdout);
      assert.match(other.stderr, /--key: this is the key of a witness/);
    });
  });

  describe('a file that is no export could not be read', () => {
    const rows = [
      ['plain text', () => 'Dear auditor,\nall is well.\n', /it must begin with the line/],
      ['an empty file', () => '', /it is empty/],
      ['an export of another version', () => text.replace('export 1', 'export 2'), /it must begin with the line/],
      ['line ends of another system', () => text.replaceAll('\n', '\r\n'), /its lines end in CR LF/],
      ['a head', () => own('audit', 'head').stdout, /it must begin with the line/],
    ];
    for (const [label, make, sentence] of rows)
      test(label, () => {
        const r = check(write('none.txt', make()));
        assert.equal(r.status, 3, r.stdout);
        assert.deepEqual([r.json.valid, r.json.problems.length, r.json.problems[0].code], [false, 1, 'form']);
        assert.match(r.json.problems[0].text, sentence);
        assert.ok(r.stderr.includes(r.json.problems[0].text));
        const proof = gangway('audit', 'prove', at('none.txt'), '--entry', '0', '--key', key);
        assert.equal(proof.status, 3, proof.stdout);
      });

    test('a device that has nothing', () => assert.equal(check('/dev/null').status, 3));
    test('no file at all', () => assert.equal(check(at('nowhere')).status, 3));

    test('what begins as one was read, and does not hold', () => {
      const lies = { 'cut off': text.slice(0, 400), 'the title alone': 'gangway audit export 1\n', 'another number': text.replace('from 0', 'from x'),
        'an entry changed': text.replace('"officer"', '"auditor"'), 'an entry with a CR': text.replace('}\n', '}\r\n') };
      for (const [label, content] of Object.entries(lies)) {
        const r = check(write('lie.txt', content));
        assert.equal(r.status, 1, label);
        assert.equal(r.json.valid, false, label);
        assert.ok(r.json.problems.length > 0, label);
      }
    });
  });

  describe('a proof', () => {
    const prove = (...args) => gangway('audit', 'prove', log, '--key', key, ...args);
    const good = [
      ['an entry, to the last head', ['--entry', '3'], /entry 3 \(token\) is in the log of 7 entries/],
      ['an entry, to an earlier head', ['--entry', '3', '--size', '4'], /entry 3 \(token\) is in the log of 4 entries/],
      ['two sizes', ['--first', '2', '--second', '6'], /the log of 6 entries .* begins with the 2 /],
      ['a size and the last', ['--first', '4'], /the log of 7 entries .* begins with the 4 /],
    ];
    for (const [label, args, sentence] of good)
      test(`${label}: what is handed out holds`, () => {
        const r = prove(...args);
        assert.equal(r.status, 0, r.stderr);
        const checked = gangway('audit', 'prove', '--check', write('proof.json', r.stdout), '--key', key);
        assert.equal(checked.status, 0, checked.stderr);
        assert.match(checked.json.text, sentence);
      });

    const refused = [
      ['a first size nobody signed', ['--first', '3', '--second', '6'], /--first: no head was signed over 3 entries; the nearest are over 2 and 4/],
      ['a second size nobody signed', ['--first', '2', '--second', '5'], /--second: no head was signed over 5 entries; the nearest are over 4 and 6/],
      ['a size before all heads', ['--first', '1'], /--first: no head was signed over 1 entry; the nearest is over 2/],
      ['an entry in a size nobody signed', ['--entry', '4', '--size', '5'], /--size: no head was signed over 5 entries; the nearest is over 6/],
      ['an entry that is not in that size', ['--entry', '4', '--size', '4'], /.+/],
      ['an entry there is not', ['--entry', '7'], /.+/],
      ['more than there is', ['--first', '2', '--second', '8'], /the export has 7 entries/],
    ];
    for (const [label, args, sentence] of refused)
      test(`${label}: refused, and no proof that proves nothing`, () => {
        const r = prove(...args);
        assert.equal(r.status, 1, r.stdout);
        assert.equal(r.stdout, '');
        assert.match(r.stderr, sentence);
      });
  });
});
