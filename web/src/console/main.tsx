// main.tsx of the console - signing in, what a role may open, and where one is (#/…).
import { render, type ComponentType } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import '../shared/theme.css';
import './console.css';
import { Service, type Problem } from '../shared/api';
import { Icon, type IconName } from '../shared/icons';
import { announce, languages, load, preferred, speak, type Language } from '../shared/words';
import { Accuracy } from './accuracy';
import { DeskContext, passing, useTitle, type ConsoleSay, type Desk, type Happening, type Me, type Role } from './ask';
import { Board } from './board';
import { Devices } from './devices';
import { Inspections } from './inspections';
import { Records } from './records';
import { Settings } from './settings';
import { sayProblem } from './told';
import { Voyage } from './voyage';
import { Watch } from './watch';

const files = import.meta.glob('../../languages/console/*.json');

interface View { name: 'board' | 'inspections' | 'watch' | 'accuracy' | 'records' | 'devices' | 'settings'; icon: IconName; roles: Role[]; show: ComponentType }
const views: View[] = [
  { name: 'board', icon: 'board', roles: ['carrier', 'officer', 'supervisor'], show: Board },
  { name: 'inspections', icon: 'search', roles: ['officer', 'supervisor'], show: Inspections },
  { name: 'watch', icon: 'alert', roles: ['supervisor', 'auditor'], show: Watch },
  { name: 'accuracy', icon: 'chart', roles: ['supervisor', 'auditor'], show: Accuracy },
  { name: 'records', icon: 'shield', roles: ['auditor', 'supervisor'], show: Records },
  { name: 'devices', icon: 'device', roles: ['admin', 'supervisor'], show: Devices },
  { name: 'settings', icon: 'sliders', roles: ['admin'], show: Settings },
  { name: 'watch', icon: 'alert', roles: ['admin'], show: Watch },
];

// The token lives as long as the tab: whoever sits down next signs in anew. It is in
// no cookie, so nothing is sent by itself, and in no address.
const shelf = 'gangway-token';
const kept = (): string | null => { try { return sessionStorage.getItem(shelf); } catch { return null; } };
const keep = (token: string | null) => { try { if (token === null) sessionStorage.removeItem(shelf); else sessionStorage.setItem(shelf, token); } catch { /* signed in until the page is left */ } };

function useLanguage() {
  const [language, setLanguage] = useState<Language>(() => (localStorage.getItem('gangway-language') as Language | null) ?? preferred());
  const [say, setSay] = useState<ConsoleSay | null>(null);
  useEffect(() => {
    void load(files, language).then((w) => { announce(language); setSay(() => speak(w)); });
  }, [language]);
  return { language, say, setLanguage: (l: Language) => { localStorage.setItem('gangway-language', l); setLanguage(l); } };
}

function LanguageMenu({ say, language, choose }: { say: ConsoleSay; language: Language; choose: (l: Language) => void }) {
  return <label class="language"><Icon name="language" size={18} /><span class="only-heard">{say('language')}</span>
    <select value={language} onChange={(e) => choose(e.currentTarget.value as Language)}>
      {languages.map(([code, { name }]) => <option key={code} value={code} lang={code}>{name}</option>)}
    </select></label>;
}

// A console that nobody touches is nobody's.
const idle = { after: 15 * 60_000, warning: 60_000 };
type Over = 'session_over' | 'session_idle' | null;

type SignedIn = { me: Me; token: string; paths: Record<string, Record<string, { 'x-roles'?: string[] }>>; version: string };

/** Why nobody is signed in. Only 'wrong' says that the token is none; with the others it may be as good as ever. */
type Failure = { kind: 'wrong' | 'device' | 'silence' } | { kind: 'problem'; problem: Problem };

async function signIn(token: string): Promise<SignedIn | Failure> {
  const service = new Service(token);
  const me = await service.get<Me>('/v1/me');
  if (me.kind !== 'good') return me.kind === 'problem' && me.problem.status === 401 ? { kind: 'wrong' } : me;
  if ((me.value.role as string) === 'device') return { kind: 'device' };
  const api = await service.get<{ paths: SignedIn['paths']; info: { version: string } }>('/openapi.json');
  if (api.kind !== 'good') return api;
  return { me: me.value, token, paths: api.value.paths, version: api.value.info.version };
}

const sayFailure = (say: ConsoleSay, f: Failure): string => f.kind === 'problem' ? sayProblem(say, f.problem) : say(`sign_in_${f.kind}`);
const mayPass = (f: Failure): boolean => f.kind === 'silence' || f.kind === 'problem' && passing(f.problem);

/** What may pass is tried again. */
function useTriedAgain(failure: Failure | null, again: () => void): void {
  useEffect(() => {
    if (failure === null || !mayPass(failure)) return undefined;
    const t = window.setTimeout(again, Math.max(3, failure.kind === 'problem' ? failure.problem.retry_after ?? 0 : 0) * 1000);
    return () => window.clearTimeout(t);
  }, [failure]);
}

