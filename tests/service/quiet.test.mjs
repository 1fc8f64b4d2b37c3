// quiet.test.mjs - no name, number, place in a plane or picture gets into a log line, a metric or the text of an
// error, whichever route it is sent to and wherever in the request it stands.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import fs from 'node:fs';
import path from 'node:path';
import { Gangway, environment, folder, live, number, photo, root, run, traveler, voyage, withoutPhotos } from './help/gangway.mjs';

// What is looked for; each is unlike anything else, and so are its common disguises.
const person = {
  kind: 'passenger', surname: 'ZWETAJEWA', given_names: 'MARKEDGIVEN', sex: 'X', birth_date: '1971-03-05', nationality: 'UTO',
  documents: [{ type: 'P', number: 'QX7781299', issuing_state: 'UTO', expiry_date: '2031-07-09' }], reference: 'REFF9KK', seat: '77U', // a letter that ids have not
};
const marks = [person.surname, person.given_names, person.birth_date, person.documents[0].number, person.reference, person.seat];
const disguises = marks.flatMap((m) => [m, m.toLowerCase(), Buffer.from(m).toString('hex'), Buffer.from(m).toString('base64').replace(/=+$/, ''),
  [...m].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')]);
function clean(text, where) {
  for (const d of disguises) {
    const at = text.indexOf(d);
    assert.ok(at < 0, `${where}: ${d} in …${text.slice(Math.max(0, at - 120), at + 60)}…`);
  }
}
const everything = marks.join(' ');

describe('nothing about a person', { skip: withoutPhotos }, () => {
  const afters = [];
  const roles = ['device', 'carrier', 'officer', 'supervisor', 'auditor', 'admin', undefined];
  let g, id;
  before(async () => {
    g = await Gangway.start({ after: (f) => afters.push(f) }, { set: { 'log.level': 'debug' } });
    const m = await g.manifest(voyage([person]));
    assert.equal(m.status, 201, m.text);
    id = m.json.voyage;
    assert.equal((await g.portrait(photo('franck_01829.jpg'), { number: person.documents[0].number })).status, 201);
  });
  after(async () => { for (const f of afters.reverse()) await f(); });

  // Routes with their place filled by a real id, an id of nobody, and a person.
  const operations = () => Object.entries(g.openapi.paths).flatMap(([p, o]) => Object.keys(o).map((m) => [m.toUpperCase(), p]))
    .filter(([, p]) => p !== '/v1/events');
  const bodies = [
    ['application/json', () => Buffer.from(JSON.stringify(voyage([person])))],
    ['application/json', () => Buffer.from(JSON.stringify({ reference: person.reference, document_number: person.documents[0].number, [person.surname]: everything }))],
    ['application/json', () => Buffer.from(JSON.stringify({ reason: everything, boarded: [person.reference, { [person.surname]: 1 }], token: person.surname, until: person.surname }))],
    ['application/json', () => Buffer.from(`{"${person.surname}": ${everything}`)],
    ['application/json', () => Buffer.from(JSON.stringify(voyage([{ ...person, birth_date: `${person.birth_date}${person.surname}`, sex: person.surname }])))],
    ['application/edifact', () => Buffer.from(`UNA:+.? 'UNB+UNOA:4+${person.surname}+X+261123:0800+1'UNH+1+PAXLST:D:05B:UN:IATA'NAD+FL+++${person.surname}:${person.given_names}'DTM+329:${person.surname}'DOC+P+${person.documents[0].number}'`)],
    ['text/csv', () => Buffer.from(`surname,${person.surname}\n${everything},"${person.seat}\n`)],
    ['multipart/form-data; boundary=x', () => Buffer.concat([Buffer.from(`--x\r\nContent-Disposition: form-data; name="${person.surname}"; filename="${person.surname}.jpg"\r\n\r\n`), live('audrey.jpg'), Buffer.from('\r\n--x--\r\n')])],
    ['image/jpeg', () => live('franck_01829.jpg')],
    ['image/jpeg', () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 60]), Buffer.from(everything)])],
    [`application/${person.surname}`, () => Buffer.from(everything)],
  ];
  const headers = { 'X-Request-Id': `${person.surname}-${person.documents[0].number}`, 'User-Agent': everything, Referer: `http://x/?${person.surname}`, 'X-Forwarded-For': person.surname,
    'X-Document-Number': person.documents[0].number, 'X-Issuing-State': person.surname, 'X-Portrait-Source': person.surname, 'X-Captured-On': person.birth_date,
    'X-Boarding-Pass': `M1${person.surname}/${person.given_names}      ${person.reference}`, Cookie: everything, 'Last-Event-ID': person.surname };

  test('of what was sent to any route is in an error', async () => {
    let n = 0;
    for (const [method, p] of operations())
      for (const role of roles) {
        const fill = (word) => p.replace(/\{voyage\}/, id).replace(/\{\w+\}/g, word);
        const targets = [fill('0'.repeat(26)), fill(encodeURIComponent(person.surname)), `${fill('0'.repeat(26))}?cursor=${person.surname}&limit=${person.seat}`,
          `${fill('0'.repeat(26))}?${person.surname}=${person.documents[0].number}`, `${fill('0'.repeat(26))}?document=${person.documents[0].number}&from=${person.surname}&case=${person.surname}&purpose=${person.surname}&site=${person.surname}`];
        const sent = method === 'GET' ? [[undefined, () => undefined]] : bodies;
        for (const [t, target] of targets.entries())
          for (const [type, make] of t === 0 ? sent : sent.slice(0, 1)) {
            const a = await g.ask(method, target, { as: role, body: make(),
              headers: { ...headers, ...(type ? { 'Content-Type': type } : {}), ...(n % 3 === 0 ? { 'Idempotency-Key': `${person.surname}${n}` } : {}) } });
            n++;
            if (a.status >= 400) {
              clean(a.text, `${role} ${method} ${p}`);
              clean(JSON.stringify(a.headers), `${role} ${method} ${p}: headers`);
            }
          }
      }
    assert.ok(n > 500, String(n));
  });

  test('of what is no proper request is answered', async () => {
    const { hostname, port } = new URL(g.url);
    for (const bytes of [`${everything}\r\n\r\n`, `GET /${person.surname} ${everything}\r\n\r\n`, `GET /healthz HTTP/1.1\r\n${person.surname}\r\n\r\n`,
      `${person.surname} / HTTP/1.1\r\nHost: x\r\n\r\n`, `GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: ${person.surname}\r\n\r\n`,
      `GET /%${person.surname} HTTP/1.1\r\nHost: x\r\n\r\n`, `POST /v1/manifests HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${person.surname}\r\n`]) {
      const got = await new Promise((resolve) => {
        let text = '';
        const s = net.connect(Number(port), hostname, () => s.end(bytes));
        s.on('data', (d) => { text += d.toString('latin1'); });
        s.on('error', () => resolve(text));
        s.on('close', () => resolve(text));
      });
      clean(got, bytes);
    }
  });

  test('is in the metrics', async () => {
    clean((await g.ask('GET', '/metrics')).text, 'metrics');
  });

  test('is in the log, also at its most talkative, and to the end', async () => {
    await g.signal('SIGTERM');
    assert.ok(g.stderr.split('\n').length > 500);
    clean(g.stderr, 'standard error');
    clean(g.stdout, 'standard output');
    // One event a line, all of it words and numbers of ours.
    for (const line of g.stderr.trimEnd().split('\n')) assert.match(line, /^time=\S+ level=\w+ event=\w+( \w+=("([^"\\]|\\.)*"|[^\s"]+))*$/);
  });
});

describe('nothing but the store', { skip: withoutPhotos }, () => {
  // A library that counts or reports what it is used for keeps its notes at home (the recognition runtime does).
  test('is written by recognition: not by a command, nor by the service', async (t) => {
    const home = folder(t), env = { HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), ORT_DISABLE_TELEMETRY: '' };
    assert.equal(run(['face', path.join(root, 'vendor/media/audrey.jpg')], { env: { ...environment, ...env } }).status, 0);
    const g = await Gangway.start(t, { env, set: { 'verify.liveness': 0 } });
    const id = (await g.manifest(voyage([traveler(0)]))).json.voyage;
    assert.equal((await g.portrait(photo('audrey.jpg'), { number: number(0) })).status, 201);
    assert.equal((await g.verify(id, live('audrey.jpg'))).json.decision, 'clear');
    assert.deepEqual(fs.readdirSync(home), []);
  });
});
