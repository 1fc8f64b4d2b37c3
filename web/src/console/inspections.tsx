// inspections.tsx - the officers' desk: who waits, why, the photos side by side, what the
// document should say; an outcome is two key presses (what, then how).
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from '../shared/api';
import { Icon } from '../shared/icons';
import type { CasePerson, Inspection, InspectionPage, Method, Outcome } from '../shared/shapes';
import { clock } from '../shared/times';
import { Chip, Empty, Head, Loaded, pages, useDesk, useFetched, useHappening } from './ask';
import { sayProblem, Told } from './told';
import { nameOf } from './voyage';

const outcomes: [Outcome, string][] = [['cleared', 'c'], ['denied', 'd'], ['referred', 'r']];
const most = 500; // of those that ended
const methods: [Method, string][] = [['document', '1'], ['biographic', '2'], ['fingerprint', '3'], ['biometric_recheck', '4']];

function useSeconds(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => { const t = window.setInterval(() => setNow(Date.now()), 1000); return () => window.clearInterval(t); }, []);
  return now;
}

/** How long somebody waits by now. */
function Waiting({ since, until }: { since: string; until?: string | null }) {
  const now = useSeconds();
  const s = Math.max(0, Math.floor(((until ? Date.parse(until) : now) - Date.parse(since)) / 1000));
  return <time class={`code timer${s > 300 && !until ? ' long' : ''}`} dateTime={`PT${s}S`}>{Math.floor(s / 60)}:{String(s % 60).padStart(2, '0')}</time>;
}

/** A photo of the case. It is fetched with the token, shown, and let go when the case is left. */
function Photo({ id, purpose, inspection, label, zoom }: { id: string; purpose: string; inspection: string; label: string; zoom: number }) {
  const { service, say } = useDesk();
  const [state, setState] = useState<{ at: 'loading' } | { at: 'shown'; url: string } | { at: 'failed'; text: string }>({ at: 'loading' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let url = '';
    setState({ at: 'loading' });
    void service.photo(`/v1/photos/${id}?purpose=${purpose}&case=${inspection}`, stop.signal).then((a) => {
      if (stop.signal.aborted) return;
      if (a.kind === 'good') { url = URL.createObjectURL(a.value); setState({ at: 'shown', url }); }
      else setState({ at: 'failed', text: a.kind === 'problem' ? sayProblem(say, a.problem) : say('silence') });
    });
    return () => { stop.abort(); if (url) URL.revokeObjectURL(url); };
  }, [id, round]);
  return <figure class="photo">
    <div class="frame" tabIndex={0} role="group" aria-label={label}>
      {state.at === 'loading' && <div class="busy" role="status"><span class="only-heard">{say('loading')}</span></div>}
      {state.at === 'shown' && <img src={state.url} alt={label} draggable={false} style={{ width: `${zoom * 100}%` }} />}
      {state.at === 'failed' && <div class="nothing"><p>{state.text}</p><button type="button" class="button" onClick={() => setRound(round + 1)}>{say('again')}</button></div>}
    </div>
    <figcaption>{label}</figcaption>
  </figure>;
}

function NoPhoto({ label, text }: { label: string; text: string }) {
  return <figure class="photo"><div class="frame"><div class="nothing"><Icon name="camera_off" size={34} /><p>{text}</p></div></div><figcaption>{label}</figcaption></figure>;
}

function Person({ p, title }: { p: CasePerson; title: string }) {
  const { say } = useDesk();
  const rows: [string, string | null | undefined][] = [[say('name'), nameOf(p)], [say('birth_date'), p.birth_date], [say('nationality'), p.nationality], [say('sex'), p.sex], [say('seat'), p.seat], [say('reference'), p.reference],
    ...(p.documents ?? []).flatMap((d): [string, string | null | undefined][] => [[say('document_number'), [d.type, d.number].filter(Boolean).join(' ')], [say('issuing_state'), d.issuing_state], [say('expiry_date'), d.expiry_date]])];
  return <section class="person"><h3>{title}</h3><dl class="facts two">{rows.filter(([, v]) => v).map(([k, v], i) => <div key={i}><dt>{k}</dt><dd><bdi>{v}</bdi></dd></div>)}</dl>
    <p class="chips"><Chip kind="plain">{say(`status_${p.status}`)}</Chip>{p.boarding_status && <Chip kind={p.boarding_status === 'cleared' ? 'clear' : 'alarm'}>{say(`boarding_${p.boarding_status}`)}</Chip>}</p></section>;
}

