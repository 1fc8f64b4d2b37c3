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
  /** does this service have the path, for this role? as in /openapi.json: "/v1/alerts"; method: get, if left out */
  has: (path: string, method?: 'get' | 'post') => boolean;
  /** is told what happens; returns how to stop */
  hear: (listener: (h: Happening) => void) => () => void;
  version: string;
}

export const DeskContext = createContext<Desk | null>(null);
export const useDesk = (): Desk => useContext(DeskContext)!;

/** fault: the value was there, and asking anew failed so. */
export type Asked<T> = { state: 'loading' } | { state: 'good'; value: T; fault: Problem | 'silence' | null } | { state: 'problem'; problem: Problem } | { state: 'silence' } | { state: 'unavailable' };

/** Ends by itself: nothing is said about what was asked for. What is gone or forbidden is not of this kind. */
export const passing = (p: Problem): boolean => p.status >= 500 || p.status === 429 || p.status === 408;

export function settle<T>(before: Asked<T>, a: Answer<T>): Asked<T> {
  if (a.kind === 'good') return { state: 'good', value: a.value, fault: null };
  if (before.state === 'good' && (a.kind === 'silence' || passing(a.problem))) return { ...before, fault: a.kind === 'silence' ? 'silence' : a.problem };
  return a.kind === 'silence' ? { state: 'silence' } : { state: 'problem', problem: a.problem };
}

/** Fetches for a key, again when `again` is called; a value that was there stays visible meanwhile, and when that fails. null: not now.
 *  template: the path as /openapi.json writes it; where the service has none, it is said so and not asked. */
export function useFetched<T>(key: string | null, template: string, fetch: (signal: AbortSignal) => Promise<Answer<T>>): { asked: Asked<T>; again: () => void; put: (value: T) => void } {
  const { service, has } = useDesk();
  const there = has(template);
  const [asked, setAsked] = useState<Asked<T>>(there ? { state: 'loading' } : { state: 'unavailable' });
  const now = useRef(fetch);
  now.current = fetch;
  const start = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (!there || key === null) return undefined;
    const stop = new AbortController();
    let busy = false, wanted = false, timer = 0;
    setAsked({ state: 'loading' });
    // One at a time: what is asked for meanwhile comes after it. Were it stopped each time instead, a long list would never come while much happens.
    const go = async () => {
      if (busy) { wanted = true; return; }
      window.clearTimeout(timer);
      busy = true;
      do {
        wanted = false;
        const a = await now.current(stop.signal);
        if (stop.signal.aborted) return;
        setAsked((before) => settle(before, a));
        if (a.kind === 'silence' || a.kind === 'problem' && passing(a.problem)) timer = window.setTimeout(go, Math.max(5, a.kind === 'problem' ? a.problem.retry_after ?? 0 : 0) * 1000);
      } while (wanted);
      busy = false;
    };
    start.current = () => void go();
    void go();
    return () => { stop.abort(); window.clearTimeout(timer); start.current = () => undefined; };
  }, [service, key, there]);
  return { asked, again: useCallback(() => start.current(), []), put: useCallback((value: T) => setAsked({ state: 'good', value, fault: null }), []) };
}

/** One answer of a path. */
export function useAsk<T>(path: string | null, template: string) {
  const { service } = useDesk();
  return useFetched<T>(path, template, (signal) => service.get<T>(path!, { signal }));
}

/** Everything of a list: its pages, one after the other; until `enough`. */
export async function pages<P extends { cursor: string | null }, T>(service: Service, path: string, of: (page: P) => T[], signal: AbortSignal, enough: (all: T[]) => boolean = () => false): Promise<Answer<{ all: T[]; more: boolean }>> {
  const all: T[] = [];
  for (let cursor = ''; ;) {
    const a: Answer<P> = await service.get<P>(`${path}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { signal });
    if (a.kind !== 'good') return a;
    all.push(...of(a.value));
    if (a.value.cursor === null || enough(all)) return { ...a, value: { all, more: a.value.cursor !== null } };
    cursor = a.value.cursor;
  }
}

/** Calls when one of these events comes, at most every `pause` ms. mine: only when one of those is (of several in a pause only the last is handed on). */
export function useHappening(kinds: string[], act: (h: Happening) => void, pause = 400, mine: (h: Happening) => boolean = () => true): void {
  const { hear } = useDesk();
  const now = useRef(act), which = useRef(mine);
  now.current = act;
  which.current = mine;
  useEffect(() => {
    let timer = 0;
    let latest: Happening | null = null;
    const stop = hear((h) => {
      if (h.event !== 'gap' && !(kinds.includes(h.event) && which.current(h))) return;
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
      return <>{asked.fault && <p class="band old" role="status"><Icon name="offline" size={20} /><span>{asked.fault === 'silence' ? say('old') : <>{say('old_problem')} {sayProblem(say, asked.fault)}</>}</span><button type="button" class="button" onClick={again}>{say('again')}</button></p>}{children(asked.value)}</>;
  }
}

/** Tabs, windows and histories are told apart by it. */
export function useTitle(say: ConsoleSay, title: string): void {
  const whole = `${title} · Gangway · ${say('title')}`;
  useEffect(() => { document.title = whole; }, [whole]);
}

export function Head({ title, lead, children }: { title: string; lead?: ComponentChildren; children?: ComponentChildren }) {
  useTitle(useDesk().say, title);
  return <div class="head"><div><h1 tabIndex={-1}>{title}</h1>{lead && <p class="soft">{lead}</p>}</div>{children && <div class="tools">{children}</div>}</div>;
}

export function Chip({ kind, children }: { kind: 'clear' | 'officer' | 'warn' | 'alarm' | 'plain'; children: ComponentChildren }) {
  return <span class={`chip ${kind}`}>{children}</span>;
}
