// board.tsx - departures: how far boarding is, who lacks a portrait, what is late.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../shared/icons';
import type { AlertPage, Readiness, Voyage, VoyagePage } from '../shared/shapes';
import { dayAndClock, portTime } from '../shared/times';
import { Chip, Empty, Head, Loaded, pages, useAsk, useDesk, useFetched, useHappening } from './ask';

export const done = (v: Voyage): number => (v.by_status.cleared ?? 0) + (v.by_status.inspected ?? 0) + (v.by_status.boarded ?? 0);

/** A bar with its numbers beside it; its parts are told apart by place and words, too. */
export function Progress({ v }: { v: Voyage }) {
  const { say } = useDesk();
  const total = Math.max(1, v.travelers);
  const parts: ['clear' | 'officer' | 'alarm', number][] = [['clear', (v.by_status.cleared ?? 0) + (v.by_status.boarded ?? 0)], ['officer', (v.by_status.inspected ?? 0) + (v.by_status.declined ?? 0)], ['alarm', v.by_status.denied ?? 0]];
  let x = 0;
  return <div class="progress" title={say('progress', { done: done(v), all: v.travelers })}>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8" />
      {parts.map(([kind, n]) => { const w = n / total * 100; const r = <rect key={kind} class={kind} x={x} width={w} height="8" />; x += w; return r; })}</svg>
    <span class="code" dir="ltr">{done(v)}<span class="soft"> / {v.travelers}</span></span>
  </div>;
}

export function useReadiness(id: string | null) {
  return useAsk<Readiness>(id === null ? null : `/v1/voyages/${id}/readiness`, '/v1/voyages/{voyage}/readiness');
}

function Ready({ v }: { v: Voyage }) {
  const { say, has } = useDesk();
  const { asked, again } = useReadiness(v.state === 'open' && has('/v1/voyages/{voyage}/readiness') ? v.voyage : null);
  useHappening(['readiness'], again, 400, (h) => h.data.voyage === v.voyage);
  if (asked.state !== 'good') return <span class="soft">–</span>;
  const { portraits, gallery, late } = asked.value;
  const missing = portraits.expected - portraits.covered;
  return <span class="chips">
    {missing === 0 ? <Chip kind="clear">{say('ready_all')}</Chip> : <Chip kind="warn">{say('ready_missing', { n: missing })}</Chip>}
    {gallery.state === 'building' && <Chip kind="plain">{say('gallery_building')}</Chip>}
    {late && <Chip kind="warn">{say('late')}</Chip>}
  </span>;
}

const rows = 100;

