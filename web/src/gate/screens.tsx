// screens.tsx - what a traveler sees; it all comes in as properties.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from '../shared/icons';
import { Qr } from '../shared/qr';
import { languages, type Language } from '../shared/words';
import { noticeAddress, type NoticeState } from '../shared/notice';
import type { GateSay } from './speech';

export function Languages({ now, choose, label }: { now: Language; choose: (l: Language) => void; label: string }) {
  return <nav class="languages" aria-label={label}>
    {languages.map(([code, { name }]) =>
      <button key={code} type="button" lang={code} aria-pressed={code === now} onClick={() => choose(code)}>{name}</button>)}
  </nav>;
}

/** A screen that has just appeared takes no touch for so long: the second of two quick taps was meant for the screen before. */
const settling = 500;

let opened = false; // the first screen of the page takes no focus

/** What changes on the screen gets the focus, so that it is read out and keys go on from there. */
export function Main({ children, name, look }: { children: ComponentChildren; name: string; look?: string }) {
  const main = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const m = main.current;
    if (m === null) return undefined;
    m.dataset.settling = '';
    const timer = window.setTimeout(() => { delete m.dataset.settling; }, settling);
    return () => window.clearTimeout(timer);
  }, [name]);
  useEffect(() => {
    if (opened) {
      const h = main.current?.querySelector('h1') ?? null;
      if (h !== null) h.tabIndex = -1;
      (h ?? main.current)?.focus({ preventScroll: true });
    }
    opened = true;
  }, [name]);
  return <main ref={main} class={look ?? ''} tabIndex={-1} data-screen={name}>{children}</main>;
}

function NoticeCard({ say, state }: { say: GateSay; state: NoticeState }) {
  const address = state.kind === 'shown' ? noticeAddress(state.notice) : '/notice';
  return <section class="notice" aria-labelledby="notice-title">
    <h2 id="notice-title">{state.kind === 'shown' ? <span lang={state.notice.language} dir={state.notice.text_direction}>{state.notice.title}</span> : say('notice')}</h2>
    <div class="text" tabIndex={0} role="group" aria-labelledby="notice-title">
      {state.kind === 'loading' && <p>{say('loading')}</p>}
      {state.kind === 'absent' && <p>{say('notice_absent')}</p>}
      {state.kind === 'expired' && <p>{say('notice_expired')}</p>}
      {state.kind === 'shown' && <div lang={state.notice.language} dir={state.notice.text_direction}>
        <p>{state.notice.introduction}</p>
        {state.notice.groups.map((g, i) => <p key={i}><strong>{g.sentences[0]}</strong> {g.sentences.slice(1).join(' ')}</p>)}
        <p>{state.notice.closing}</p>
      </div>}
    </div>
    <a href={address} target="_blank" rel="noopener">{say('notice_all')}</a>
    <div class="qr"><Qr text={location.origin + address} label={say('notice_qr')} /><span aria-hidden="true">{say('notice_qr')}</span></div>
  </section>;
}

export interface IdleProps {
  say: GateSay;
  notice: NoticeState;
  up: boolean;
  person: number | null;
  low: boolean;
  passRead: boolean;
  start: () => void;
  decline: () => void;
  scan: () => void;
  forgetPass: () => void;
  group: (on: boolean) => void;
  lower: (on: boolean) => void;
}

function Choice({ icon, text, more, press, disabled }: { icon: IconName; text: string; more: string; press: () => void; disabled?: boolean }) {
  return <button type="button" class="choice" onClick={press} disabled={disabled ?? false}><Icon name={icon} size={50} /><span>{text}</span><small>{more}</small></button>;
}

