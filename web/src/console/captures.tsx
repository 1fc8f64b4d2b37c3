// captures.tsx - capture, recognition and speed of each gate beside their targets; who
// declined and how long that took them; whether the service stood.
import { dayAndClock } from '../shared/times';
import { Chip, Empty, Loaded, useAsk, useDesk, useHappening } from './ask';
import { Count, RateCell, number, share, time, type Rate } from './numbers';
import { Told } from './told';

interface Cell { count: number | null; clear?: Rate | null; retry?: Rate | null; inspect?: Rate | null; captured?: Rate | null; matched?: Rate | null;
  site?: string; device?: string; label?: string; carrier?: string; rule?: string; kind?: string; answer_ms?: { median: number; p95: number } | null }
interface CapturesReport { from: string; to: string; captures: number; declines: number; clear: Rate | null; retry: Rate | null; inspect: Rate | null; captured: Rate | null; matched: Rate | null;
  targets: { captured: number; matched: number; answer_ms: number }; by_site: Cell[]; by_device: Cell[]; by_carrier: Cell[]; by_rule: Cell[] }

type Verdict = 'target_met' | 'target_missed' | 'target_unsure';
const judge = (r: Rate | null | undefined, target: number): Verdict => !r ? 'target_unsure' : r.interval_95[0] >= target ? 'target_met' : r.interval_95[1] < target ? 'target_missed' : 'target_unsure';
const kinds = { target_met: 'clear', target_missed: 'alarm', target_unsure: 'plain' } as const;

function Verdicts({ is }: { is: Verdict }) {
  const { say } = useDesk();
  return <Chip kind={kinds[is]}>{say(is)}</Chip>;
}

function Tile({ title, value, target, means, verdict }: { title: string; value: preact.ComponentChildren; target: string; means: string; verdict: Verdict }) {
  const { say } = useDesk();
  return <div class="tile"><h3>{title}</h3><p class="value">{value}</p><p class="chips"><Verdicts is={verdict} /><span class="soft code">{say('target', { value: target })}</span></p><p class="soft small">{means}</p></div>;
}

function Cells({ id, title, head, cells, name }: { id: string; title: string; head: string; cells: Cell[]; name: (c: Cell) => preact.ComponentChildren }) {
  const { say } = useDesk();
  return <section class="sheet wide" aria-labelledby={id}><h2 id={id}>{title}</h2><div class="scroll" tabIndex={0} role="group" aria-labelledby={id}><table>
    <thead><tr><th>{head}</th><th>{say('pictures')}</th><th>{say('decision_clear')}</th><th>{say('decision_retry')}</th><th>{say('decision_inspect')}</th></tr></thead>
    <tbody>{cells.map((c, i) => <tr key={i}><td>{name(c)}</td><td><Count n={c.count} /></td><td><RateCell r={c.clear} /></td><td><RateCell r={c.retry} /></td><td><RateCell r={c.inspect} /></td></tr>)}</tbody></table></div></section>;
}

function Gates({ r }: { r: CapturesReport }) {
  const { say } = useDesk();
  return <section class="sheet wide" aria-labelledby="by-gate"><h2 id="by-gate">{say('captures')}</h2><div class="scroll" tabIndex={0} role="group" aria-labelledby="by-gate"><table>
    <thead><tr><th>{say('gate_name')}</th><th>{say('site')}</th><th>{say('pictures')}</th><th>{say('captured')}</th><th>{say('matched')}</th><th>{say('median')}</th><th>{say('p95')}</th></tr></thead>
    <tbody>{r.by_device.map((c) => <tr key={c.device}><td><bdi dir="auto">{c.label ?? '–'}</bdi></td><td class="code" dir="ltr">{c.site ?? '–'}</td><td><Count n={c.count} /></td>
      <td><span class="chips"><RateCell r={c.captured} /><Verdicts is={judge(c.captured, r.targets.captured)} /></span></td>
      <td><span class="chips"><RateCell r={c.matched} /><Verdicts is={judge(c.matched, r.targets.matched)} /></span></td>
      <td class="code" dir="ltr">{c.answer_ms ? time(c.answer_ms.median) : '–'}</td>
      <td>{c.answer_ms ? <span class="chips"><span class="code" dir="ltr">{time(c.answer_ms.p95)}</span><Verdicts is={c.answer_ms.p95 <= r.targets.answer_ms ? 'target_met' : 'target_missed'} /></span> : '–'}</td></tr>)}</tbody></table></div></section>;
}