export function Board() {
  const { say, me, service } = useDesk();
  const [mode, setMode] = useState('');
  const [port, setPort] = useState('');
  const [open, setOpen] = useState(true);
  const [days, setDays] = useState(4);
  const [most, setMost] = useState(rows);
  const path = useMemo(() => {
    const q = new URLSearchParams({ limit: '500' });
    if (mode) q.set('mode', mode);
    if (/^[A-Z]{3,5}$/.test(port)) q.set('port', port);
    return `/v1/voyages?${q}`;
  }, [mode, port]);
  // Oldest departure first: what is long over is not asked for, and the rest is walked until the screen is full. Once that was done, the
  // closed ones before the first that is shown are walked over every minute only, not with everything that happens.
  const first = useRef<{ key: string; departure: string | null; at: number }>({ key: '', departure: null, at: 0 });
  const key = `${path} ${days} ${open} ${most}`;
  const { asked, again } = useFetched<{ list: Voyage[]; more: boolean }>(key, '/v1/voyages', async (signal) => {
    const whole = first.current.key !== key || first.current.departure === null || Date.now() - first.current.at > 50_000;
    const since = days === 0 ? null : new Date(Math.floor(Date.now() / 60_000 - days * 1440) * 60_000).toISOString();
    const from = whole ? since : first.current.departure;
    const shown = (all: Voyage[]) => all.filter((v) => !open || v.state === 'open');
    const a = await pages<VoyagePage, Voyage>(service, `${path}${from ? `&from=${from}` : ''}`, (p) => p.voyages, signal, (all) => shown(all).length > most);
    if (a.kind !== 'good') return a;
    const list = shown(a.value.all);
    const departure = list[0]?.departure ?? null;
    if (whole) first.current = { key, departure: departure?.endsWith('Z') ? departure : null, at: Date.now() };
    return { ...a, value: { list: list.slice(0, most), more: a.value.more || list.length > most } };
  });
  const alerts = useAsk<AlertPage>('/v1/alerts?state=open&limit=500', '/v1/alerts');
  useHappening(['voyage', 'decision', 'decline', 'traveler', 'inspection', 'boarding_status'], again, 1500);
  useHappening(['alert'], alerts.again, 800);
  useEffect(() => { const timer = window.setInterval(again, 60_000); return () => window.clearInterval(timer); }, []);
  const alarms = (id: string) => alerts.asked.state === 'good' ? alerts.asked.value.alerts.filter((a) => a.voyage === id).length : 0;
  return <>
    <Head title={say('view_board')} lead={me.carrier ? say('board_of_carrier', { carrier: me.carrier }) : me.site ? say('board_of_site', { site: me.site }) : say('board_lead')}>
      <label>{say('mode')}<select value={mode} onChange={(e) => setMode(e.currentTarget.value)}><option value="">{say('all')}</option>
        {(['air', 'sea', 'land'] as const).map((m) => <option key={m} value={m}>{say(`mode_${m}`)}</option>)}</select></label>
      <label>{say('port')}<input class="short" value={port} maxLength={5} dir="ltr" onInput={(e) => setPort(e.currentTarget.value.toUpperCase())} /></label>
      <label>{say('departing')}<select value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>
        {[4, 40].map((n) => <option key={n} value={n}>{say('departing_days', { n })}</option>)}<option value="0">{say('departing_any')}</option></select></label>
      <label class="check"><input type="checkbox" checked={open} onChange={(e) => setOpen(e.currentTarget.checked)} />{say('only_open')}</label>
    </Head>
    <Loaded asked={asked} again={again}>{({ list, more }) => {
      if (list.length === 0) return <Empty title={say('board_empty')}><p>{say('board_empty_lead')}</p></Empty>;
      return <div class="sheet scroll" tabIndex={0} role="group" aria-label={say('view_board')}><table>
        <thead><tr><th>{say('departure')}</th><th>{say('voyage')}</th><th>{say('route')}</th><th>{say('state')}</th><th>{say('boarding')}</th><th>{say('readiness')}</th><th>{say('alarms')}</th></tr></thead>
        <tbody>{list.map((v) => {
          const n = alarms(v.voyage);
          return <tr key={v.voyage} class={v.state}>
            <td class="code"><strong>{portTime(v.departure)}</strong></td>
            <td><a class="code" dir="ltr" href={`#/voyage/${v.voyage}`}>{v.carrier} {v.number}</a></td>
            <td><bdi>{v.from}</bdi> <Icon name="arrow" size={15} /> <bdi>{v.to}</bdi></td>
            <td><Chip kind={v.state === 'open' ? 'officer' : 'plain'}>{say(`state_${v.state}`)}</Chip></td>
            <td><Progress v={v} /></td>
            <td><Ready v={v} /></td>
            <td>{n > 0 ? <Chip kind="alarm">{n}</Chip> : <span class="soft">0</span>}</td>
          </tr>;
        })}</tbody></table>
        {more && <p class="soft small pad">{say('more_voyages')} <button type="button" class="button" onClick={() => setMost(most + rows)}>{say('show_more')}</button></p>}
      </div>;
    }}</Loaded>
    <p class="soft small">{say('board_times', { time: dayAndClock(new Date().toISOString()) })}</p>
  </>;
}