/** The tab has a token, and the service does not say now whose. */
function Late({ say, failure, again, signOut }: { say: ConsoleSay; failure: Failure; again: () => void; signOut: () => void }) {
  useTitle(say, say('late'));
  useTriedAgain(failure, again);
  return <div class="front"><main class="signin">
    <h1>{say('late')}</h1>
    <p class="band" role="status">{sayFailure(say, failure)}{mayPass(failure) && ` ${say('tried_again')}`}</p>
    <div class="row"><button type="button" class="button filled" onClick={again}>{say('again')}</button><button type="button" class="button" onClick={signOut}>{say('sign_out')}</button></div>
  </main></div>;
}

/** The first administrator of a new service, by the code that it printed at its start. */
function FirstAdmin({ say, done }: { say: ConsoleSay; done: (token: string) => void }) {
  const [code, setCode] = useState('');
  const [made, setMade] = useState<string | null>(null);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    const a = await new Service(null).post<{ secret: string }>('/v1/setup', { code: code.trim() });
    setBusy(false);
    setCode('');
    if (a.kind === 'good') setMade(a.value.secret);
    else setWrong(a.kind === 'silence' ? say('sign_in_silence') : a.problem.status === 429 ? say('fault_too_often') : say('setup_wrong'));
  };
  if (made !== null) return <div class="first" role="alert"><p>{say('setup_shown_once')}</p><p class="secret" dir="ltr" tabIndex={0}>{made}</p>
    <button type="button" class="button filled" onClick={() => done(made)}>{say('setup_kept')}</button></div>;
  return <form class="first" aria-labelledby="first" onSubmit={(e) => { e.preventDefault(); void make(); }}>
    <h2 id="first">{say('setup_title')}</h2><p class="soft small" id="first-help">{say('setup_lead')}</p>
    <label>{say('setup_code')}<input value={code} onInput={(e) => setCode(e.currentTarget.value)} autocomplete="off" spellcheck={false} dir="ltr" required aria-describedby="first-help" aria-invalid={wrong !== ''} /></label>
    {wrong && <p class="wrong" role="alert">{wrong}</p>}
    <button class="button filled" disabled={busy}>{say(busy ? 'loading' : 'setup_make')}</button>
  </form>;
}

function SignIn({ say, language, choose, done, over }: { say: ConsoleSay; language: Language; choose: (l: Language) => void; done: (s: SignedIn) => void; over: Over }) {
  const [token, setToken] = useState('');
  const [first, setFirst] = useState(false);
  useTitle(say, say('sign_in'));
  useEffect(() => { void new Service(null).get<{ open: boolean }>('/v1/setup').then((a) => setFirst(a.kind === 'good' && a.value.open)); }, []);
  const enter = async (text: string) => {
    if (text.trim() === '') return;
    setBusy(true);
    const result = await signIn(text.trim());
    setBusy(false);
    if ('kind' in result) { setWrong(result); return; }
    keep(result.token);
    done(result);
  };
  const [wrong, setWrong] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  useTriedAgain(wrong, () => void enter(token));
  return <div class="front">
    <main class="signin">
      <p class="brand"><img src={new URL('../shared/icon.svg', import.meta.url).href} alt="" width="34" height="34" />Gangway</p>
      <h1>{say('sign_in')}</h1>
      {over && <p class="band" role="status">{say(over, { n: idle.after / 60_000 })}</p>}
      {first && <FirstAdmin say={say} done={(t) => { setFirst(false); setToken(t); void enter(t); }} />}
      <form onSubmit={(e) => { e.preventDefault(); void enter(token); }}>
        <label>{say('token')}<input type="password" value={token} onInput={(e) => setToken(e.currentTarget.value)} autocomplete="off" spellcheck={false} dir="ltr" required aria-describedby="token-help" aria-invalid={wrong?.kind === 'wrong' || wrong?.kind === 'device'} /></label>
        <p class="soft small" id="token-help">{say('token_help')}</p>
        {wrong && <p class="wrong" role="alert">{sayFailure(say, wrong)}{mayPass(wrong) && ` ${say('tried_again')}`}</p>}
        <button class="button filled" disabled={busy}>{say(busy ? 'loading' : 'sign_in')}</button>
      </form>
      <p class="row"><LanguageMenu say={say} language={language} choose={choose} /><a href="/notice">{say('notice')}</a><a href="/gate">{say('gate')}</a></p>
    </main>
  </div>;
}

function useAddress(): string[] {
  const read = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const change = () => setAddress(read());
    window.addEventListener('hashchange', change);
    return () => window.removeEventListener('hashchange', change);
  }, []);
  return address;
}

function useEvents(service: Service, there: boolean) {
  const listeners = useRef(new Set<(h: Happening) => void>());
  const [live, setLive] = useState<'live' | 'broken' | 'none'>(there ? 'broken' : 'none');
  useEffect(() => {
    if (!there) return undefined;
    return service.listen('/v1/events', (event, data) => {
      const h = { event, data: data as Record<string, unknown> };
      for (const l of listeners.current) l(h);
    }, (up: boolean, problem?: Problem) => setLive(up ? 'live' : problem && problem.status < 500 && problem.status !== 429 ? 'none' : 'broken'));
  }, [service, there]);
  const hear = useMemo(() => (l: (h: Happening) => void) => { listeners.current.add(l); return () => { listeners.current.delete(l); }; }, []);
  return { hear, live };
}

