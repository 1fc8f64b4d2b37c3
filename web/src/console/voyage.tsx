// voyage.tsx - one voyage: boarding as it happens, the manifest, who lacks a portrait,
// and the end of it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../shared/api';
import { Icon } from '../shared/icons';
import type { CloseReceipt, Decision, Traveler, TravelerPage, TravelerStatus, VerificationPage, VerificationRecord, Voyage as VoyageShape } from '../shared/shapes';
import { clock, dayAndClock } from '../shared/times';
import { Chip, Empty, Head, Loaded, pages, settle, useAsk, useDesk, useFetched, useHappening, type Asked } from './ask';
import { Progress, useReadiness } from './board';
import { sayProblem, Told } from './told';

export const kindOf = (d: Decision): 'clear' | 'officer' | 'plain' => d === 'clear' ? 'clear' : d === 'inspect' ? 'officer' : 'plain';
const kindOfStatus: Record<TravelerStatus, 'clear' | 'officer' | 'warn' | 'alarm' | 'plain'> = { expected: 'plain', declined: 'officer', cleared: 'clear', inspected: 'clear', boarded: 'clear', denied: 'alarm', not_boarded: 'warn' };

function Feed({ id }: { id: string }) {
  const { say } = useDesk();
  // The last ones: the list is oldest first, so it is walked to its end once, then only its tail is asked for.
  const { service, has } = useDesk();
  const [list, setList] = useState<Asked<VerificationRecord[]>>(has('/v1/voyages/{voyage}/verifications') ? { state: 'loading' } : { state: 'unavailable' });
  const place = useRef<{ cursor: string | null; seen: VerificationRecord[] }>({ cursor: null, seen: [] });
  const busy = useRef(false);
  const walk = async () => {
    if (busy.current || !has('/v1/voyages/{voyage}/verifications')) return;
    busy.current = true;
    for (;;) {
      const { cursor, seen } = place.current;
      const a: Answer<VerificationPage> = await service.get(`/v1/voyages/${id}/verifications?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      if (a.kind !== 'good') {
        setList((before) => settle<VerificationRecord[]>(before, a));
        break;
      }
      const all = [...seen.filter((v) => !a.value.verifications.some((n) => n.verification === v.verification)), ...a.value.verifications].slice(-400);
      place.current = { cursor: a.value.cursor ?? cursor, seen: all };
      setList({ state: 'good', value: all, fault: null });
      if (a.value.cursor === null) break;
    }
    busy.current = false;
  };
  useEffect(() => { place.current = { cursor: null, seen: [] }; void walk(); }, [id]);
  useHappening(['decision'], () => void walk(), 250, (h) => h.data.voyage === id);
  return <section class="sheet" aria-labelledby="feed">
    <h2 id="feed">{say('feed')}</h2>
    <Loaded asked={list} again={walk}>{(all) => all.length === 0 ? <Empty icon="camera" title={say('feed_empty')} />
      : <ol class="feed" aria-live="polite" tabIndex={0}>{[...all].reverse().slice(0, 60).map((v) => <li key={v.verification}>
        <span class="code soft">{clock(v.at)}</span><Chip kind={kindOf(v.decision)}>{say(`decision_${v.decision}`)}</Chip>
        <span>{v.traveler?.seat && <b class="code">{v.traveler.seat} </b>}<Told kind="reason" code={v.reason} text={v.text} />{v.score !== undefined && v.threshold !== undefined && <span class="soft code" dir="ltr"> {v.score.toFixed(3)} / {v.threshold.toFixed(3)}</span>}</span>
        <span class="soft code">{v.elapsed_ms.toFixed(0)} ms</span></li>)}</ol>}</Loaded>
  </section>;
}

export const nameOf = (t: { surname?: string | null; given_names?: string | null }): string => [t.surname, t.given_names].filter(Boolean).join(', ');

function Manifest({ id }: { id: string }) {
  const { say, service } = useDesk();
  const { asked, again } = useFetched<{ all: Traveler[] }>(id, '/v1/voyages/{voyage}/travelers', (signal) => pages<TravelerPage, Traveler>(service, `/v1/voyages/${id}/travelers?limit=500`, (p) => p.travelers, signal));
  const [status, setStatus] = useState('');
  const [text, setText] = useState('');
  useHappening(['decision', 'decline', 'traveler', 'inspection', 'voyage', 'boarding_status'], again, 1200, (h) => h.data.voyage === id);
  return <section class="sheet wide" aria-labelledby="manifest">
    <div class="bar"><h2 id="manifest">{say('manifest')}</h2>
      <div class="tools"><label>{say('state')}<select value={status} onChange={(e) => setStatus(e.currentTarget.value)}><option value="">{say('all')}</option>
        {Object.keys(kindOfStatus).map((s) => <option key={s} value={s}>{say(`status_${s as TravelerStatus}`)}</option>)}</select></label>
        <label>{say('find')}<input type="search" value={text} onInput={(e) => setText(e.currentTarget.value)} autocomplete="off" /></label></div></div>
    <Loaded asked={asked} again={again}>{({ all }) => {
      const wish = text.trim().toUpperCase();
      const list = all.filter((t) => (!status || t.status === status) && (!wish || [t.seat, t.reference, nameOf(t)].some((s) => s?.toUpperCase().includes(wish))));
      if (list.length === 0) return <Empty icon="group" title={say(all.length === 0 ? 'manifest_empty' : 'none_found')} />;
      return <div class="scroll tall" tabIndex={0} role="group" aria-label={say('manifest')}><table>
        <thead><tr><th>{say('seat')}</th><th>{say('name')}</th><th>{say('reference')}</th><th>{say('state')}</th><th>{say('portraits')}</th><th>{say('cleared_at')}</th></tr></thead>
        <tbody>{list.slice(0, 1000).map((t) => <tr key={t.traveler}>
          <td class="code"><strong>{t.seat ?? '–'}</strong></td><td><bdi>{nameOf(t) || <span class="soft">{say('name_withheld')}</span>}</bdi>{t.kind === 'crew' && <Chip kind="plain">{say('crew')}</Chip>}</td>
          <td class="code">{t.reference ?? '–'}</td>
          <td><span class="chips"><Chip kind={kindOfStatus[t.status]}>{say(`status_${t.status}`)}</Chip>{t.boarding_status && t.boarding_status !== 'cleared' && <Chip kind="alarm">{say(`boarding_${t.boarding_status}`)}</Chip>}</span></td>
          <td>{t.portraits === 0 ? <Chip kind="warn">{say('no_portrait')}</Chip> : t.portraits}</td>
          <td class="code">{t.cleared_at ? clock(t.cleared_at) : '–'}</td></tr>)}</tbody></table>
        <p class="soft small pad">{say('shown_of', { n: Math.min(list.length, 1000), all: all.length })}</p></div>;
    }}</Loaded>
  </section>;
}

function Missing({ id }: { id: string }) {
  const { say } = useDesk();
  const { asked, again } = useReadiness(id);
  useHappening(['readiness', 'voyage'], again, 400, (h) => h.data.voyage === id);
  return <section class="sheet" aria-labelledby="missing">
    <h2 id="missing">{say('no_photo_list')}</h2>
    <Loaded asked={asked} again={again}>{(r) => <>
      <dl class="facts">
        <div><dt>{say('with_portrait')}</dt><dd>{r.portraits.covered} / {r.portraits.expected}</dd></div>
        <div><dt>{say('with_several')}</dt><dd>{r.portraits.covered_by_several}</dd></div>
        {r.portraits.not_photographed !== undefined && r.portraits.not_photographed > 0 && <div><dt>{say('not_photographed')}</dt><dd>{r.portraits.not_photographed}</dd></div>}
        <div><dt>{say('gallery')}</dt><dd>{say(`gallery_${r.gallery.state}`)} · {r.gallery.persons}</dd></div>
        <div><dt>{say('manifest_at')}</dt><dd>{dayAndClock(r.last_manifest_at)}{r.late && <Chip kind="warn">{say('late')}</Chip>}</dd></div>
      </dl>
      {r.lists && r.lists.length > 0 && <div class="scroll" tabIndex={0} role="group" aria-label={say('lists')}><table><thead><tr><th>{say('lists')}</th><th>{say('due_at')}</th><th>{say('received_at')}</th><th>{say('state')}</th></tr></thead>
        <tbody>{r.lists.map((l) => <tr key={l.list}><td>{say(`list_${l.list}`)}</td><td class="code">{dayAndClock(l.due_at)}</td><td class="code">{dayAndClock(l.received_at)}</td>
          <td><Chip kind={({ in_time: 'clear', late: 'warn', missing: 'alarm', pending: 'plain' } as const)[l.state]}>{say(`due_${l.state}`)}</Chip></td></tr>)}</tbody></table></div>}
      {r.portraits.uncovered.length === 0 ? <Empty icon="check" title={say('no_photo_none')} />
        : <ul class="lines" tabIndex={0}>{r.portraits.uncovered.map((t) => <li key={t.traveler}><b class="code">{t.seat ?? '–'}</b><bdi>{nameOf(t) || t.reference}</bdi></li>)}</ul>}
    </>}</Loaded>
  </section>;
}

/** Who is on board and was never announced: a close-out may name them without a reference. */
function Strangers({ all }: { all: CloseReceipt['unexpected_travelers'] }) {
  const { say } = useDesk();
  if (all.length === 0) return null;
  return <><h3>{say('unexpected')}</h3><ul class="lines">{all.map((t, i) => <li key={i}><b class="code" dir="ltr">{t.seat ?? t.reference ?? '–'}</b>
    <span><bdi>{nameOf(t) || t.reference}</bdi> <span class="code" dir="ltr">{t.documents.map((d) => d.number).filter(Boolean).join(', ')}</span></span></li>)}</ul></>;
}

/** How a closed voyage ended, and where the gate and the carrier's close-out differ. */
function Ended({ id }: { id: string }) {
  const { say } = useDesk();
  const { asked, again } = useAsk<CloseReceipt>(`/v1/voyages/${id}/close`, '/v1/voyages/{voyage}/close');
  useHappening(['voyage'], again, 400, (h) => h.data.voyage === id);
  return <section class="sheet wide" aria-labelledby="ended"><h2 id="ended">{say('differences')}</h2><Loaded asked={asked} again={again}>{(r) => <>
    <p>{say(r.cancelled ? 'ended_cancelled' : r.by_carrier ? 'ended_by_carrier' : 'ended_by_gate')}</p>
    <dl class="facts"><div><dt>{say('status_boarded')}</dt><dd>{r.boarded}</dd></div><div><dt>{say('status_not_boarded')}</dt><dd>{r.not_boarded}</dd></div>
      <div><dt>{say('unexpected')}</dt><dd>{r.unexpected_travelers.length}</dd></div><div><dt>{say('cleared_not_boarded')}</dt><dd>{r.cleared_not_boarded}</dd></div></dl>
    <Strangers all={r.unexpected_travelers} />
    {(r.by_carrier || r.differences.length > 0) && (r.differences.length === 0 ? <Empty icon="check" title={say('differences_none')} />
      : <div class="scroll tall" tabIndex={0} role="group" aria-label={say('differences_title')}><table><caption>{say('differences_title')}</caption><thead><tr><th>{say('seat')}</th><th>{say('reference')}</th><th>{say('difference')}</th></tr></thead>
          <tbody>{r.differences.map((d, i) => <tr key={i}><td class="code" dir="ltr">{d.seat ?? '–'}</td><td class="code" dir="ltr">{d.reference ?? '–'}</td><td><Chip kind={d.difference === 'denied_on_board' || d.difference === 'unexpected' || d.difference === 'removed_after_clear' ? 'alarm' : 'warn'}>{say(`diff_${d.difference}`)}</Chip></td></tr>)}</tbody></table></div>)}
  </>}</Loaded></section>;
}

function Close({ v, again }: { v: VoyageShape; again: () => void }) {
  const { say, service, has } = useDesk();
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [receipt, setReceipt] = useState<CloseReceipt | null>(null);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => { if (receipt !== null) title.current?.focus(); }, [receipt]);
  if (!has('/v1/voyages/{voyage}/close', 'post')) return null;
  const close = async () => {
    setBusy(true);
    const a = await service.post<CloseReceipt>(`/v1/voyages/${v.voyage}/close`, {});
    setBusy(false);
    if (a.kind === 'good') { setReceipt(a.value); again(); } else setWrong(a.kind === 'problem' ? sayProblem(say, a.problem) : say('silence'));
  };
  const waiting = v.travelers - (v.by_status.cleared ?? 0) - (v.by_status.inspected ?? 0) - (v.by_status.boarded ?? 0);
  return <>
    {v.state === 'open' && receipt === null && <button type="button" class="button" onClick={() => dialog.current?.showModal()}>{say('close_voyage')}</button>}
    <dialog ref={dialog} aria-labelledby="close-title" onClose={() => { if (receipt !== null) document.querySelector<HTMLElement>('main h1')?.focus(); }}>
      {receipt === null ? <>
        <h2 id="close-title">{say('close_voyage')}</h2>
        <p>{say('close_lead')}</p>
        <p><strong>{say('close_waiting', { n: waiting })}</strong></p>
        {wrong && <p class="wrong" role="alert">{wrong}</p>}
        <div class="row"><button type="button" class="button filled" disabled={busy} onClick={close}>{say(busy ? 'loading' : 'close_now')}</button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>{say('cancel')}</button></div>
      </> : <>
        <h2 id="close-title" ref={title} tabIndex={-1}>{say('differences')}</h2>
        <dl class="facts"><div><dt>{say('status_boarded')}</dt><dd>{receipt.boarded}</dd></div><div><dt>{say('status_not_boarded')}</dt><dd>{receipt.not_boarded}</dd></div>
          <div><dt>{say('unexpected')}</dt><dd>{receipt.unexpected_travelers.length}</dd></div><div><dt>{say('cleared_not_boarded')}</dt><dd>{receipt.cleared_not_boarded}</dd></div>
          <div><dt>{say('purge_at')}</dt><dd>{dayAndClock(receipt.purge_at)}</dd></div></dl>
        <Strangers all={receipt.unexpected_travelers} />
        {receipt.not_boarded_references.length > 0 && <p>{say('status_not_boarded')}: <span class="code">{receipt.not_boarded_references.join(', ')}</span></p>}
        <div class="row"><button type="button" class="button filled" onClick={() => dialog.current?.close()}>{say('done')}</button></div>
      </>}
    </dialog>
  </>;
}

export function Voyage({ id }: { id: string }) {
  const { say, me } = useDesk();
  const { asked, again } = useAsk<VoyageShape>(`/v1/voyages/${id}`, '/v1/voyages/{voyage}');
  useHappening(['decision', 'decline', 'traveler', 'inspection', 'voyage', 'boarding_status'], again, 600, (h) => h.data.voyage === id);
  const v = asked.state === 'good' ? asked.value : null;
  return <>
    <p><a href="#/board">{say('view_board')}</a></p>
    {/* one head from the beginning: it has the focus while the voyage comes */}
    <Head title={v ? `${v.carrier} ${v.number}` : say('voyage')} lead={v && <><bdi dir="ltr">{v.from} – {v.to}</bdi> · {dayAndClock(v.departure)} · {say(`mode_${v.mode}`)}</>}>
      {v && <><Chip kind={v.state === 'open' ? 'officer' : 'plain'}>{say(`state_${v.state}`)}</Chip><Close v={v} again={again} /></>}
    </Head>
    <Loaded asked={asked} again={again}>{(v) => <>
      <div class="counts">
        <div class="sheet big"><Progress v={v} /></div>
        {(Object.entries(kindOfStatus) as [TravelerStatus, string][]).filter(([s]) => v.state === 'closed' || s !== 'not_boarded').map(([s, kind]) =>
          <div key={s} class={`sheet count ${kind}`}><b class="code">{v.by_status[s] ?? 0}</b><span>{say(`status_${s}`)}</span></div>)}
      </div>
      {v.state === 'closed' && <p class="band"><Icon name="clock" size={20} />{say('closed_at', { at: dayAndClock(v.closed_at), purge: dayAndClock(v.purge_at) })}</p>}
      <div class="columns">
        {(me.role === 'officer' || me.role === 'supervisor') && <Feed id={id} />}
        {me.role !== 'admin' && v.state === 'open' && <Missing id={id} />}
        {v.state === 'closed' && <Ended id={id} />}
        {me.role !== 'admin' && <Manifest id={id} />}
      </div>
    </>}</Loaded>
  </>;
}
