// records.tsx - what dies when, the log anybody can check, and who looked at whom.
import { useState } from 'preact/hooks';
import { dayAndClock } from '../shared/times';
import { Chip, Empty, Head, Loaded, useAsk, useDesk, useHappening } from './ask';
import { Report } from './report';

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
        <tbody>{r.classes.map((c) => <tr key={c.class}><td>{c.class.replace(/_/g, ' ')}</td><td class="code">{c.kept}</td><td class="code">{c.over_age === 0 ? 0 : <Chip kind="alarm">{c.over_age}</Chip>}</td><td class="code">{dayAndClock(c.oldest)}</td><td class="code">{dayAndClock(c.next_due)}</td></tr>)}</tbody></table></div>
      {r.holds.length > 0 && <><h3>{say('holds')}</h3><ul class="lines">{r.holds.map((h) => <li key={h.hold}><b class="code">{h.reason}</b><span>{dayAndClock(h.placed_at)} – {dayAndClock(h.until)}</span></li>)}</ul></>}
      <h3>{say('destroyed')}</h3><dl class="facts">{Object.entries(r.purged_since_start).map(([k, n]) => <div key={k}><dt>{k.replace(/_/g, ' ')}</dt><dd class="code">{n}</dd></div>)}</dl>
    </>}</Loaded></section>;
}

function Log() {
  const { say } = useDesk();
  const head = useAsk<never>('/v1/audit/head', '/v1/audit/head');
  const [shown, setShown] = useState(false);
  const entries = useAsk<{ entries: Record<string, never>[]; cursor: string | null }>(shown ? '/v1/audit/entries?limit=100' : null, '/v1/audit/entries');
  return <section class="sheet" aria-labelledby="log"><h2 id="log">{say('audit')}</h2><p class="soft small">{say('audit_lead')}</p>
    <Loaded asked={head.asked} again={head.again}>{(v) => <><Report value={v} title={say('audit')} />
      <div class="row"><button type="button" class="button" onClick={head.again}>{say('again')}</button>{!shown && <button type="button" class="button" onClick={() => setShown(true)}>{say('entries')}</button>}</div>
      {shown && <Loaded asked={entries.asked} again={entries.again}>{(e) => <Report value={{ entries: e.entries } as never} title={say('entries')} />}</Loaded>}</>}</Loaded></section>;
}

interface Access { accesses: number; approvals: number; by_purpose: { purpose: string; role: string; photos_of: string; site: string | null; accesses: number; photos: number; askers: number; cases: number }[] }

function Looks() {
  const { say } = useDesk();
  const { asked, again } = useAsk<Access>('/v1/reports/access', '/v1/reports/access');
  return <section class="sheet" aria-labelledby="looks"><h2 id="looks">{say('access')}</h2><p class="soft small">{say('access_lead')}</p>
    <Loaded asked={asked} again={again}>{(r) => <><dl class="facts"><div><dt>{say('accesses')}</dt><dd>{r.accesses}</dd></div><div><dt>{say('approvals')}</dt><dd>{r.approvals}</dd></div></dl>
      {r.by_purpose.length === 0 ? <Empty icon="shield" title={say('access_none')} /> : <Report value={{ by_purpose: r.by_purpose } as never} title={say('access')} />}</>}</Loaded></section>;
}

export function Records() {
  const { say } = useDesk();
  return <><Head title={say('view_records')} lead={say('records_lead')} /><div class="columns"><Clocks /><Log /><Looks /></div></>;
}
