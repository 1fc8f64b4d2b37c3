// records.tsx - what dies when, the log anybody can check, and who looked at whom.
import { useEffect, useState } from 'preact/hooks';
import { dayAndClock } from '../shared/times';
import { Chip, Empty, Head, Loaded, useAsk, useDesk, useHappening, type Role } from './ask';
import { number } from './numbers';
import { Told } from './told';

interface Retention {
  as_of: string;
  over_age: number;
  keys_waiting: number;
  classes: { class: string; kept: number; over_age: number; oldest: string | null; next_due: string | null }[];
  holds: { hold: string; voyage: string; reason: string; placed_at: string; until: string }[];
  purged_since_start: Record<string, number>;
}

function Clocks() {
  const { say } = useDesk();
  const { asked, again } = useAsk<Retention>('/v1/reports/retention', '/v1/reports/retention');
  useHappening(['retention'], again, 1000);
  return <section class="sheet wide" aria-labelledby="clocks"><h2 id="clocks">{say('retention')}</h2>
    <Loaded asked={asked} again={again}>{(r) => <>
      <p class="chips pad">{r.over_age === 0 ? <Chip kind="clear">{say('over_age_none')}</Chip> : <Chip kind="alarm">{say('over_age_some', { n: r.over_age })}</Chip>}
        {r.keys_waiting > 0 && <Chip kind="warn">{say('keys_waiting', { n: r.keys_waiting })}</Chip>}<span class="soft small">{dayAndClock(r.as_of)}</span></p>
      <div class="scroll" tabIndex={0} role="group" aria-label={say('retention')}><table><thead><tr><th>{say('class')}</th><th>{say('kept')}</th><th>{say('over_age')}</th><th>{say('oldest')}</th><th>{say('next_due')}</th></tr></thead>
        <tbody>{r.classes.map((c) => <tr key={c.class}><td><Told kind="class" code={c.class} /></td><td class="code">{c.kept}</td><td class="code">{c.over_age === 0 ? 0 : <Chip kind="alarm">{c.over_age}</Chip>}</td><td class="code">{dayAndClock(c.oldest)}</td><td class="code">{dayAndClock(c.next_due)}</td></tr>)}</tbody></table></div>
      {r.holds.length > 0 && <><h3>{say('holds')}</h3><ul class="lines">{r.holds.map((h) => <li key={h.hold}><b class="code" dir="ltr">{h.reason}</b><span>{dayAndClock(h.placed_at)} – {dayAndClock(h.until)}</span></li>)}</ul></>}
      <h3>{say('destroyed')}</h3><dl class="facts">{Object.entries(r.purged_since_start).map(([k, n]) => <div key={k}><dt><Told kind="purged" code={k} /></dt><dd class="code">{n}</dd></div>)}</dl>
    </>}</Loaded></section>;
}

interface SignedHead { size: number; root: string; at: string; key: string; note: string; cosignatures: unknown[] }

function Log() {
  const { say } = useDesk();
  const [fresh, setFresh] = useState(0);
  const { asked, again } = useAsk<SignedHead>(`/v1/audit/head${fresh > 0 ? '?fresh=yes' : ''}`, '/v1/audit/head');
  const [shown, setShown] = useState(false);
  return <section class="sheet" aria-labelledby="log"><h2 id="log">{say('audit')}</h2><p class="soft small">{say('audit_lead')}</p>
    <Loaded asked={asked} again={again}>{(v) => <>
      <dl class="facts"><div><dt>{say('log_size')}</dt><dd class="code">{number(v.size)}</dd></div><div><dt>{say('log_at')}</dt><dd class="code">{dayAndClock(v.at)}</dd></div></dl>
      <dl class="codes"><dt>{say('log_root')}</dt><dd dir="ltr">{v.root}</dd><dt>{say('log_key')}</dt><dd dir="ltr">{v.key}</dd></dl>
      <p class="small">{say('log_witnesses', { n: v.cosignatures.length })}</p>
      <details><summary>{say('log_note')}</summary><pre dir="ltr" tabIndex={0}>{v.note}</pre></details>
      <div class="row"><button type="button" class="button" onClick={() => { if (fresh > 0) again(); setFresh(fresh + 1); }}>{say('log_fresh')}</button>{!shown && <button type="button" class="button" onClick={() => setShown(true)}>{say('entries')}</button>}</div>
      {shown && <Entries />}</>}</Loaded></section>;
}

