// ask.tsx - what every view of the console stands on: who is signed in, what the service
// offers, what happens as it happens, and one way to show loading, failed and empty.
import { createContext, type ComponentChildren } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import type words from '../../languages/console/en.json';
import type { Answer, Problem, Service } from '../shared/api';
import { Icon } from '../shared/icons';
import type { Say } from '../shared/words';
import { sayProblem } from './told';

export type Word = keyof typeof words;
export type ConsoleSay = Say<Word>;
export type Role = 'carrier' | 'officer' | 'supervisor' | 'auditor' | 'admin';
export interface Me { token: string; role: Role; site: string | null; carrier: string | null }
export interface Happening { event: string; data: Record<string, unknown> }

export interface Desk {
  service: Service;
  me: Me;
  say: ConsoleSay;
  /** does this service have the path, for this role? as in /openapi.json: "/v1/alerts" */
  has: (path: string) => boolean;
  /** is told what happens; returns how to stop */
  hear: (listener: (h: Happening) => void) => () => void;
  version: string;
}

export const DeskContext = createContext<Desk | null>(null);
export const useDesk = (): Desk => useContext(DeskContext)!;

export type Asked<T> = { state: 'loading' } | { state: 'good'; value: T; old: boolean } | { state: 'problem'; problem: Problem } | { state: 'silence' } | { state: 'unavailable' };

/** Asks for a path, again when `again` is called; a value that was there stays visible meanwhile. null: not now.
 *  template: the path as /openapi.json writes it; where the service has none, it is said so and not asked. */
export function useAsk<T>(path: string | null, template: string): { asked: Asked<T>; again: () => void } {
  const { service, has } = useDesk();
  const there = has(template);
  const [asked, setAsked] = useState<Asked<T>>(there ? { state: 'loading' } : { state: 'unavailable' });
  const [round, setRound] = useState(0);
  const last = useRef<string | null>(null);
  useEffect(() => {
    if (!there || path === null) return undefined;
    const stop = new AbortController();
    if (last.current !== path) setAsked({ state: 'loading' });
    last.current = path;
    void service.get<T>(path, { signal: stop.signal }).then((a: Answer<T>) => {
      if (stop.signal.aborted) return;
      if (a.kind === 'good') setAsked({ state: 'good', value: a.value, old: false });
      else setAsked((before) => before.state === 'good' && a.kind === 'silence' ? { ...before, old: true }
        : a.kind === 'silence' ? { state: 'silence' } : { state: 'problem', problem: a.problem });
    });
    return () => stop.abort();
  }, [service, path, round, there]);
  return { asked, again: useCallback(() => setRound((n) => n + 1), []) };
}

/** Calls when one of these events comes, at most every `pause` ms. */
export function useHappening(kinds: string[], act: (h: Happening) => void, pause = 400): void {
  const { hear } = useDesk();
  const now = useRef(act);
  now.current = act;
  useEffect(() => {
    let timer = 0;
    let latest: Happening | null = null;
    const stop = hear((h) => {
      if (!kinds.includes(h.event) && h.event !== 'gap') return;
      if (pause === 0) { now.current(h); return; }
      latest = h;
      timer ||= window.setTimeout(() => { timer = 0; if (latest) now.current(latest); }, pause);
    });
    return () => { stop(); window.clearTimeout(timer); };
  }, [hear, kinds.join()]);
}

export function Empty({ icon = 'board', title, children }: { icon?: Parameters<typeof Icon>[0]['name']; title: string; children?: ComponentChildren }) {
  return <div class="empty" role="status"><Icon name={icon} size={34} /><p><strong>{title}</strong></p>{children}</div>;
}

/** The four ways a thing may be: coming, not to be had, wrong, here. */
export function Loaded<T>({ asked, again, children }: { asked: Asked<T>; again: () => void; children: (value: T) => ComponentChildren }) {
  const { say } = useDesk();
  switch (asked.state) {
    case 'loading':
      return <div class="skeleton" role="status"><span class="only-heard">{say('loading')}</span><i /><i /><i /></div>;
    case 'unavailable':
      return <Empty icon="sliders" title={say('unavailable')}><p>{say('unavailable_lead')}</p></Empty>;
    case 'silence':
      return <Empty icon="offline" title={say('silence')}><p>{say('silence_lead')}</p><button type="button" class="button" onClick={again}>{say('again')}</button></Empty>;
    case 'problem': {
      const { problem } = asked;
      return <Empty icon="alert" title={problem.status === 403 ? say('forbidden') : problem.status === 410 ? say('gone') : say('failed')}>
        <p>{problem.status === 410 ? say('gone_lead') : sayProblem(say, problem)}</p>
        {problem.request_id && <p class="small code">{say('request')} <bdi dir="ltr">{problem.request_id}</bdi></p>}
        {problem.status !== 410 && <button type="button" class="button" onClick={again}>{say('again')}</button>}
      </Empty>;
    }
    case 'good':
      return <>{asked.old && <p class="band" role="status"><Icon name="offline" size={20} />{say('old')}</p>}{children(asked.value)}</>;
  }
}

export function Head({ title, lead, children }: { title: string; lead?: ComponentChildren; children?: ComponentChildren }) {
  return <div class="head"><div><h1 tabIndex={-1}>{title}</h1>{lead && <p class="soft">{lead}</p>}</div>{children && <div class="tools">{children}</div>}</div>;
}

export function Chip({ kind, children }: { kind: 'clear' | 'officer' | 'warn' | 'alarm' | 'plain'; children: ComponentChildren }) {
  return <span class={`chip ${kind}`}>{children}</span>;
}