function Case({ id, take, done }: { id: string; take: number; done: () => void }) {
  const { say, service, me } = useDesk();
  const { asked, again, put } = useFetched<Inspection>(id, '/v1/inspections/{inspection}', (signal) => service.get<Inspection>(`/v1/inspections/${id}`, { signal }));
  const [chosen, setChosen] = useState<Outcome | null>(null);
  const [reference, setReference] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const [zoom, setZoom] = useState(1);
  const box = useRef<HTMLElement>(null);
  // Every time a case is given, the log has an entry that somebody saw it: only for what happens to this one.
  useHappening(['inspection'], again, 500, (h) => !busy && h.data.inspection === id && h.data.state !== (asked.state === 'good' ? asked.value.state : null));
  const c = asked.state === 'good' ? asked.value : null;
  useEffect(() => {
    if (!c?.claimed_until || c.claimed_by === me.token) return undefined;
    const t = window.setTimeout(again, Math.max(1000, Date.parse(c.claimed_until) - Date.now() + 500)); // the end of a lease is no event
    return () => window.clearTimeout(t);
  }, [c?.claimed_until, c?.claimed_by]);
  const supervising = c?.state === 'referred';
  const mayDecide = c !== null && c.state !== 'closed' && (c.state !== 'referred' || me.role === 'supervisor') && (c.claimed_by === null || c.claimed_by === me.token);
  // Photos are for whoever has taken the case: looking is an act, and it is recorded.
  const mine = (i: Inspection) => i.claimed_by === me.token && i.state !== 'closed';
  const offered = outcomes.filter(([o]) => (o !== 'cleared' || c?.may_clear) && !(o === 'referred' && supervising));

  const refused = (a: Exclude<Answer<unknown>, { kind: 'good' }>) => {
    setWrong(a.kind === 'problem' ? sayProblem(say, a.problem) : say('silence'));
    if (a.kind === 'problem' && a.problem.status === 409) again(); // it is not any more what is shown
  };
  const claim = async () => {
    if (busy) return;
    hold();
    setBusy(true);
    const a = await service.post<Inspection>(`/v1/inspections/${id}/claim`, {});
    setBusy(false);
    if (a.kind === 'good') { setWrong(''); put(a.value); } else refused(a);
  };
  const decide = async (result: Outcome, method: Method) => {
    if (busy) return;
    hold();
    setBusy(true);
    const a = await service.post<Inspection>(`/v1/inspections/${id}/outcome`, { result, method, ...(reference.trim() ? { reference: reference.trim() } : {}) });
    setBusy(false);
    setChosen(null);
    if (a.kind === 'good') done();
    else refused(a);
  };
  // Letters alone act within the case only: elsewhere they are a slip, or what a speech recognizer heard (WCAG 2.1.4).
  const keys = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey || (e.target as HTMLElement).closest('input:not([type=range]), select, textarea') || !mayDecide) return;
    const key = e.key.toLowerCase();
    const what = offered.find(([, k]) => k === key);
    const how = methods.find(([, k]) => k === key);
    if (key === 'escape') setChosen(null);
    else if (key === 't' && c?.claimed_by === null) void claim();
    else if (what) setChosen(what[0]);
    else if (how && chosen) void decide(chosen, how[0]);
    else return;
    e.preventDefault();
  };
  useEffect(() => { if (take > 0) box.current?.focus(); }, [take]);
  // The button that was pressed goes away with what it does; the focus stays in the case.
  const hold = () => { if (box.current?.contains(document.activeElement)) box.current.focus({ preventScroll: true }); };

  return <section class="case sheet" aria-labelledby="case-title" data-case={id} ref={box} tabIndex={-1} onKeyDown={keys}>
    <Loaded asked={asked} again={again}>{(i) => {
      const who = i.traveler ?? null, like = i.candidate ?? null;
      const probe = i.verification?.photo, portraits = (who ?? like)?.portraits ?? [];
      const purpose = supervising ? 'referral' : 'inspection';
      return <>
        <div class="bar"><div><h2 id="case-title">{say(`cause_${i.cause}`)}</h2><p class="soft"><span class="code" dir="ltr">{i.carrier} {i.number}</span> · <span dir="ltr">{i.site ?? `${i.from} – ${i.to}`}</span></p></div>
          <div class="clockface"><Icon name="clock" size={18} /><Waiting since={i.opened_at} until={i.closed_at} /></div></div>
        <p class={`reason ${i.severity}`}><Icon name={i.severity === 'alert' ? 'alert' : 'officer'} size={22} /><span><strong><Told kind="reason" code={i.reason} text={i.text} /></strong>{i.mismatch && <> {say('mismatch')}</>}</span></p>
        {i.verification?.score !== undefined && i.verification.threshold !== undefined && <p class="soft small">{say('score_told', { score: i.verification.score.toFixed(3), threshold: i.verification.threshold.toFixed(3), n: i.verification.gallery_persons })}</p>}
        <div class="photos">
          {probe && !mine(i) ? <NoPhoto label={say('photo_live')} text={say(i.state === 'closed' ? 'photo_none' : 'photo_after_claim')} /> : probe ? <Photo id={probe} purpose={purpose} inspection={i.inspection} label={say('photo_live')} zoom={zoom} /> : <NoPhoto label={say('photo_live')} text={say(i.cause === 'decline' ? 'photo_declined' : 'photo_none')} />}
          {portraits.length > 0 && !mine(i) ? <NoPhoto label={say('photo_reference')} text={say(i.state === 'closed' ? 'photo_none' : 'photo_after_claim')} /> : portraits.length > 0 ? portraits.slice(0, 3).map((p, n) => <Photo key={p} id={p} purpose={purpose} inspection={i.inspection} label={`${say('photo_reference')}${portraits.length > 1 ? ` ${n + 1}` : ''}`} zoom={zoom} />)
            : <NoPhoto label={say('photo_reference')} text={say('photo_none')} />}
        </div>
        {(probe || portraits.length > 0) && mine(i) && <label class="zoom"><Icon name="search" size={18} />{say('zoom')}<input type="range" min="1" max="4" step="0.25" value={zoom} onInput={(e) => setZoom(Number(e.currentTarget.value))} /><span class="code">{zoom.toFixed(2)}×</span></label>}
        <div class="columns">{who && <Person p={who} title={say('document_should_say')} />}{!who && like && <Person p={like} title={say('resembles')} />}</div>
        {!who && i.state !== 'closed' && <label class="whose">{say('whose')}<input value={reference} onInput={(e) => setReference(e.currentTarget.value)} autocomplete="off" dir="ltr" /></label>}
        {i.state === 'closed' ? <p class="band"><Icon name="check" size={20} />{i.result && say(`result_${i.result}`)}{i.method && ` · ${say(`method_${i.method}`)}`}</p>
          : i.state === 'referred' && me.role !== 'supervisor' ? <p class="band"><Icon name="officer" size={20} />{say('waits_supervisor')}</p>
            : i.claimed_by !== null && i.claimed_by !== me.token ? <p class="band"><Icon name="officer" size={20} />{say('claimed_by_other', { until: i.claimed_until ? clock(i.claimed_until) : '' })}</p>
              : <div class="decide">
                <p class="soft small keys-help">{say('keys_help')}</p>
                {i.claimed_by === null && <fieldset><legend>{say('photos')}</legend><button type="button" class="key" disabled={busy} onClick={claim}><kbd>T</kbd>{say('claim')}</button></fieldset>}
                <fieldset><legend>{say('outcome')}</legend><div class="keys">{offered.map(([o, k]) =>
                  <button key={o} type="button" class={`key ${o}`} aria-pressed={chosen === o} disabled={busy} onClick={() => setChosen(chosen === o ? null : o)}><kbd>{k.toUpperCase()}</kbd>{say(`result_${o}`)}</button>)}</div>
                  {!i.may_clear && <p class="soft small">{say('no_override')}</p>}</fieldset>
                <fieldset disabled={chosen === null || busy}><legend>{say('method')}</legend><div class="keys">{methods.map(([m, k]) =>
                  <button key={m} type="button" class="key" onClick={() => chosen && decide(chosen, m)}><kbd>{k}</kbd>{say(`method_${m}`)}</button>)}</div></fieldset>
              </div>}
        <p class="wrong" role="alert">{wrong}</p>
      </>;
    }}</Loaded>
  </section>;
}