export function Captures() {
  const { say } = useDesk();
  const { asked, again } = useAsk<CapturesReport>('/v1/reports/captures', '/v1/reports/captures');
  useHappening(['decision', 'decline'], again, 5000);
  return <Loaded asked={asked} again={again}>{(r) => {
    const slowest = Math.max(0, ...r.by_device.map((c) => c.answer_ms?.p95 ?? 0));
    return <>
      <section class="sheet wide" aria-labelledby="targets"><h2 id="targets">{say('targets')}</h2>
        <p class="soft small">{say('targets_lead')} <span dir="auto">{say('period', { from: dayAndClock(r.from), to: dayAndClock(r.to) })}</span></p>
        {r.captures === 0 ? <Empty icon="camera" title={say('captures_none')} /> : <div class="tiles">
          <Tile title={say('captured')} value={<RateCell r={r.captured} />} target={share(r.targets.captured)} means={say('captured_means')} verdict={judge(r.captured, r.targets.captured)} />
          <Tile title={say('matched')} value={<RateCell r={r.matched} />} target={share(r.targets.matched)} means={say('matched_means')} verdict={judge(r.matched, r.targets.matched)} />
          <Tile title={say('answered')} value={slowest === 0 ? '–' : <b class="code" dir="ltr">{time(slowest)}</b>} target={time(r.targets.answer_ms)} means={say('answered_means')}
            verdict={slowest === 0 ? 'target_unsure' : slowest <= r.targets.answer_ms ? 'target_met' : 'target_missed'} />
        </div>}</section>
      {r.captures > 0 && <>
        <Gates r={r} />
        <Cells id="by-site" title={say('by_site')} head={say('site')} cells={r.by_site} name={(c) => <span class="code" dir="ltr">{c.site}</span>} />
        <Cells id="by-carrier" title={say('by_carrier')} head={say('carrier')} cells={r.by_carrier} name={(c) => <span class="code" dir="ltr">{c.carrier}</span>} />
        <Cells id="by-rule" title={say('by_rule')} head={say('rule')} cells={r.by_rule} name={(c) => c.rule === 'none' ? say('rule_none') : <span class="code" dir="ltr">{c.rule}</span>} />
      </>}
      <Declined />
      <Stood />
    </>;
  }}</Loaded>;
}

interface DeclineReport { sites: { site: string; declined: number; alternatives: Record<string, number>; settled: number; mean_seconds: number | null; within: { seconds: number; settled: number }[] }[] }

/** How many chose not to be photographed, and whether that cost them time. Nobody is in it. */
export function Declined() {
  const { say } = useDesk();
  const { asked, again } = useAsk<DeclineReport>('/v1/reports/declines', '/v1/reports/declines');
  useHappening(['decline', 'inspection'], again, 5000);
  return <section class="sheet wide" aria-labelledby="declined"><h2 id="declined">{say('declines')}</h2><Loaded asked={asked} again={again}>{(r) => r.sites.length === 0 ? <Empty icon="check" title={say('declines_none')} />
    : <div class="scroll" tabIndex={0} role="group" aria-labelledby="declined"><table>
        <thead><tr><th>{say('site')}</th><th>{say('declined_n')}</th><th>{say('settled')}</th><th>{say('mean_wait')}</th><th>{say('within_minute')}</th><th>{say('instead')}</th></tr></thead>
        <tbody>{r.sites.map((s) => { const minute = s.within.find((w) => w.seconds === 60); return <tr key={s.site}>
          <td class="code" dir="ltr">{s.site}</td><td class="code">{number(s.declined)}</td><td class="code">{number(s.settled)}</td><td class="code" dir="ltr">{s.mean_seconds === null ? '–' : time(s.mean_seconds * 1000)}</td>
          <td class="code" dir="ltr">{minute && s.settled > 0 ? `${number(minute.settled)} / ${number(s.settled)}` : '–'}</td>
          <td>{Object.entries(s.alternatives).filter(([, n]) => n > 0).map(([a, n]) => <span key={a} class="part"><Told kind="instead" code={a} /> <span class="code">{number(n)}</span></span>)}</td></tr>; })}</tbody></table></div>}</Loaded></section>;
}

interface ServiceReport { starts: number; stops: number; clock_set_back: number; alerts: { kind: string; count: number }[] }

function Stood() {
  const { say } = useDesk();
  const { asked, again } = useAsk<ServiceReport>('/v1/reports/service', '/v1/reports/service');
  return <section class="sheet wide" aria-labelledby="stood"><h2 id="stood">{say('speed')}</h2><Loaded asked={asked} again={again}>{(r) => <>
    <dl class="facts"><div><dt>{say('starts')}</dt><dd class="code">{number(r.starts)}</dd></div><div><dt>{say('stops')}</dt><dd class="code">{number(r.stops)}</dd></div>
      <div><dt>{say('clock_set_back')}</dt><dd class="code">{number(r.clock_set_back)}</dd></div></dl>
    {r.alerts.length > 0 && <div class="scroll" tabIndex={0} role="group" aria-label={say('alert_count')}><table><thead><tr><th>{say('alert_count')}</th><th>{say('how_many')}</th></tr></thead>
      <tbody>{r.alerts.map((a) => <tr key={a.kind}><td><Told kind="alert" code={a.kind} /></td><td class="code">{number(a.count)}</td></tr>)}</tbody></table></div>}</>}</Loaded></section>;
}
