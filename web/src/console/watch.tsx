// watch.tsx - the supervisor: what was referred, what somebody must know, and how capture,
// matching and speed stand against their targets.
import { useState } from 'preact/hooks';
import { Icon } from '../shared/icons';
import type { Alert, AlertPage } from '../shared/shapes';
import { dayAndClock } from '../shared/times';
import { Empty, Head, Loaded, useAsk, useDesk, useHappening } from './ask';
import { Queue } from './inspections';
import { Captures } from './captures';
import { sayProblem, Told } from './told';

function Alerts() {
  const { say, service, me, has } = useDesk();
  const { asked, again } = useAsk<AlertPage>('/v1/alerts?state=open&limit=200', '/v1/alerts');
  useHappening(['alert'], again, 300);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState<string | null>(null);
  const take = async (a: Alert) => {
    if (busy !== null) return;
    setBusy(a.alert);
    const r = await service.post(`/v1/alerts/${a.alert}/acknowledge`, {});
    setBusy(null);
    setWrong(r.kind === 'good' ? '' : `${say('not_acknowledged')} ${r.kind === 'problem' ? sayProblem(say, r.problem) : say('sign_in_silence')}`);
    if (r.kind === 'good') again();
  };
  return <section class="sheet" aria-labelledby="alerts"><h2 id="alerts">{say('alerts')}</h2><p class="wrong" role="alert">{wrong}</p>
    <Loaded asked={asked} again={again}>{(page) => page.alerts.length === 0 ? <Empty icon="check" title={say('alerts_none')} />
      : <ul class="alerts">{[...page.alerts].reverse().map((a) => <li key={a.alert} class={a.severity}>
          <Icon name="alert" size={22} /><div><strong><Told kind="alert" code={a.kind} text={a.text} /></strong><p class="soft small">{dayAndClock(a.at)}{a.traveler?.seat && <> · {say('seat')} <b class="code">{a.traveler.seat}</b></>}{a.voyage && me.role !== 'auditor' && <> · <a href={`#/voyage/${a.voyage}`}>{say('voyage')}</a></>}</p></div>
          {has('/v1/alerts/{alert}/acknowledge', 'post') && <button type="button" class="button" aria-busy={busy === a.alert} onClick={() => take(a)}>{say('acknowledge')}</button>}
        </li>)}</ul>}</Loaded></section>;
}

interface InspectionRow { site: string | null; cause: 'verification' | 'decline' | 'boarding_status'; opened: number; cleared: number; denied: number; referred: number; lapsed: number; waiting: number; to_claim: Wait; to_outcome: Wait }
interface Wait { median_s: number | null; p90_s: number | null }
const seconds = (n: number | null): string => n === null ? '–' : n < 90 ? `${n.toFixed(0)} s` : `${(n / 60).toFixed(1)} min`;

function Waits() {
  const { say } = useDesk();
  const { asked, again } = useAsk<{ rows: InspectionRow[] }>('/v1/reports/inspections', '/v1/reports/inspections');
  useHappening(['inspection'], again, 3000);
  return <section class="sheet wide" aria-labelledby="waits"><h2 id="waits">{say('waits')}</h2>
    <Loaded asked={asked} again={again}>{(r) => r.rows.length === 0 ? <Empty icon="clock" title={say('nothing_yet')} />
      : <div class="scroll" tabIndex={0} role="group" aria-label={say('waits')}><table><thead><tr><th>{say('site')}</th><th>{say('cause')}</th><th>{say('opened')}</th><th>{say('result_cleared')}</th><th>{say('result_denied')}</th><th>{say('result_referred')}</th><th>{say('waiting')}</th><th>{say('to_claim')}</th><th>{say('to_outcome')}</th></tr></thead>
          <tbody>{r.rows.map((w, i) => <tr key={i}><td class="code" dir="ltr">{w.site ?? '–'}</td><td>{say(`cause_${w.cause}`)}</td><td>{w.opened}</td><td>{w.cleared}</td><td>{w.denied}</td><td>{w.referred}</td><td>{w.waiting}</td>
            <td class="code">{seconds(w.to_claim.median_s)} <span class="soft">({seconds(w.to_claim.p90_s)})</span></td><td class="code">{seconds(w.to_outcome.median_s)} <span class="soft">({seconds(w.to_outcome.p90_s)})</span></td></tr>)}</tbody></table>
          <p class="soft small pad">{say('median_and_p90')}</p></div>}</Loaded></section>;
}

export function Watch() {
  const { say, has, me } = useDesk();
  return <>
    <Head title={say('view_watch')} lead={say('watch_lead')} />
    <div class="columns">
      <Alerts />
      {has('/v1/inspections') && <section class="sheet" aria-labelledby="referrals"><h2 id="referrals">{say('referrals')}</h2>
        <Queue states={['referred']} chosen={null} choose={() => undefined} /><p><a href="#/inspections">{say('view_inspections')}</a></p></section>}
      {me.role !== 'admin' && <Captures />}
      {me.role !== 'admin' && <Waits />}
    </div>
  </>;
}