/** Seconds until whoever left is signed out; null: not soon. */
function useIdle(leave: () => void): { left: number | null; stay: () => void } {
  const last = useRef(Date.now());
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    const touch = () => { last.current = Date.now(); setLeft(null); };
    const look = () => {
      const rest = idle.after - (Date.now() - last.current);
      if (rest <= 0) leave();
      else setLeft(rest <= idle.warning ? Math.ceil(rest / 1000) : null);
    };
    const kinds = ['keydown', 'pointerdown', 'wheel'] as const;
    for (const k of kinds) window.addEventListener(k, touch, { passive: true });
    const timer = window.setInterval(look, 1000);
    return () => { window.clearInterval(timer); for (const k of kinds) window.removeEventListener(k, touch); };
  }, []);
  return { left, stay: () => { last.current = Date.now(); setLeft(null); } };
}

function Room({ say, language, choose, signed, signOut }: { say: ConsoleSay; language: Language; choose: (l: Language) => void; signed: SignedIn; signOut: (why: Over) => void }) {
  const { me } = signed;
  const service = useMemo(() => new Service(signed.token, () => signOut('session_over')), [signed.token]);
  const { left, stay } = useIdle(() => signOut('session_idle'));
  const has = useMemo(() => (path: string, method = 'get') => signed.paths[path]?.[method]?.['x-roles']?.includes(me.role) ?? false, [signed]);
  const { hear, live } = useEvents(service, has('/v1/events'));
  const address = useAddress();
  const mine = views.filter((v) => v.roles.includes(me.role));
  const place = address[0] === 'voyage' ? 'board' : address[0];
  const view = mine.find((v) => v.name === place) ?? mine[0]!;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.querySelector('h1')?.focus();
    first.current = false;
  }, [address.join('/')]);
  const desk: Desk = useMemo(() => ({ service, me, say, has, hear, version: signed.version }), [service, say, has, hear]);
  const Show = view.show;
  return <DeskContext.Provider value={desk}>
    <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>{say('skip')}</a>
    <div class="room">
      <nav class="side" aria-label={say('menu')}>
        <p class="brand"><img src={new URL('../shared/icon.svg', import.meta.url).href} alt="" width="28" height="28" /><span>Gangway</span></p>
        <ul>{mine.map((v) => <li key={v.name}><a href={`#/${v.name}`} aria-current={v === view ? 'page' : undefined}><Icon name={v.icon} size={20} /><span>{say(`view_${v.name}`)}</span></a></li>)}</ul>
        <div class="who">
          <p class={`live ${live}`} role="status"><i aria-hidden="true" />{say(`live_${live}`)}</p>
          <p><strong>{say(`role_${me.role}`)}</strong>{(me.site ?? me.carrier) && <span class="code"> · {me.site ?? me.carrier}</span>}</p>
          <LanguageMenu say={say} language={language} choose={choose} />
          <button type="button" class="button quiet" onClick={() => signOut(null)}><Icon name="out" size={18} />{say('sign_out')}</button>
        </div>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>{left !== null && <div class="band idle"><Icon name="clock" size={20} /><span class="only-heard" role="alert">{say('session_ends')}</span><span role="timer">{say('session_soon', { n: left })}</span><button type="button" class="button" onClick={stay}>{say('session_stay')}</button></div>}{address[0] === 'voyage' && address[1] && view.name === 'board' ? <Voyage key={address[1]} id={address[1]} /> : <Show />}</main>
    </div>
  </DeskContext.Provider>;
}

function Console() {
  const { language, say, setLanguage } = useLanguage();
  const [signed, setSigned] = useState<SignedIn | Failure | null | 'trying'>(kept() === null ? null : 'trying');
  const enter = async () => {
    const token = kept();
    const s = token === null ? null : await signIn(token);
    if (kept() !== token) return; // signed out meanwhile
    const refused = s !== null && 'kind' in s && (s.kind === 'wrong' || s.kind === 'device');
    if (refused) keep(null);
    setSigned(refused ? null : s);
  };
  useEffect(() => { void enter(); }, []);
  const [over, setOver] = useState<Over>(null);
  if (say === null || signed === 'trying') return <main aria-busy="true" />;
  const signOut = (why: Over) => { keep(null); location.hash = ''; setOver(why); setSigned(null); };
  if (signed !== null && 'kind' in signed) return <Late say={say} failure={signed} again={() => void enter()} signOut={() => signOut(null)} />;
  return signed === null ? <SignIn say={say} language={language} choose={setLanguage} over={over} done={(s) => { setOver(null); setSigned(s); }} />
    : <Room say={say} language={language} choose={setLanguage} signed={signed} signOut={signOut} />;
}

render(<Console />, document.getElementById('page')!);