type State = Inspection['state'];

export function Queue({ states, chosen, choose, without = null }: { states: State[]; chosen: string | null; choose: (id: string, byHand: boolean) => void; without?: string | null }) {
  const { say, me, service } = useDesk();
  // State by state, as somebody's case goes through them: who moves on meanwhile is seen twice, not missed. Of those that ended there may be
  // very many: they come when they are asked for and once a minute, the newest first.
  const ended = states.includes('closed');
  const { asked, again } = useFetched<Inspection[]>(states.join(), '/v1/inspections', async (signal) => {
    const found = new Map<string, Inspection>();
    for (const state of states) {
      const a = await pages<InspectionPage, Inspection>(service, `/v1/inspections?limit=500&state=${state}`, (p) => p.inspections, signal);
      if (a.kind !== 'good') return a;
      for (const i of a.value.all) found.set(i.inspection, i);
    }
    const list = [...found.values()].sort((x, y) => x.opened_at < y.opened_at ? -1 : x.opened_at > y.opened_at ? 1 : 0);
    return { kind: 'good', status: 200, value: ended ? list.reverse().slice(0, most) : list };
  });
  useHappening(['inspection', 'decision', 'decline'], ended ? () => undefined : again, 400);
  useEffect(() => { const t = window.setInterval(again, ended ? 60_000 : 20_000); return () => window.clearInterval(t); }, [ended]);
  const list = asked.state === 'good' ? asked.value : [];
  // the longest that waits for whoever sits here, before what waits for somebody else
  const others = list.filter((i) => i.inspection !== without);
  const next = (others.find((i) => i.state === 'open' || i.state === 'claimed' && i.claimed_by === me.token || i.state === 'referred' && me.role === 'supervisor') ?? others[0])?.inspection;
  useEffect(() => { if (chosen === null && next) choose(next, false); }, [chosen, next]);
  return <Loaded asked={asked} again={again}>{() => list.length === 0 ? <Empty icon="check" title={say('queue_empty')}><p>{say('queue_empty_lead')}</p></Empty>
    : <ul class="queue">{list.map((i) => <li key={i.inspection}><button type="button" aria-pressed={i.inspection === chosen} onClick={() => choose(i.inspection, true)}>
        <span class="chips"><Chip kind={i.severity === 'alert' ? 'alarm' : 'officer'}>{say(`cause_${i.cause}`)}</Chip>{i.state === 'claimed' && <Chip kind="plain">{say(i.claimed_by === me.token ? 'mine' : 'claimed')}</Chip>}{i.state === 'referred' && <Chip kind="warn">{say('result_referred')}</Chip>}</span>
        <Waiting since={i.opened_at} until={i.closed_at} />
        <span class="grow"><Told kind="reason" code={i.reason} text={i.text} /></span>
        <span class="soft code" dir="ltr">{i.carrier} {i.number}{i.traveler?.seat ? ` · ${i.traveler.seat}` : ''}</span>
      </button></li>)}</ul>}</Loaded>;
}

