// webhook.test.mjs - carriers are told at an address of their own: what, signed how, how often, and where never.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Gangway, traveler, voyage, withoutProgram } from './help/gangway.mjs';

// An endpoint. answer(message, n) says the status of the n-th request.
async function endpoint(t, answer = () => 200) {
  const e = { messages: [], waiting: [] };
  const server = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (d) => pieces.push(d));
    request.on('end', () => {
      const m = { method: request.method, headers: request.headers, text: Buffer.concat(pieces).toString('utf8') };
      m.json = JSON.parse(m.text);
      e.messages.push(m);
      const status = answer(m, e.messages.length);
      if (status === null) return; // never
      response.writeHead(status, status === 302 ? { Location: `http://127.0.0.1:${server.address().port}/elsewhere` } : {}).end('thanks');
      for (const w of e.waiting.splice(0)) w();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  e.url = `http://127.0.0.1:${server.address().port}/hook?for=us`;
  e.wait = async (n, fits = () => true) => {
    const until = Date.now() + 30_000;
    for (;;) {
      const found = e.messages.filter(fits);
      if (found.length >= n) return found;
      assert.ok(Date.now() < until, `waited for ${n} messages, saw ${e.messages.map((m) => m.text)}`);
      await new Promise((resolve) => { e.waiting.push(resolve); setTimeout(resolve, 50); });
    }
  };
  return e;
}

// As the Standard Webhooks text says, written without a look at the program.
function verify(message, secret) {
  const id = message.headers['webhook-id'], time = message.headers['webhook-timestamp'];
  assert.match(secret, /^whsec_/);
  assert.ok(Math.abs(Date.now() / 1000 - Number(time)) < 300, 'the time is now');
  const want = crypto.createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${time}.${message.text}`).digest('base64');
  return message.headers['webhook-signature'].split(' ').includes(`v1,${want}`);
}

describe('webhooks', { skip: withoutProgram }, () => {
  let g, id, other;
  const afters = [], t = { after: (f) => afters.push(f) };
  const ask = (method, target, json) => g.ask(method, target, { as: 'admin', ...(json === undefined ? {} : { json }) });
  // Readiness is told by the clock, and would be counted.
  const add = async (url, more = {}) => (await ask('POST', '/v1/webhooks', { carrier: 'XX', url, kinds: ['decline'], ...more }));
  const decline = (at, reference) => g.ask('POST', `/v1/voyages/${at}/declines`, { as: 'device', where: { site: at === id ? 'YVR' : 'LHR' }, json: { reference } });
  const state = async (hook) => (await ask('GET', '/v1/webhooks')).json.webhooks.find((w) => w.webhook === hook);
  const until = async (hook, fits) => {
    const end = Date.now() + 30_000;
    for (;;) {
      const w = await state(hook);
      if (fits(w)) return w;
      assert.ok(Date.now() < end, JSON.stringify(w));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };

  before(async () => {
    g = await Gangway.start(t, { set: { 'webhook.targets': '127.0.0.1', 'webhook.retry': '20ms', 'webhook.attempts': 3, 'webhook.timeout': '500ms' } });
    // Not soon: how ready a voyage is would be told an hour before, and counted among the messages.
    const later = { departure: new Date(Date.now() + 3 * 3_600_000).toISOString() };
    id = (await g.manifest(voyage([...Array(30).keys()].map((n) => traveler(n)), later))).json.voyage;
    other = (await g.manifest(voyage([traveler(50)], { ...later, carrier: 'ZZ', from: 'LHR', to: 'CDG' }), { where: { carrier: 'ZZ' } })).json.voyage;
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  test('a carrier is sent its own view, signed, and nothing of another’s', async () => {
    const e = await endpoint(t);
    const made = await add(e.url);
    assert.equal(made.status, 201);
    const { secret } = made.json;
    assert.equal((await state(made.json.webhook)).secret, undefined, 'it is shown once');
    await decline(other, 'R50');
    await decline(id, 'R1');
    await decline(id, 'R2');
    await e.wait(2, (m) => m.json.type === 'decline');
    const messages = e.messages.filter((m) => m.json.type !== 'readiness' || m.json.data.voyage !== id); // told when its time comes
    assert.equal(new Set(messages.map((m) => m.headers['webhook-id'])).size, messages.length);
    for (const m of messages) {
      assert.ok(verify(m, secret));
      assert.ok(!verify({ ...m, text: `${m.text} ` }, secret), 'a changed message is seen');
      assert.ok(!verify(m, `whsec_${crypto.randomBytes(32).toString('base64')}`), 'another secret is seen');
      assert.equal(m.headers['content-type'], 'application/json');
      assert.equal(m.json.type, 'decline');
      assert.equal(m.json.data.voyage, id);
      assert.equal(m.json.data.decision, 'inspect');
      assert.ok(Date.parse(m.json.timestamp) <= Date.now());
      for (const word of ['reason', 'score', 'severity', 'cause', 'SURNAME']) assert.ok(!m.text.includes(word), word);
    }
    assert.deepEqual(messages.map((m) => m.json.data.traveler.reference).sort(), ['R1', 'R2']);
    const w = await until(made.json.webhook, (x) => x.waiting === 0 && x.sent_at !== null);
    assert.deepEqual([w.dead, w.failure], [0, null]);
    assert.equal((await ask('DELETE', `/v1/webhooks/${made.json.webhook}`)).status, 200);
    assert.equal((await ask('DELETE', `/v1/webhooks/${made.json.webhook}`)).status, 404);
    await decline(id, 'R3');
    assert.ok(e.messages.every((m) => m.json.data.traveler.reference !== 'R3'));
  });

  test('asked again under its key, it is done once', async () => {
    const e = await endpoint(t);
    const { webhook } = (await add(e.url)).json, at = `/v1/webhooks/${webhook}`;
    const once = (method, target, key) => g.ask(method, target, { as: 'admin', headers: { 'Idempotency-Key': key }, ...(method === 'POST' ? { json: {} } : {}) });
    const tests = [await once('POST', `${at}/test`, 'test-1'), await once('POST', `${at}/test`, 'test-1')];
    assert.deepEqual(tests.map((a) => [a.status, a.json, a.headers['idempotency-replayed']]),
      [[200, { webhook, queued: 1 }, undefined], [200, { webhook, queued: 1 }, 'true']]);
    await e.wait(1);
    await until(webhook, (w) => w.waiting === 0);
    assert.equal(e.messages.filter((m) => m.json.type === 'test').length, 1); // how ready a voyage is may be told late
    assert.equal((await once('POST', `${at}/retry`, 'test-1')).status, 422, 'a key is of one request');
    assert.deepEqual((await once('POST', `${at}/retry`, 'retry-1')).json, { webhook, queued: 0 });
    const gone = [await once('DELETE', at, 'gone-1'), await once('DELETE', at, 'gone-1'), await once('DELETE', at, 'gone-2')];
    assert.deepEqual(gone.map((a) => a.status), [200, 200, 404]);
    assert.deepEqual(gone[1].json, { webhook, removed: 1 });
  });

  test('what was not taken is sent again, the same and signed anew', async () => {
    const e = await endpoint(t, (m, n) => (n < 3 ? 500 : 204));
    const { secret, webhook } = (await add(e.url)).json;
    await decline(id, 'R4');
    const messages = await e.wait(3);
    assert.equal(new Set(messages.map((m) => m.headers['webhook-id'])).size, 1);
    assert.equal(new Set(messages.map((m) => m.text)).size, 1);
    assert.ok(messages.every((m) => verify(m, secret)));
    const w = await until(webhook, (x) => x.waiting === 0);
    assert.deepEqual([w.dead, w.failure], [0, '500']);
    await ask('DELETE', `/v1/webhooks/${webhook}`);
  });

  test('what is never taken is given up, kept, told to supervisors, and sent again when asked for', async () => {
    let well = false;
    const e = await endpoint(t, () => (well ? 200 : 503));
    const { webhook } = (await add(e.url)).json;
    await decline(id, 'R5');
    const dead = await until(webhook, (x) => x.dead === 1);
    assert.equal(dead.failure, '503');
    assert.equal(e.messages.length, 3);
    const list = (await ask('GET', `/v1/webhooks/${webhook}/dead`)).json.dead;
    assert.deepEqual(list.map((d) => [d.attempts, d.failure]), [[3, '503']]);
    const alerts = (await g.ask('GET', '/v1/alerts?kind=undelivered&state=open', { as: 'admin' })).json.alerts;
    assert.equal(alerts.length, 1);
    well = true;
    assert.equal((await ask('POST', `/v1/webhooks/${webhook}/retry`, {})).json.queued, 1);
    await until(webhook, (x) => x.dead === 0 && x.waiting === 0);
    assert.equal(e.messages.length, 4);
    await ask('DELETE', `/v1/webhooks/${webhook}`);
  });

  test('an endpoint that says it is gone is sent nothing more', async () => {
    const e = await endpoint(t, () => 410);
    const { webhook } = (await add(e.url)).json;
    await decline(id, 'R6');
    await until(webhook, (x) => x.gone_at !== null);
    await decline(id, 'R7');
    const again = await endpoint(t);
    const second = (await add(again.url)).json.webhook;
    await decline(id, 'R8');
    await again.wait(1);
    assert.equal(e.messages.length, 1);
    for (const x of [webhook, second]) await ask('DELETE', `/v1/webhooks/${x}`);
  });

  test('one that does not answer keeps nobody else waiting', async () => {
    const deaf = await endpoint(t, () => null), well = await endpoint(t);
    const a = (await add(deaf.url)).json.webhook, b = (await add(well.url)).json.webhook;
    for (let n = 10; n < 20; n++) await decline(id, `R${n}`);
    await well.wait(10);
    assert.equal((await state(b)).dead, 0);
    await until(a, (x) => x.failure === 'timeout');
    for (const x of [a, b]) await ask('DELETE', `/v1/webhooks/${x}`);
  });

  test('kinds choose, and redirects are not followed', async () => {
    const e = await endpoint(t), r = await endpoint(t, () => 302);
    const a = (await add(e.url, { kinds: ['voyage'] })).json.webhook, b = (await add(r.url)).json.webhook;
    await decline(id, 'R21');
    await until(b, (x) => x.dead === 1);
    assert.equal(e.messages.length, 0);
    assert.equal(r.messages.length, 3);
    assert.ok(r.messages.every((m) => m.method === 'POST'));
    const third = (await g.manifest(voyage([traveler(60)]))).json.voyage;
    await g.ask('POST', `/v1/voyages/${third}/close`, { as: 'carrier', json: {} });
    const [m] = await e.wait(1, (x) => x.json.data.state === 'closed');
    assert.equal(m.json.type, 'voyage');
    assert.equal((await add(e.url, { kinds: ['gossip'] })).status, 422);
    for (const x of [a, b]) await ask('DELETE', `/v1/webhooks/${x}`);
  });

  test('what waits is sent after a restart, killed in the middle or not', async () => {
    let well = false;
    const e = await endpoint(t, () => (well ? 200 : null));
    const { webhook } = (await add(e.url)).json;
    await decline(id, 'R22');
    await e.wait(1);
    await g.kill();
    well = true;
    const again = await Gangway.start(t, { store: g.store, set: { 'webhook.targets': '127.0.0.1', 'webhook.retry': '20ms', 'webhook.attempts': 3, 'webhook.timeout': '500ms' } });
    again.tokens = g.tokens;
    g = again;
    await e.wait(2);
    assert.equal(e.messages[0].headers['webhook-id'], e.messages.at(-1).headers['webhook-id']);
    await until(webhook, (x) => x.waiting === 0);
    await ask('DELETE', `/v1/webhooks/${webhook}`);
  });

  test('the command line does the same', async () => {
    const e = await endpoint(t);
    const made = g.cli('webhook', 'add', '--carrier', 'xx', '--url', e.url, '--kinds', 'decision,decline');
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual([made.json.carrier, made.json.kinds], ['XX', ['decision', 'decline']]);
    assert.equal(g.cli('webhook', 'test', made.json.webhook).json.queued, 1);
    const [m] = await e.wait(1);
    assert.ok(verify(m, made.json.secret));
    assert.deepEqual([m.json.type, m.json.data], ['test', { event: 'test' }]);
    assert.equal(g.cli('webhook', 'list').stdout.trim().split('\n').length, 1);
    assert.equal(g.cli('webhook', 'retry', made.json.webhook).json.queued, 0);
    assert.equal(g.cli('webhook', 'dead', made.json.webhook).stdout, '');
    assert.equal(g.cli('webhook', 'remove', made.json.webhook).json.removed, 1);
    assert.equal(g.cli('webhook', 'add', '--carrier', 'XX').status, 2);
    assert.equal(g.cli('webhook', 'sing').status, 2);
  });

  test('a message goes only where it may', async () => {
    for (const url of ['http://example.org/x', 'ftp://127.0.0.1/x', 'https://user:word@example.org/', 'not a url', 'https://10.0.0.1/', 'https://[::1]/',
      'https://169.254.169.254/latest/meta-data', 'https://192.168.1.1:8443/', 'https://[fe80::1]/', 'https://[::ffff:10.0.0.1]/', 'http://127.0.0.2/',
      'https://2130706433/x#y'])
      assert.equal((await add(url)).status, 422, url);
    assert.equal((await add('https://example.org/hook')).status, 201, 'the internet, over TLS');
    await ask('DELETE', `/v1/webhooks/${(await ask('GET', '/v1/webhooks')).json.webhooks[0].webhook}`);
  });

  test('a name that leads inside is found out when it is looked up', async () => {
    const e = await endpoint(t);
    const strict = await Gangway.start(t, { set: { 'webhook.retry': '20ms', 'webhook.attempts': 2 } });
    const url = e.url.replace('http://127.0.0.1', 'https://localhost');
    const made = await strict.ask('POST', '/v1/webhooks', { as: 'admin', json: { carrier: 'XX', url } });
    assert.equal(made.status, 201, 'nobody knows yet where a name leads');
    assert.equal((await strict.ask('POST', `/v1/webhooks/${made.json.webhook}/test`, { as: 'admin', json: {} })).status, 200);
    for (const end = Date.now() + 30_000; ;) {
      const [w] = (await strict.ask('GET', '/v1/webhooks', { as: 'admin' })).json.webhooks;
      if (w.dead === 1) {
        assert.equal(w.failure, 'forbidden');
        break;
      }
      assert.ok(Date.now() < end, JSON.stringify(w));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    assert.equal(e.messages.length, 0);
  });
});
