// notice.test.mjs - what travelers are told: made from the pack in force, in its languages, for pages, screens and walls.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Gangway, root, run, withoutProgram } from './help/gangway.mjs';

const skip = withoutProgram;

describe('notices', { skip }, () => {
  test('anybody reads who is photographed, for how long it is kept, and how to decline', async (t) => {
    const g = await Gangway.start(t);
    const r = await g.ask('GET', '/v1/notice?site=YVR&direction=departure');
    assert.equal(r.status, 200);
    assert.equal(r.json.pack, 'us-2025-12-26');
    assert.equal(r.json.language, 'en');
    assert.deepEqual(r.json.languages, ['en', 'es', 'fr', 'de', 'ar', 'zh']);
    assert.deepEqual(r.json.groups.map((o) => [o.photo, o.alternative]),
      [['voluntary', 'document_inspection'], ['required', 'officer_referral'], ['required', 'officer_referral']]);
    assert.equal(r.json.groups[2].who, 'All other travelers', 'all others come last');
    for (const o of r.json.groups) assert.ok(o.sentences[0].startsWith(o.who));
    for (const s of [r.json.title, r.json.introduction, ...r.json.groups.flatMap((o) => o.sentences), r.json.closing])
      assert.ok(r.json.text.includes(s), s);
    assert.match(r.json.text, /12 hours/);
    // The command prints the same.
    assert.equal(run(['policy', 'notice', '--pack', 'us-2025-12-26', '--site', 'YVR', '--direction', 'departure', '--date', '2026-01-01']).stdout, r.json.text);
  });

  test('a device need not say where it is, and every language has its own text and version', async (t) => {
    const g = await Gangway.start(t);
    const versions = new Set();
    for (const lang of ['en', 'es', 'fr', 'de', 'ar', 'zh']) {
      const r = await g.ask('GET', `/v1/notice?lang=${lang}`, { as: 'device' });
      assert.equal(r.status, 200);
      assert.equal(r.json.site, 'YVR');
      assert.equal(r.json.language, lang);
      assert.equal(r.headers['content-language'], lang);
      assert.equal(r.json.text_direction, lang === 'ar' ? 'rtl' : 'ltr');
      versions.add(r.json.version);
      const again = await g.ask('GET', `/v1/notice?lang=${lang}&site=YVR`);
      assert.equal(again.text, r.text, 'the same text, the same version');
    }
    assert.equal(versions.size, 6);
  });

  test('as plain text and as a piece of a page', async (t) => {
    const g = await Gangway.start(t);
    const json = await g.ask('GET', '/v1/notice?site=YVR&lang=ar');
    const plain = await g.ask('GET', '/v1/notice?site=YVR&lang=ar', { headers: { Accept: 'text/plain' } });
    assert.match(plain.headers['content-type'], /^text\/plain; charset=utf-8/);
    assert.equal(plain.text, json.json.text);
    const html = await g.ask('GET', '/v1/notice?site=YVR&lang=ar', { headers: { Accept: 'text/html,*/*;q=0.1' } });
    assert.match(html.headers['content-type'], /^text\/html/);
    assert.match(html.text, /^<article class="notice" lang="ar" dir="rtl" data-pack="us-2025-12-26" data-version="[0-9a-f]{16}">/);
    assert.equal([...html.text.matchAll(/<section class="(\w+)">/g)].map((m) => m[1]).join(' '), 'voluntary required required');
    assert.ok(!/<script|\{/.test(html.text));
  });

  test('what cannot be told says so', async (t) => {
    const g = await Gangway.start(t);
    for (const [query, status, text] of [['', 400, /site takes/], ['?site=a%20b', 400, /site takes/], ['?site=YVR&mode=foot', 400, /air, sea or land/],
      ['?site=YVR&direction=up', 400, /arrival or departure/], ['?site=YVR&lang=tlh', 404, /it has en, es, fr, de, ar, zh/]]) {
      const r = await g.ask('GET', `/v1/notice${query}`);
      assert.equal(r.status, status, query);
      assert.match(r.json.detail, text);
    }
    const none = await Gangway.start(t, { set: { 'packs.authority': 'NOBODY' } });
    const r = await none.ask('GET', '/v1/notice?site=YVR');
    assert.equal(r.status, 404);
    assert.match(r.json.detail, /nobody is photographed/);
  });

  test('docs/policy.md: what it says of posted notices works as it stands there', async (t) => {
    const g = await Gangway.start(t);
    const page = fs.readFileSync(path.join(root, 'docs', 'policy.md'), 'utf8');
    const lines = [...page.matchAll(/^gangway (site [^#\n]*?)\s*#/gm)].map((m) => m[1].split(' '));
    assert.deepEqual(lines.map((l) => l[1]), ['add', 'check', 'list']);
    const { version } = (await g.ask('GET', '/v1/notice?site=JFK&lang=en')).json;
    assert.ok(lines[0].includes('VERSION'), 'a version written out would be that of one day');
    for (const line of lines) {
      const r = g.cli(...line.map((word) => (word === 'VERSION' ? version : word)));
      assert.equal(r.status, 0, r.stderr);
      assert.deepEqual([r.json.site, r.json.language, r.json.version], ['JFK', 'en', version]);
    }
    const old = g.cli(...lines[0].map((word) => (word === 'VERSION' ? '0123456789abcdef' : word)));
    assert.equal(old.status, 1);
    assert.ok(old.stderr.includes(`the notice in force has version ${version}`), old.stderr);
  });
});