export function Idle(p: IdleProps) {
  const { say } = p;
  const mayPhoto = p.up && p.notice.kind === 'shown'; // no camera for whom no notice was shown
  return <Main name="idle">
    {!p.up && <p class="band" role="status"><Icon name="offline" />{say('offline_band')}</p>}
    <div>
      {p.person !== null && <p class="state" role="status"><Icon name="group" />{say('group_person', { n: p.person })}</p>}
      <h1>{say('choose')}</h1>
      <p class="lead">{say(p.notice.kind === 'expired' ? 'choose_document_lead' : 'choose_lead')}</p>
    </div>
    {p.passRead && <p class="band" role="status"><Icon name="pass" /><span>{say('pass_read')}</span><button type="button" class="plain" onClick={p.forgetPass}>{say('pass_forget')}</button></p>}
    <NoticeCard say={say} state={p.notice} />
    <div class="choices">
      <Choice icon="camera" text={say('start')} more={say('start_more')} press={p.start} disabled={!mayPhoto} />
      <Choice icon="document" text={say('decline')} more={say('decline_more')} press={p.decline} />
    </div>
    <div class="extras">
      <span class="state"><Icon name="camera_off" size={20} />{say('camera_is_off')}</span>
      <button type="button" class="extra" onClick={p.scan} disabled={!mayPhoto}><Icon name="pass" size={22} />{say('pass')}</button>
      <button type="button" class="extra" aria-pressed={p.person !== null} onClick={() => p.group(p.person === null)}><Icon name="group" size={22} />{say(p.person === null ? 'group' : 'group_end')}</button>
      <button type="button" class="extra" aria-pressed={p.low} onClick={() => p.lower(!p.low)}><Icon name="lower" size={22} />{say('low')}</button>
    </div>
  </Main>;
}

/** The mirror: video, oval, and beside it what to do now. */
export function Stand({ say, children, good, low, name, video }: { say: GateSay; children: ComponentChildren; good: boolean; low: boolean; name: 'starting' | 'looking' | 'scanning';
  video: (v: HTMLVideoElement | null) => void }) {
  const y = low ? 42 : 36, pass = name === 'scanning';
  return <Main name={name}>
    <h1 class="only-heard">{say('title')}</h1>
    <div class="stand">
      <div class={`mirror${pass ? ' pass' : ''}`}>
        <video ref={video} muted playsInline aria-hidden="true" />
        <svg viewBox="0 0 100 75" aria-hidden="true">
          {pass ? <rect class="oval" x="12" y="20" width="76" height="35" rx="3" />
            : <><path class="veil" fill-rule="evenodd" d={`M0 0h100v75H0zM50 ${y - 30}a24 30 0 1 0 .01 0z`} /><ellipse class={`oval${good ? ' good' : ''}`} cx="50" cy={y} rx="24" ry="30" /></>}
        </svg>
      </div>
      <div class="words">
        {children}
        <span class="state"><Icon name="camera" size={20} />{say('camera_is_on')}</span>
      </div>
    </div>
  </Main>;
}

export function Busy({ text, more, name }: { text: string; more?: string; name: string }) {
  return <Main name={name}><div class="words" role="status"><div class="busy" aria-hidden="true" /><h1>{text}</h1>{more && <p class="lead">{more}</p>}</div></Main>;
}

/** Closes by itself after `seconds`; "more time" adds, any number of times (WCAG 2.2.1). */
export function Result({ kind, say, title, lead, seat, seconds, close, children }: { kind: 'clear' | 'officer'; say: GateSay; title: string; lead: string;
  seat?: string | null; seconds: number; close: () => void; children?: ComponentChildren }) {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = window.setInterval(() => setLeft((n) => n - 1), 1000);
    return () => window.clearInterval(timer);
  }, []);
  useEffect(() => { if (left <= 0) close(); }, [left]);
  return <Main name={kind} look={`result ${kind}`}>
      <div class="mark"><Icon name={kind === 'clear' ? 'check' : 'officer'} size={68} /></div>
      <div role="alert"><h1>{title}</h1><p class="lead">{lead}</p></div>
      {seat && <p class="seat"><span>{say('seat')}</span><b class="code"><bdi>{seat}</bdi></b></p>}
      <div class="row">
        {children}
        <button type="button" class="plain" onClick={close}>{say('done')}</button>
        <button type="button" class="plain" onClick={() => setLeft((n) => n + 20)}>{say('more_time')}</button>
      </div>
      <p class="count" aria-hidden="true">{say('seconds', { n: Math.max(0, left) })}</p>
  </Main>;
}
