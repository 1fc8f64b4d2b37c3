// setup.test.mjs - the first admin: a code that is printed at the first start, typed in once.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Gangway, withoutProgram } from './help/gangway.mjs';

const printed = (g) => /^setup code ([0-9a-z]{4}(?:-[0-9a-z]{4}){3})$/m.exec(g.stdout)?.[1];
const send = (g, code, more = {}) => g.ask('POST', '/v1/setup', { json: { code }, ...more });
const open = async (g) => (await g.ask('GET', '/v1/setup')).json;
const wrong = (code) => code.replace(/.$/, (c) => (c === '0' ? '1' : '0'));

describe('the first admin', { skip: withoutProgram }, () => {
  test('is whoever has the code that a first start prints, once', async (t) => {
    const g = await Gangway.start(t), code = printed(g);
    assert.ok(code, g.stdout);
    assert.equal((await open(g)).open, true);
    assert.ok(Date.parse((await open(g)).until) <= Date.now() + 3_600_000);
    const a = await send(g, code, { json: { code, label: 'port operator' } });
    assert.equal(a.status, 201, a.text);
    assert.deepEqual([a.json.role, a.json.label], ['admin', 'port operator']);
    const me = await g.ask('GET', '/v1/me', { token: a.json.secret });
    assert.deepEqual([me.status, me.json.role, me.json.token], [200, 'admin', a.json.token]);
    // Never again: not with the code, not with another, not after a restart, not when that admin is revoked.
    for (const c of [code, wrong(code), 'nonsense']) {
      const again = await send(g, c);
      assert.deepEqual([again.status, again.json.code], [409, 'conflict']);
    }
    assert.deepEqual(await open(g), { open: false, until: null });
    assert.equal(g.cli('user', 'revoke', a.json.token).status, 0);
    assert.equal((await send(g, code)).status, 409);
    const { size } = (await g.ask('GET', '/v1/audit/head?fresh=yes', { as: 'auditor' })).json;
    const entries = (await g.ask('GET', `/v1/audit/entries?limit=${size}`, { as: 'auditor' })).json.entries.map((e) => JSON.parse(e));
    const entry = entries.filter((e) => e.subject === a.json.token && e.kind === 'token');
    assert.deepEqual(entry.map((e) => [e.reason, e.role, e.actor]), [['setup', 'admin', undefined]]);
    await g.signal('SIGTERM');
    for (const secret of [code, code.replaceAll('-', ''), a.json.secret]) {
      assert.ok(!g.stderr.includes(secret), 'the log');
      for (const f of fs.readdirSync(g.store)) {
        const file = path.join(g.store, f);
        if (fs.statSync(file).isFile()) assert.ok(!fs.readFileSync(file).includes(secret), f);
      }
    }
    const after = await Gangway.start(t, { store: g.store });
    assert.equal(printed(after), undefined);
    assert.equal((await send(after, code)).status, 409);
  });

  test('may be read off by a human: capitals, blanks, o for 0', async (t) => {
    const g = await Gangway.start(t), code = printed(g);
    const a = await send(g, ` ${code.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replace('1', 'l')} `);
    assert.equal(a.status, 201, a.text);
    assert.equal(a.json.label, 'first admin');
  });

  test('a wrong code is refused, and after five even the right one must wait', async (t) => {
    const g = await Gangway.start(t), code = printed(g);
    for (const c of [wrong(code), '', '-', `${code}0`, 'a'.repeat(64), code.slice(1)].slice(0, 6)) {
      const a = await send(g, c);
      if (c === '') {
        assert.equal(a.status, 422, 'no code is no guess');
        continue;
      }
      assert.deepEqual([a.status, a.json.code], [403, 'forbidden'], c);
    }
    const late = await send(g, code);
    assert.deepEqual([late.status, late.json.code, late.headers['retry-after']], [429, 'too_often', '60']);
    assert.match(g.stderr, /event=setup result=refused/);
    assert.equal((await open(g)).open, true, 'the code itself is not used up');
  });

  test('two with the right code at the same time: one of them', async (t) => {
    const g = await Gangway.start(t), code = printed(g);
    const all = await Promise.all(Array.from({ length: 8 }, () => send(g, code)));
    assert.deepEqual(all.map((a) => a.status).filter((s) => s === 201), [201]);
    assert.equal(g.cli('user', 'list').stdout.trim().split('\n').length, 1);
  });

  test('whose answer was lost asks again with the same key', async (t) => {
    const g = await Gangway.start(t), code = printed(g), headers = { 'Idempotency-Key': 'once' };
    const first = await send(g, code, { headers }), again = await send(g, code, { headers });
    assert.equal(first.status, 201);
    assert.deepEqual([again.status, again.json], [201, first.json]);
    assert.equal((await send(g, code, { headers: { 'Idempotency-Key': 'another' } })).status, 409);
    assert.equal((await send(g, wrong(code), { headers })).status, 422, 'the key alone is not enough');
  });

  test('the code ends by the clock', async (t) => {
    const g = await Gangway.start(t, { set: { 'setup.lasts': '1ms' } }), code = printed(g);
    assert.deepEqual(await open(g), { open: false, until: null });
    assert.equal((await send(g, code)).status, 403);
  });

  test('none is printed where there is an admin, or it is switched off; an admin made meanwhile ends it', async (t) => {
    const off = await Gangway.start(t, { set: { 'setup.lasts': '0s' } });
    assert.equal(printed(off), undefined);
    assert.equal((await send(off, '0000-0000-0000-0000')).status, 403);
    const g = await Gangway.start(t), code = printed(g);
    assert.equal(g.cli('user', 'add', 'by hand', '--role', 'admin').status, 0);
    assert.deepEqual(await open(g), { open: false, until: null });
    assert.equal((await send(g, code)).status, 409);
    await g.signal('SIGTERM');
    assert.equal(printed(await Gangway.start(t, { store: g.store })), undefined);
  });
});
