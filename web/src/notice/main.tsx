// main.tsx of /notice - what travelers are told at a place, out of the rules in force.
// The address says the place and the language: /notice?site=JFK&mode=air&lang=es
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import '../shared/theme.css';
import './notice.css';
import type words from '../../languages/notice/en.json';
import { Service } from '../shared/api';
import { fetchNotice, noticeAddress, type Notice, type NoticeState } from '../shared/notice';
import { Qr } from '../shared/qr';
import { announce, languages, load, preferred, speak, type Language, type Say } from '../shared/words';

type NoticeSay = Say<keyof typeof words>;
const files = import.meta.glob('../../languages/notice/*.json');
const asked = new URLSearchParams(location.search);
const known = languages.find(([code]) => code === asked.get('lang'))?.[0];
const place = { site: (asked.get('site') ?? '').toUpperCase(), mode: asked.get('mode'), direction: asked.get('direction') };

function day(text: string): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${text}T00:00:00Z`));
}

function languageName(code: string): string {
  return languages.find(([c]) => c === code)?.[1].name ?? new Intl.DisplayNames([document.documentElement.lang], { type: 'language' }).of(code) ?? code;
}

function Shown({ say, n, wanted }: { say: NoticeSay; n: Notice; wanted: Language }) {
  const address = location.origin + noticeAddress(n);
  const until = n.effective_until;
  return <>
    {n.language !== wanted && <p class="other" role="status">{say('other_language', { language: languageName(n.language) })}</p>}
    <main lang={n.language} dir={n.text_direction}>
      <h1>{n.title}</h1>
      <p class="lead">{n.introduction}</p>
      <div class="groups">{n.groups.map((g, i) => <section key={i} class={g.photo}>
        <span class="tag" lang={document.documentElement.lang} dir="auto">{say(`photo_${g.photo}`)}</span>
        <h2>{g.sentences[0]}</h2>
        {g.sentences.slice(1).map((s, k) => <p key={k}>{s}</p>)}
      </section>)}</div>
      <p class="closing">{n.closing}</p>
    </main>
    <footer class="foot">
      <Qr text={address} label={say('qr')} />
      <div><p>{say('qr')}</p>
        <p>{until === null ? say('valid', { from: day(n.effective_from) }) : say('valid_until', { from: day(n.effective_from), until: day(until) })}</p>
        <dl><dt>{say('rules')}</dt><dd dir="ltr">{n.pack}</dd><dt>{say('version')}</dt><dd class="code" dir="ltr">{n.version}</dd></dl></div>
    </footer>
  </>;
}

function Page() {
  const [say, setSay] = useState<NoticeSay | null>(null);
  const [state, setState] = useState<NoticeState>({ kind: 'loading' });
  const [round, setRound] = useState(0);
  const language: Language = known ?? preferred();
  useEffect(() => { void load(files, language).then((w) => { announce(language); document.title = `Gangway · ${w.title}`; setSay(() => speak(w)); }); }, []);
  useEffect(() => { if (place.site !== '') void fetchNotice(new Service(null), place, asked.get('lang') ?? language).then(setState); }, [round]);
  if (say === null) return <main aria-busy="true" />;
  const link = (code: string) => { const q = new URLSearchParams(location.search); q.set('lang', code); return `/notice?${q}`; };
  const offered = state.kind === 'shown' ? state.notice.languages : languages.map(([code]) => code);
  return <>
    <header>
      <nav aria-label={say('language')}>{offered.map((code) =>
        <a key={code} href={link(code)} lang={code} aria-current={(state.kind === 'shown' ? state.notice.language : language) === code ? 'true' : undefined}>{languageName(code)}</a>)}</nav>
      {state.kind === 'shown' && <button type="button" onClick={() => print()}>{say('print')}</button>}
    </header>
    {place.site === '' ? <main><h1>{say('title')}</h1><form onSubmit={(e) => { e.preventDefault(); location.search = new URLSearchParams({ site: new FormData(e.currentTarget).get('site') as string }).toString(); }}>
        <label>{say('place')}<input name="site" dir="ltr" required minLength={2} maxLength={8} pattern="[A-Za-z0-9]+" autocomplete="off" aria-describedby="code" /></label>
        <p class="lead" id="code">{say('place_code')}</p><button>{say('place_show')}</button></form></main>
      : state.kind === 'shown' ? <Shown say={say} n={state.notice} wanted={language} />
        : <main aria-busy={state.kind === 'loading'}><h1>{say('title')}</h1>
            <p class="lead" role="status">{state.kind === 'loading' ? say('loading') : state.kind === 'expired' ? say('none', { site: place.site }) : say('failed')}</p>
            {state.kind === 'absent' && <p><button type="button" onClick={() => { setState({ kind: 'loading' }); setRound(round + 1); }}>{say('again')}</button></p>}</main>}
  </>;
}

render(<Page />, document.getElementById('page')!);
