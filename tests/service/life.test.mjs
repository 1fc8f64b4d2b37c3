// life.test.mjs - starting, stopping, dying and coming back.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Gangway, environment, folder, live, number, photo, program, root, run, traveler, voyage, withoutPhotos, withoutProgram } from './help/gangway.mjs';

const isRoot = process.getuid?.() === 0;
const alive = async (g) => (await g.ask('GET', '/readyz')).status === 200;

describe('starting', { skip: withoutProgram }, () => {
  test('with no configuration it makes its folder, for its owner only, and is ready', async (t) => {
    const g = await Gangway.start(t);
    assert.ok(await alive(g));
    assert.equal(fs.statSync(g.store).mode & 0o777, 0o700);
    for (const f of fs.readdirSync(g.store)) assert.equal(fs.statSync(path.join(g.store, f)).mode & 0o077, 0, f);
  });

  test('it tells nothing secret when it starts', async (t) => {
    const g = await Gangway.start(t);
    assert.ok(!/gw_/.test(g.stdout + g.stderr));
  });

  for (const [closed, heard] of [['>&-', 'stderr'], ['2>&-', 'stdout'], ['<&- >&-', 'stderr']])
    test(`with ${closed} it works as ever: no file or socket stands where something is written`, async (t) => {
      const child = spawn('sh', ['-c', `exec "$0" "$@" ${closed}`, program, 'serve', '--set', `store.path=${folder(t)}/s`, '--set', 'http.listen=127.0.0.1:0'],
        { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
      const exited = new Promise((resolve) => child.on('exit', resolve));
      t.after(async () => { child.kill(); await exited; });
      const url = await new Promise((resolve, reject) => {
        let said = '';
        child[heard].on('data', (d) => { const m = /(http:\/\/127[\d.:]+)/.exec(said += d); if (m) resolve(m[1]); });
        child.on('exit', (code) => reject(new Error(`it ended with ${code}: ${said}`)));
      });
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
      child.kill('SIGTERM');
      assert.equal(await exited, 0);
    });

  test('what cannot be written to standard output is no success', () => {
    const r = spawnSync('sh', ['-c', 'exec "$0" version >&-', program], { env: environment, encoding: 'utf8' });
    assert.deepEqual([r.status, /standard output could not be written/.test(r.stderr)], [3, true], r.stderr);
  });

  test('IPv6 is listened on', { skip: !fs.existsSync('/proc/net/if_inet6') || !fs.readFileSync('/proc/net/if_inet6', 'utf8').includes('00000000000000000000000000000001') }, async (t) => {
    const g = await Gangway.start(t, { set: { 'http.listen': '[::1]:0' } });
    assert.match(g.url, /^http:\/\/\[::1\]:\d+$/);
    assert.ok(await alive(g));
  });

  const refused = async (t, options, status, ...words) => {
    const g = await Gangway.start(t, { ...options, expectFailure: true });
    assert.deepEqual(g.result, { code: status, signal: null }, g.stderr);
    for (const w of words) assert.match(g.stderr, w);
    assert.equal(g.stdout, '');
    return g;
  };

  for (const [name, value, says] of [['ports.zones', 'foo', /PORT=RULE/], ['manifest.unvetted', 'maybe', /not_yet or cleared/], ['audit.witnesses', 'foo', /NAME\+ID\+KEY/],
    ['manifest.profile', 'nope', /no profile/], ['http.listen', 'foo', /address:port/], ['packs.keys', '/nonexistent', /no folder/], ['notice.languages', 'english', /no language/],
    ['receipt.url', 'nonsense', /https:/], ['log.level', 'loud', /error, warn, info or debug/]])
    test(`${name} = ${value} is refused with its line, before anything is made`, (t) => {
      const at = folder(t), config = path.join(at, 'c.conf');
      fs.writeFileSync(config, `# ours\n\n${name} = ${value}\n`);
      const r = run(['serve', '--config', config, '--set', `store.path=${at}/store`]);
      assert.equal(r.status, 2, r.stderr);
      assert.match(r.stderr, new RegExp(`c\\.conf line 3: ${name.replace('.', '\\.')}`));
      assert.match(r.stderr, says);
      assert.ok(!fs.existsSync(path.join(at, 'store')));
    });

  test('a port in use is refused with what to do', async (t) => {
    const other = net.createServer();
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    await refused(t, { set: { 'http.listen': `127.0.0.1:${other.address().port}` } }, 3, /in use/, /http\.listen/);
  });

  test('an address that is none is refused', async (t) => {
    await refused(t, { set: { 'http.listen': 'everywhere' } }, 2, /address:port/);
    await refused(t, { set: { 'http.listen': '192.0.2.1:0' } }, 2, /not an address of this machine/);
  });

  test('a second process on the same store is refused and the first goes on', async (t) => {
    const g = await Gangway.start(t);
    await refused(t, { store: g.store }, 1, /another gangway/);
    assert.ok(await alive(g));
  });

  test('a folder that cannot be made or written is refused', async (t) => {
    const dir = folder(t);
    fs.writeFileSync(path.join(dir, 'file'), '');
    await refused(t, { store: path.join(dir, 'file') }, 3, /file is not a folder: set it to one/);
    await refused(t, { store: path.join(dir, 'file', 'store') }, 3, /cannot be made: Not a directory: see that the user .* or set store\.path/);
    await refused(t, { store: '/proc/gangway' }, 3, /\/proc\/gangway cannot be made/);
    await refused(t, { set: { 'packs.path': '/nowhere' } }, 3, /packs\.path \/nowhere: .*: set it to the folder/);
    if (!isRoot) {
      fs.mkdirSync(path.join(dir, 'closed'), { mode: 0o500 });
      await refused(t, { store: path.join(dir, 'closed', 'store') }, 3, /closed/);
    }
  });

  // The clock of the program alone stands elsewhere (tests/support/shift.c).
  const shim = path.join(path.dirname(program), 'tests', 'shift.so');
  const withoutShim = !fs.existsSync(shim) ? `${shim} is not built` : /asan/.test(program) ? 'the sanitizer comes first' : false;
  const at = (t, date) => {
    const clock = path.join(folder(t), 'shift'), ahead = Buffer.alloc(8);
    ahead.writeBigInt64LE(BigInt(Date.parse(date) - Date.now()) * 1000n);
    fs.writeFileSync(clock, ahead);
    return { LD_PRELOAD: shim, SHIFT_FILE: clock };
  };

  test('a clock before 2020 is refused with what to do, and nothing is made', { skip: withoutShim }, async (t) => {
    const g = await refused(t, { env: at(t, '2019-12-31T23:00:00Z') }, 3, /clock says 2019-12-31T23:0\d.*: set it \(for example/);
    assert.ok(!fs.existsSync(g.store));
    const doctor = run(['doctor', '--json', '--set', `store.path=${g.store}`, '--set', 'http.listen=127.0.0.1:0'], { env: { ...environment, ...at(t, '2019-12-31T23:00:00Z') } });
    assert.equal(doctor.status, 1);
    assert.match(doctor.stdout, /"check":"clock","state":"failed".*before 2020/);
    await Gangway.start(t, { env: at(t, '2020-01-01T00:00:10Z') });
  });

  const copyModels = (dir) => {
    fs.cpSync(path.join(root, 'models'), path.join(dir, 'models'), { recursive: true, dereference: true });
    fs.mkdirSync(path.join(dir, 'vendor'));
    fs.cpSync(path.join(root, 'vendor', 'models'), path.join(dir, 'vendor', 'models'), { recursive: true });
    // A card names its networks beside itself, or in vendor/models.
    for (const f of fs.readdirSync(path.join(dir, 'vendor', 'models'))) fs.copyFileSync(path.join(dir, 'vendor', 'models', f), path.join(dir, 'models', f));
    return path.join(dir, 'models');
  };

  test('an altered model is refused and named', { skip: withoutPhotos }, async (t) => {
    const models = copyModels(folder(t));
    const good = await Gangway.start(t, { set: { 'models.path': models } });
    assert.equal((await good.signal('SIGTERM')).code, 0);
    const file = path.join(models, 'fr_feature.onnx');
    const bytes = fs.readFileSync(file);
    bytes[bytes.length >> 1] ^= 1;
    fs.writeFileSync(file, bytes);
    await refused(t, { set: { 'models.path': models } }, 3, /fr_feature\.onnx/);
    fs.truncateSync(file, 1000);
    await refused(t, { set: { 'models.path': models } }, 3, /fr_feature\.onnx/);
    await refused(t, { set: { 'models.path': path.join(models, 'nowhere') } }, 3, /nowhere.*: set models\.path to the folder/);
  });

  test('settings come from the file, the environment and --set, the later one counts', async (t) => {
    const file = path.join(folder(t), 'gangway.conf');
    fs.writeFileSync(file, 'http.body = 128KiB\nlog.level = error\n');
    const limit = async (g) => Number(/longer than (\d+) bytes/.exec((await g.ask('POST', '/v1/manifests', { as: 'carrier',
      body: Buffer.alloc(600_000, 0x20), headers: { 'Content-Type': 'application/json' } })).json.detail)[1]);
    const a = await Gangway.start(t, { config: file });
    assert.equal(await limit(a), 128 << 10);
    assert.ok(!a.stderr.includes('level=info'));
    const b = await Gangway.start(t, { config: file, env: { GANGWAY_HTTP_BODY: '256KiB' } });
    assert.equal(await limit(b), 256 << 10);
    const c = await Gangway.start(t, { config: file, env: { GANGWAY_HTTP_BODY: '256KiB' }, set: { 'http.body': '512KiB' } });
    assert.equal(await limit(c), 512 << 10);
  });

  test('POST /v1/reload does what SIGHUP does, and says what came of it', async (t) => {
    const config = path.join(folder(t), 'gangway.conf');
    fs.writeFileSync(config, 'verify.attempts = 3\n');
    const g = await Gangway.start(t, { config });
    const reload = () => g.ask('POST', '/v1/reload', { as: 'admin', json: {} });
    assert.deepEqual((await reload()).json, { changed: 0, need_restart: 0 });
    fs.writeFileSync(config, 'verify.attempts = 5\nhttp.connections = 99\n');
    assert.deepEqual((await reload()).json, { changed: 1, need_restart: 1 });
    const settings = async () => Object.fromEntries((await g.ask('GET', '/v1/settings', { as: 'admin' })).json.settings.map((x) => [x.name, x.value]));
    assert.equal((await settings())['verify.attempts'], '5');
    fs.writeFileSync(config, 'verify.attempts = 7\nverify.attemps = 5\n');
    const wrong = await reload();
    assert.deepEqual([wrong.status, wrong.json.code], [422, 'invalid']);
    assert.equal((await settings())['verify.attempts'], '5', 'nothing of a file with a mistake');
    assert.match(g.stderr, /verify\.attempts/, 'standard error names it');
    for (const role of ['supervisor', 'auditor', 'officer']) assert.equal((await g.ask('POST', '/v1/reload', { as: role, json: {} })).status, 403);
    // Under its key it is done once: asked again, a later change of the file is not taken over.
    fs.writeFileSync(config, 'verify.attempts = 6\n');
    const once = () => g.ask('POST', '/v1/reload', { as: 'admin', json: {}, headers: { 'Idempotency-Key': 'reload-1' } });
    const done = await once();
    assert.deepEqual([done.json, done.headers['idempotency-replayed']], [{ changed: 1, need_restart: 0 }, undefined]);
    fs.writeFileSync(config, 'verify.attempts = 8\n');
    const said = await once();
    assert.deepEqual([said.status, said.text, said.headers['idempotency-replayed']], [200, done.text, 'true']);
    assert.equal((await settings())['verify.attempts'], '6');
    assert.equal((await g.ask('POST', '/v1/reload', { as: 'admin', body: Buffer.from(' {}'), headers: { 'Idempotency-Key': 'reload-1', 'Content-Type': 'application/json' } })).status, 422);
    // Many at a time are one after the other.
    fs.writeFileSync(config, 'verify.attempts = 4\n');
    const all = await Promise.all(Array.from({ length: 8 }, reload));
    assert.deepEqual(all.map((a) => a.json.changed).sort(), [0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('SIGHUP takes over what may change, and a mistake in the file changes nothing', async (t) => {
    const file = path.join(folder(t), 'gangway.conf');
    fs.writeFileSync(file, 'http.body = 128KiB\n');
    const g = await Gangway.start(t, { config: file });
    const status = async () => (await g.ask('POST', '/v1/manifests', { as: 'carrier', body: Buffer.alloc(200_000, 0x20), headers: { 'Content-Type': 'application/json' } })).status;
    const reloads = () => g.stderr.split('event=reload').length - 1;
    const reload = async () => {
      const n = reloads();
      g.child.kill('SIGHUP');
      while (reloads() === n) await new Promise((r) => setTimeout(r, 10));
    };
    assert.equal(await status(), 413);
    fs.writeFileSync(file, 'http.body = 256KiB\nhttp.threads = 5\n');
    await reload();
    assert.match(g.stderr, /event=reload changed=1 need_restart=1/);
    assert.equal(await status(), 400);
    fs.writeFileSync(file, 'http.boddy = 128KiB\n');
    await reload();
    assert.equal(await status(), 400);
  });

  test('unknown settings and arguments are refused with the nearest name', () => {
    for (const [args, want] of [[['serve', '--set', 'http.listne=x'], /http\.listen/], [['serve', '--confg', 'x'], /--config/], [['serve', 'now'], /options only/],
      [['serve', '--set', 'log.level=loud'], /debug/], [['serve', '--config', '/nowhere/x.conf'], /nowhere/]]) {
      const r = run(args);
      assert.ok([2, 3].includes(r.status), `${args}: ${r.status}`);
      assert.match(r.stderr, want);
    }
  });
});

describe('the folder of somebody else', { skip: withoutProgram || (isRoot ? false : 'only root leaves files of his own there') }, () => {
  const owner = 65534; // nobody
  const owned = (at) => [at, ...fs.readdirSync(at, { recursive: true }).map((f) => path.join(at, f))].map((f) => [f, fs.lstatSync(f).uid]);

  test('what root makes in it is its owner’s, and nothing a link leads to', (t) => {
    const store = path.join(folder(t), 'store'), mine = path.join(folder(t), 'mine');
    fs.mkdirSync(store);
    fs.writeFileSync(mine, 'root’s');
    fs.linkSync(mine, path.join(store, 'hard'));
    fs.symlinkSync(mine, path.join(store, 'soft'));
    fs.chownSync(store, owner, owner);
    assert.equal(run(['user', 'add', 'x', '--role', 'auditor', '--set', `store.path=${store}`]).status, 0);
    for (const what of [['keys', 'rotate'], ['keys', 'list']]) assert.equal(run([...what, '--set', `store.path=${store}`]).status, 0);
    const all = owned(store);
    assert.ok(all.length > 6);
    for (const [f, uid] of all) assert.equal(uid, /(hard|soft)$/.test(f) ? 0 : owner, f);
  });
});

describe('tokens without a running service', { skip: withoutProgram }, () => {
  test('they are made in the store itself and work once it runs', async (t) => {
    const store = path.join(folder(t), 'store');
    const made = run(['user', 'add', 'first', '--role', 'admin', '--set', `store.path=${store}`]);
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.json.token, /^gw_/);
    const g = await Gangway.start(t, { store });
    assert.equal((await g.ask('GET', '/v1/alerts', { token: made.json.token })).status, 200);
  });

  test('what is missing is said', (t) => {
    const store = ['--set', `store.path=${path.join(folder(t), 'store')}`];
    for (const [args, status, want] of [
      [['user', 'add'], 2, /--role/], [['user', 'add', '--role', 'king'], 2, /carrier/], [['user', 'add', '--role', 'device'], 2, /device add/],
      [['user', 'add', '--role', 'carrier'], 1, /carrier/], [['device', 'add'], 2, /--site/], [['device', 'add', '--site', 'not a port code'], 1, /site|port/],
      [['user', 'revoke'], 2, /revoke/], [['user', 'revoke', 'x'], 2, /id/], [['user', 'revoke', '0'.repeat(26)], 3, /./],
      [['user', 'add', 'x', '--role', 'admin', '--days', '0'], 2, /days/], [['user', 'add', 'x', '--role', 'admin', '--days', '99999'], 2, /days/], [['user', 'dance'], 2, /add/],
    ]) {
      const r = run([...args, ...store]);
      assert.equal(r.status, status, `${args}: ${r.stderr}`);
      assert.match(r.stderr, want, String(args));
      assert.equal(r.stdout, '');
    }
  });
});

describe('tokens of a running service', { skip: withoutProgram }, () => {
  test('rotation gives another secret for the same id, and the old one its time', async (t) => {
    const g = await Gangway.start(t);
    const made = g.cli('user', 'add', 'desk', '--role', 'officer', '--site', 'YVR').json;
    const status = async (token) => (await g.ask('GET', '/v1/voyages', { token })).status;
    const second = g.cli('user', 'rotate', made.id, '--keep', '5', '--days', '2');
    assert.equal(second.status, 0, second.stderr);
    assert.deepEqual([second.json.id, second.json.role, second.json.label, second.json.site], [made.id, 'officer', 'desk', 'YVR']);
    assert.notEqual(second.json.token, made.token);
    assert.ok(Math.abs(Date.parse(second.json.expires_at) - Date.now() - 2 * 86_400_000) < 60_000);
    assert.deepEqual([await status(made.token), await status(second.json.token)], [200, 200]);
    assert.equal(g.cli('user', 'list').json.prior_until, second.json.prior_until);
    const third = g.cli('user', 'rotate', made.id);
    assert.equal(third.json.prior_until, undefined);
    assert.deepEqual([await status(made.token), await status(second.json.token), await status(third.json.token)], [401, 401, 200]);
    // Also after a restart; and an old one that still has time keeps it.
    const fourth = g.cli('user', 'rotate', made.id, '--keep', '5');
    await g.signal('SIGTERM');
    const h = await Gangway.start(t, { store: g.store });
    const then = async (token) => (await h.ask('GET', '/v1/voyages', { token })).status;
    assert.deepEqual([await then(second.json.token), await then(third.json.token), await then(fourth.json.token)], [401, 200, 200]);
    // Revoking takes both.
    assert.equal(h.cli('user', 'revoke', made.id).status, 0);
    assert.deepEqual([await then(third.json.token), await then(fourth.json.token)], [401, 401]);
    const no = h.cli('user', 'rotate', made.id);
    assert.equal(no.status, 3);
    assert.match(no.stderr, /revoked/);
    const every = JSON.parse(h.cli('user', 'list', '--every').stdout);
    assert.ok(every.revoked_at && every.prior_until === undefined);
  });

  test('rotation says what is missing', async (t) => {
    const g = await Gangway.start(t);
    for (const [args, status] of [[['user', 'rotate'], 2], [['user', 'rotate', 'x'], 2], [['user', 'rotate', '0'.repeat(26)], 3],
      [['user', 'rotate', '0'.repeat(26), '--keep', '50000'], 2], [['user', 'rotate', '0'.repeat(26), '--days', '0'], 2]])
      assert.equal(g.cli(...args).status, status, String(args));
  });
});

describe('doctor', { skip: withoutPhotos }, () => {
  const look = (...args) => {
    const r = run(['doctor', '--json', ...args]);
    return { status: r.status, checks: Object.fromEntries(r.stdout.trim().split('\n').map((l) => JSON.parse(l)).map((c) => [c.check, c])) };
  };

  test('a healthy machine is said to be one, and nothing is made', (t) => {
    const store = path.join(folder(t), 'store');
    const d = look('--set', `store.path=${store}`, '--set', 'http.listen=127.0.0.1:0');
    assert.equal(d.status, 0, JSON.stringify(d.checks));
    assert.deepEqual(Object.keys(d.checks), ['clock', 'sandbox', 'models', 'store', 'keys', 'packs', 'disk', 'memory', 'files', 'address', 'tls', 'cameras']);
    for (const c of Object.values(d.checks)) assert.equal(c.next === null, c.state === 'ok', JSON.stringify(c));
    assert.match(d.checks.keys.text, /is usable/);
    assert.match(d.checks.packs.text, /us-2025-12-26 is in force for US/);
    assert.match(d.checks.disk.text, new RegExp(`MiB free for ${path.dirname(store)}$`), 'the disk the folder will be on');
    assert.ok(!fs.existsSync(store));
  });

  test('beside a running service it asks that one', async (t) => {
    const g = await Gangway.start(t);
    const d = look('--set', `store.path=${g.store}`, '--set', `http.listen=${g.url.slice(7)}`);
    assert.equal(d.status, 0);
    assert.match(d.checks.store.text, /running service/);
    assert.equal(d.checks.address.state, 'ok');
    assert.ok(await alive(g));
  });

  test('what is wrong is named, with what to do, and the status says so', (t) => {
    const dir = folder(t);
    fs.writeFileSync(path.join(dir, 'file'), '');
    for (const [set, check] of [['models.path=/nowhere', 'models'], ['runtime.path=/nowhere.so', 'models'], [`store.path=${dir}/file/store`, 'store'], ['http.listen=192.0.2.1:80', 'address'],
      ['http.listen=0.0.0.0:0', 'address'], ['http.tls_certificate=/nowhere.pem', 'tls'], ['keys.source=env:NO_SUCH_KEY', 'keys'],
      ['keys.source=nonsense', 'keys'], [`keys.source=file:${dir}/none/key`, 'keys'], ['packs.path=/nowhere', 'packs']]) {
      const d = look('--set', 'http.listen=127.0.0.1:0', '--set', `store.path=${dir}/store`, '--set', set);
      assert.equal(d.status, 1, set);
      assert.equal(d.checks[check].state, 'failed', set);
      assert.ok(d.checks[check].next.length > 5);
    }
    assert.equal(look('--set', 'http.listen=127.0.0.1:0', '--set', `store.path=${dir}/store`, '--set', 'packs.authority=XX').checks.packs.state, 'warning');
  });
});

describe('gangway voyage', { skip: withoutProgram }, () => {
  test('lists, shows and closes voyages, and names nobody', async (t) => {
    const g = await Gangway.start(t);
    const list = voyage([traveler(0), traveler(1)]);
    const id = (await g.manifest(list)).json.voyage;
    const other = (await g.manifest({ ...list, voyage: { ...list.voyage, number: '77' } })).json.voyage;
    const lines = (...args) => g.cli('voyage', 'list', ...args).stdout.trim().split('\n').filter(Boolean).map((l) => JSON.parse(l));
    assert.deepEqual(lines().map((v) => v.voyage).sort(), [id, other].sort());
    assert.deepEqual(g.cli('voyage', 'show', id).json, (await g.ask('GET', `/v1/voyages/${id}`, { as: 'officer' })).json);
    const closed = g.cli('voyage', 'close', id);
    assert.deepEqual([closed.json.not_boarded, closed.json.already], [2, false]);
    assert.equal((await g.ask('GET', `/v1/voyages/${id}`, { as: 'officer' })).json.state, 'closed');
    assert.equal(g.cli('voyage', 'close', id).json.already, true);
    assert.deepEqual(lines('--open').map((v) => v.voyage), [other]);
    assert.equal(lines('--port', list.voyage.from).length, 2);
    assert.equal(lines('--port', 'ZZZ').length, 0);
    for (const v of lines()) assert.ok(!/SURNAME|surname|reference/.test(JSON.stringify(v)));
  });

  test('what is wrong is said, with the status of it', async (t) => {
    const g = await Gangway.start(t);
    for (const [args, status, says] of [[[], 2, /it takes list, show ID or close ID/], [['lsit'], 2, /it takes list/], [['show'], 2, /it takes/],
      [['show', 'nonsense'], 2, /take the id of a voyage/], [['close', '01m84pvs1tfrar20jc2cacf9ms'], 3, /no such voyage/],
      [['list', '--port', '!'], 1, /port/], [['close', '01m84pvs1tfrar20jc2cacf9ms', '--open'], 2, /for list/]]) {
      const r = g.cli('voyage', ...args);
      assert.equal(r.status, status, `${args}: ${r.stderr}`);
      assert.match(r.stderr, says);
    }
  });
});

describe('stopping and coming back', { skip: withoutPhotos }, () => {
  const set = { 'verify.liveness': 0 };
  const faces = ['cage.jpg', 'audrey.jpg', 'bieber_small.jpg', 'SeanConnery.jpg'];
  const board = async (g) => {
    const id = (await g.manifest(voyage(faces.map((_, n) => traveler(n))))).json.voyage;
    for (const [n, f] of faces.entries()) assert.equal((await g.portrait(photo(f), { number: number(n) })).status, 201);
    return id;
  };

  test('SIGTERM and SIGINT end it with status 0, and the socket of the store is gone', async (t) => {
    for (const name of ['SIGTERM', 'SIGINT']) {
      const g = await Gangway.start(t);
      assert.ok(fs.existsSync(path.join(g.store, 'admin.sock')));
      assert.deepEqual(await g.signal(name), { code: 0, signal: null });
      assert.match(g.stderr, /state=stopped/);
      assert.ok(!fs.existsSync(path.join(g.store, 'admin.sock')));
    }
  });

  test('asked to stop, it answers what it has taken', async (t) => {
    const g = await Gangway.start(t, { set });
    const id = await board(g);
    const asked = Array.from({ length: 24 }, (_, i) => g.verify(id, photo(faces[i % faces.length]), { unchecked: true })
      .then((a) => a.status, (e) => e.code));
    while (!/gangway_queue_waiting ([5-9]|\d\d)/.test((await g.ask('GET', '/metrics', { unchecked: true })).text)) {
      if (/verifications_total\{decision="\w+"\} 2\d/.test((await g.ask('GET', '/metrics')).text)) break;
    }
    g.child.kill('SIGTERM');
    const answers = await Promise.all(asked);
    assert.deepEqual(await g.exited, { code: 0, signal: null });
    // Each is answered (503 for one that came too late), or its connection was refused; none hangs or is cut off half-way.
    for (const a of answers) assert.ok(a === 200 || a === 503 || a === 'ECONNREFUSED' || a === 'ECONNRESET', String(a));
    assert.ok(answers.filter((a) => a === 200).length >= 5, answers.join());
    const h = await Gangway.start(t, { store: g.store, set });
    const log = (await h.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'officer' })).json.verifications;
    assert.equal(log.length, answers.filter((a) => a === 200).length);
  });

  test('asked to stop under load, every request it has taken is answered, and every answer is whole', async (t) => {
    const g = await Gangway.start(t, { set });
    const id = await board(g), device = g.token('device');
    const { hostname, port } = new URL(g.url);
    const picture = photo('cage.jpg');
    const head = `POST /v1/voyages/${id}/verifications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${device}\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`;
    // Each has its connection, and has been answered on it once. `late`: its picture is half sent when the signal comes.
    const clients = await Promise.all(Array.from({ length: 40 }, (_, i) => new Promise((resolve, reject) => {
      const c = { late: i % 4 === 0, got: '' };
      c.socket = net.connect(Number(port), hostname, () => c.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'));
      c.socket.on('error', reject);
      c.closed = new Promise((done) => c.socket.on('close', done));
      c.socket.on('data', (d) => { c.got += d.toString('latin1'); if (!c.ready && c.got.includes('"ok"')) { c.ready = true; c.got = ''; resolve(c); } });
    })));
    for (const c of clients) {
      c.socket.removeAllListeners('error').on('error', (e) => { c.error = e.code; });
      c.socket.write(head);
      c.socket.write(c.late ? picture.subarray(0, picture.length >> 1) : picture);
    }
    while (!/gangway_http_in_flight 4[01]/.test((await g.ask('GET', '/metrics')).text)) {
      if (clients.filter((c) => c.got.includes('HTTP/1.1')).length >= 20) break;
    }
    g.child.kill('SIGTERM');
    while (!g.stderr.includes('state=stopping')) await new Promise((r) => setTimeout(r, 2));
    for (const c of clients.filter((one) => one.late)) c.socket.write(picture.subarray(picture.length >> 1));
    await Promise.all(clients.map((c) => c.closed));
    assert.deepEqual(await g.exited, { code: 0, signal: null });
    for (const c of clients) {
      const m = /^HTTP\/1\.1 (200|503) [^]*?\r\n\r\n([^]*)$/.exec(c.got);
      assert.ok(m && !c.error, `${c.late ? 'late' : 'in time'} ${c.error}: ${c.got.slice(0, 200)}`);
      assert.equal(m[2].length, Number(/Content-Length: (\d+)/i.exec(c.got)[1]));
      JSON.parse(m[2]);
    }
    const decided = clients.filter((c) => c.got.startsWith('HTTP/1.1 200'));
    assert.ok(decided.length >= 30, `${decided.length} of 40 were decided`);
    const h = await Gangway.start(t, { store: g.store, set });
    const log = (await h.ask('GET', `/v1/voyages/${id}/verifications?limit=500`, { as: 'officer' })).json.verifications;
    assert.equal(log.length, decided.length, 'what was answered is recorded, and nothing else');
  });

  test('every stage of a verification is in its histogram', async (t) => {
    const g = await Gangway.start(t, { set: { ...set, 'verify.liveness': 0.0001 } });
    const id = await board(g);
    const counts = async () => Object.fromEntries([...(await g.ask('GET', '/metrics')).text.matchAll(/^gangway_(?:stage_seconds_count\{stage="(\w+)"\}|(queue)_seconds_count) (\d+)$/gm)].map((m) => [m[1] ?? m[2], Number(m[3])]));
    const first = await counts();
    for (let n = 0; n < 3; n++) assert.equal((await g.verify(id, live('audrey.jpg'))).status, 200);
    const then = await counts();
    const grown = Object.fromEntries(Object.entries(then).map(([k, v]) => [k, v - first[k]]));
    delete grown.align; // the face that is measured is aligned with that, and kept
    assert.deepEqual(grown, { queue: 3, decode: 3, detect: 3, landmarks: 3, quality: 3, liveness: 3, embed: 3, search: 3, record: 3, verify: 3 });
    // Buckets only grow from left to right, and the last is the count.
    const text = (await g.ask('GET', '/metrics')).text;
    for (const stage of ['decode', 'embed', 'verify']) {
      const buckets = [...text.matchAll(new RegExp(`^gangway_stage_seconds_bucket\\{stage="${stage}",le="([^"]+)"\\} (\\d+)$`, 'gm'))].map((m) => Number(m[2]));
      assert.deepEqual(buckets, [...buckets].sort((a, b) => a - b));
      assert.equal(buckets.at(-1), then[stage]);
    }
  });

  test('started again it goes on with the voyage, its gallery, its tokens and its answers', async (t) => {
    const g = await Gangway.start(t, { set });
    const id = await board(g);
    const device = g.token('device'), headers = { 'Idempotency-Key': 'x' };
    const first = await g.verify(id, live('cage2_crop.jpg'), { token: device, headers });
    assert.equal(first.json.decision, 'clear');
    await g.signal('SIGTERM');
    const h = await Gangway.start(t, { store: g.store, set });
    const r = await h.readiness(id);
    assert.deepEqual(r.json.gallery, { state: 'ready', persons: 4, templates: 4 });
    assert.equal((await h.verify(id, live('cage2_crop.jpg'), { token: device, headers })).text, first.text);
    assert.equal((await h.verify(id, live('cage2_crop.jpg'), { token: device })).json.decision, 'inspect');
    assert.equal((await h.verify(id, live('audrey_crop.jpg'), { token: device })).json.traveler.reference, 'R1');
  });

  test('killed under load, no acknowledged decision is missing and none is there twice', async (t) => {
    let store, id;
    const acknowledged = new Map();
    for (let round = 0; round < 4; round++) {
      const g = await Gangway.start(t, { store, set });
      store = g.store;
      id ??= await board(g);
      let stop = false, n = 0;
      const clients = Array.from({ length: 6 }, async (_, c) => {
        const where = { site: 'YVR', gate: `${round}-${c}` };
        while (!stop) {
          const a = await g.verify(id, photo(faces[n++ % faces.length]), { where, unchecked: true }).catch(() => null);
          if (a?.status === 200) acknowledged.set(a.json.verification, a.json);
          else if (stop) break;
        }
      });
      const before = acknowledged.size;
      while (acknowledged.size < before + 15) await new Promise((r) => setTimeout(r, 5));
      const dead = g.signal('SIGKILL');
      stop = true;
      await dead;
      await Promise.all(clients);
    }
    const g = await Gangway.start(t, { store, set });
    const kept = new Map();
    for (let cursor = ''; cursor !== null;) {
      const a = await g.ask('GET', `/v1/voyages/${id}/verifications?limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { as: 'officer' });
      for (const v of a.json.verifications) {
        assert.ok(!kept.has(v.verification));
        kept.set(v.verification, v);
      }
      cursor = a.json.cursor;
    }
    for (const [v, answer] of acknowledged) {
      assert.ok(kept.has(v), 'an acknowledged decision is kept');
      assert.equal(kept.get(v).decision, answer.decision);
    }
    // Each of four people was cleared at most once, over all those lives.
    assert.ok([...kept.values()].filter((v) => v.decision === 'clear').length <= faces.length);
    assert.equal(run(['doctor', '--json', '--set', `store.path=${store}`]).status, 0);
  });
});