export function Inspections() {
  const { say, has } = useDesk();
  // take: another number puts the focus into the case, since somebody opened it or ended the one before; 0 does not
  const [chosen, setChosen] = useState<{ id: string; take: number } | null>(null);
  const takes = useRef(0);
  const [closed, setClosed] = useState(false);
  const [ended, setEnded] = useState<string | null>(null);
  const after = useRef(0);
  const lost = () => document.activeElement === null || document.activeElement === document.body || document.activeElement.tagName === 'H1';
  const choose = (id: string, byHand: boolean) => setChosen({ id, take: byHand || lost() && Date.now() - after.current < 3000 ? ++takes.current : 0 });
  const done = () => { after.current = Date.now(); setEnded(chosen?.id ?? null); setChosen(null); };
  useEffect(() => { if (ended !== null && chosen === null && lost()) document.querySelector<HTMLElement>('main h1')?.focus(); }, [ended, chosen]);
  return <>
    <Head title={say('view_inspections')} lead={say('inspections_lead')}>
      {has('/v1/inspections') && <label class="check"><input type="checkbox" checked={closed} onChange={(e) => { setClosed(e.currentTarget.checked); setChosen(null); }} />{say('show_closed')}</label>}
    </Head>
    <div class="desk">
      <section class="sheet" aria-label={say('queue')}><Queue key={String(closed)} states={closed ? ['closed'] : ['open', 'claimed', 'referred']} chosen={chosen?.id ?? null} choose={choose} without={ended} /></section>
      {chosen && <Case key={chosen.id} id={chosen.id} take={chosen.take} done={done} />}
    </div>
  </>;
}