interface Entry { at: number; n: number; kind: string; [fact: string]: unknown }
const page = 25;

/** The log itself, newest first. */
function Entries() {
  const { say } = useDesk();
  const [from, setFrom] = useState<number | null>(null); // null: find the end first
  const { asked, again } = useAsk<{ entries: string[]; size: number; from: number }>(from === null ? '/v1/audit/entries?from=0&limit=1' : `/v1/audit/entries?from=${from}&limit=${page}`, '/v1/audit/entries');
  const size = asked.state === 'good' ? asked.value.size : null;
  useEffect(() => { if (from === null && size !== null) setFrom(Math.max(0, size - page)); }, [from, size]);
  const facts = (e: Entry) => Object.entries(e).filter(([k]) => !['at', 'n', 'kind', 'prev'].includes(k)).map(([k, v]) => `${k} ${String(v)}`).join('  ');
  return <Loaded asked={asked} again={again}>{(v) => from === null ? null : <>
    <div class="scroll tall" tabIndex={0} role="group" aria-label={say('entries')}><table><thead><tr><th>{say('log_number')}</th><th>{say('log_when')}</th><th>{say('log_what')}</th><th>{say('log_facts')}</th></tr></thead>
      <tbody>{v.entries.map((text) => JSON.parse(text) as Entry).reverse().map((e) => <tr key={e.n}><td class="code">{e.n}</td><td class="code nowrap">{dayAndClock(new Date(e.at / 1000).toISOString())}</td><td><Told kind="kind" code={e.kind} /></td>
        <td class="small" dir="ltr">{facts(e)}</td></tr>)}</tbody></table></div>
    <div class="row"><button type="button" class="button" disabled={from === 0} onClick={() => setFrom(Math.max(0, from - page))}>{say('log_older')}</button>
      <button type="button" class="button" disabled={from + page >= v.size} onClick={() => setFrom(Math.min(from + page, Math.max(0, v.size - page)))}>{say('log_newer')}</button></div></>}</Loaded>;
}

interface Access { accesses: number; approvals: number; by_purpose: { purpose: string; role: Role; photos_of: 'probe' | 'portrait'; site: string | null; accesses: number; photos: number; askers: number; cases: number }[] }

function Looks() {
  const { say } = useDesk();
  const { asked, again } = useAsk<Access>('/v1/reports/access', '/v1/reports/access');
  return <section class="sheet" aria-labelledby="looks"><h2 id="looks">{say('access')}</h2><p class="soft small">{say('access_lead')}</p>
    <Loaded asked={asked} again={again}>{(r) => <><dl class="facts"><div><dt>{say('accesses')}</dt><dd>{r.accesses}</dd></div><div><dt>{say('approvals')}</dt><dd>{r.approvals}</dd></div></dl>
      {r.by_purpose.length === 0 ? <Empty icon="shield" title={say('access_none')} /> : <div class="scroll" tabIndex={0} role="group" aria-label={say('access')}><table>
        <thead><tr><th>{say('purpose')}</th><th>{say('role')}</th><th>{say('photos_of')}</th><th>{say('site')}</th><th>{say('accesses')}</th><th>{say('photos')}</th><th>{say('askers')}</th><th>{say('cases')}</th></tr></thead>
        <tbody>{r.by_purpose.map((p, i) => <tr key={i}><td><Told kind="purpose" code={p.purpose} /></td><td>{say(`role_${p.role}`)}</td><td>{say(p.photos_of === 'probe' ? 'photo_live' : 'photo_reference')}</td><td class="code" dir="ltr">{p.site ?? '–'}</td>
          <td class="code">{p.accesses}</td><td class="code">{p.photos}</td><td class="code">{p.askers}</td><td class="code">{p.cases}</td></tr>)}</tbody></table></div>}</>}</Loaded></section>;
}

export function Records() {
  const { say } = useDesk();
  return <><Head title={say('view_records')} lead={say('records_lead')} /><div class="columns"><Clocks /><Log /><Looks /></div></>;
}
