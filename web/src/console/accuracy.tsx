// accuracy.tsx - how often it errs and for whom: error curves, scores, groups with
// intervals, declines. All of it from GET /v1/reports/accuracy, which tells nothing of fewer than five.
import { dayAndClock } from '../shared/times';
import { Empty, Head, Loaded, useAsk, useDesk, useHappening, type ConsoleSay, type Word } from './ask';
import { Declined } from './captures';
import { Count, RateCell, number, type Rate } from './numbers';
import { Det, Histogram, Intervals, type Bounded, type Histo, type Point } from './plot';
import { Told } from './told';

interface DetPoint { threshold: number; false_match: Bounded; false_non_match: Bounded }
interface ModelScores { model: string; own: Histo; other: Histo; missed: Histo; det: { search: DetPoint[]; card: DetPoint[] } }
interface Group { by: 'sex' | 'age'; group: string; persons: number | null; missed?: Rate | null; not_captured?: Rate | null }
interface AccuracyReport { from: string; to: string; captures: number; decided: number; inspections: number; cleared_of_decided: Rate | null; asked_again: Rate | null;
  reasons: { reason: string; count: number | null }[]; outcomes: { outcome: string; count: number | null }[];
  calibration: { model: string; points: { fmr: number; score: number }[]; thresholds: { portraits: number; threshold: number }[] };
  models: ModelScores[]; groups: Group[]; differentials: { by: 'sex' | 'age'; groups: number; largest_over_geometric_mean: number }[] }

const pointsOf = (list: DetPoint[]): Point[] => list.map((p) => ({ threshold: p.threshold, x: p.false_match, y: p.false_non_match }));

function Network({ m, r }: { m: ModelScores; r: AccuracyReport }) {
  const { say } = useDesk();
  const id = m.model.replace(/\W/g, '-');
  const thresholds = m.model === r.calibration.model ? r.calibration.thresholds.filter((t) => [1, 400].includes(t.portraits)) : [];
  const shown = ([['own', m.own], ['other', m.other], ['missed', m.missed]] as const).filter(([, h]) => h.count === null || h.count > 0);
  const series = [{ name: say('det_search'), points: pointsOf(m.det.search) }, { name: say('det_card'), points: pointsOf(m.det.card) }].filter((s) => s.points.length > 0);
  return <>
    <section class="sheet" aria-labelledby={`det-${id}`}><h2 id={`det-${id}`}>{say('det')}</h2><p class="soft small">{say('det_lead')} {say('model')}: <bdi dir="ltr">{m.model}</bdi></p>
      {series.length === 0 ? <Empty icon="chart" title={say('scores_few')} /> : <Det series={series} xName={say('false_match')} yName={say('false_non_match')} />}</section>
    <section class="sheet" aria-labelledby={`scores-${id}`}><h2 id={`scores-${id}`}>{say('scores')}</h2><p class="soft small">{say('scores_lead')}</p>
      {m.own.bins.length === 0 ? <Empty icon="chart" title={say('scores_few')} />
        : <Histogram series={shown.map(([name, h]) => ({ name: say(name), ...h }))} xName={say('score')} marks={thresholds.map((t) => ({ at: t.threshold, name: `${say('threshold')} · ${say('portraits')}: ${number(t.portraits)}` }))} />}</section>
  </>;
}

const groupName = (say: ConsoleSay, g: Group): string => { const key = `group_${g.group}`; return say.knows(key) ? say(key as Word) : g.group; };

function Groups({ r, which, title, lead }: { r: AccuracyReport; which: 'missed' | 'not_captured'; title: string; lead?: string }) {
  const { say } = useDesk();
  const rows = (by: 'sex' | 'age') => r.groups.filter((g) => g.by === by && (g.persons === null || g[which])).map((g) => ({ name: groupName(say, g), rate: g[which] ?? null, n: g.persons }));
  return <section class="sheet" aria-labelledby={`groups-${which}`}><h2 id={`groups-${which}`}>{title}</h2>{lead && <p class="soft small">{lead}</p>}
    {r.groups.length === 0 ? <Empty icon="group" title={say('groups_none')} /> : (['sex', 'age'] as const).map((by) => rows(by).length > 0 && <div key={by}><h3>{say(`by_${by}`)}</h3><Intervals rows={rows(by)} name={`${title}: ${say(`by_${by}`)}`} /></div>)}
    {which === 'missed' && r.differentials.map((d) => <p key={d.by} class="small">{say('differential', { by: say(`by_${d.by}`), value: number(d.largest_over_geometric_mean) })}</p>)}
  </section>;
}

function Ends({ r }: { r: AccuracyReport }) {
  const { say } = useDesk();
  return <section class="sheet wide" aria-labelledby="ends"><h2 id="ends">{say('ends')}</h2><p class="soft small">{say('few_lead')}</p>
    <dl class="facts"><div><dt>{say('pictures')}</dt><dd class="code">{number(r.captures)}</dd></div><div><dt>{say('decided')}</dt><dd class="code">{number(r.decided)}</dd></div>
      <div><dt>{say('cleared_of_decided')}</dt><dd><RateCell r={r.cleared_of_decided} /></dd></div><div><dt>{say('asked_again')}</dt><dd><RateCell r={r.asked_again} /></dd></div>
      <div><dt>{say('inspected_n')}</dt><dd class="code">{number(r.inspections)}</dd></div>{r.outcomes.map((o) => <div key={o.outcome}><dt><Told kind="result" code={o.outcome} /></dt><dd><Count n={o.count} /></dd></div>)}</dl>
    {r.reasons.length > 0 && <div class="scroll" tabIndex={0} role="group" aria-label={say('ends_why')}><table><thead><tr><th>{say('ends_why')}</th><th>{say('pictures')}</th></tr></thead>
      <tbody>{r.reasons.map((x) => <tr key={x.reason}><td><Told kind="reason" code={x.reason} /></td><td><Count n={x.count} /></td></tr>)}</tbody></table></div>}
  </section>;
}

function Calibration({ c }: { c: AccuracyReport['calibration'] }) {
  const { say } = useDesk();
  return <section class="sheet" aria-labelledby="calibration"><h2 id="calibration">{say('calibration')}</h2><p class="soft small">{say('calibration_lead')} {say('model')}: <bdi dir="ltr">{c.model}</bdi></p>
    <div class="pair"><div class="scroll" tabIndex={0} role="group" aria-label={say('false_match')}><table><thead><tr><th>{say('false_match')}</th><th>{say('threshold')}</th></tr></thead>
      <tbody>{c.points.map((p) => <tr key={p.fmr}><td class="code" dir="ltr">{p.fmr.toExponential(1)}</td><td class="code" dir="ltr">{p.score.toFixed(3)}</td></tr>)}</tbody></table></div>
    <div class="scroll" tabIndex={0} role="group" aria-label={say('portraits')}><table><thead><tr><th>{say('portraits')}</th><th>{say('threshold')}</th></tr></thead>
      <tbody>{c.thresholds.map((t) => <tr key={t.portraits}><td class="code">{number(t.portraits)}</td><td class="code" dir="ltr">{t.threshold.toFixed(3)}</td></tr>)}</tbody></table></div></div></section>;
}

function Accurate() {
  const { say } = useDesk();
  const { asked, again } = useAsk<AccuracyReport>('/v1/reports/accuracy', '/v1/reports/accuracy');
  useHappening(['decision', 'inspection'], again, 10_000);
  return <Loaded asked={asked} again={again}>{(r) => <>
    <p class="soft small" dir="auto">{say('period', { from: dayAndClock(r.from), to: dayAndClock(r.to) })}</p>
    <div class="columns">
      {r.models.length === 0 && <section class="sheet wide"><Empty icon="chart" title={say('captures_none')} /></section>}
      {r.models.map((m) => <Network key={m.model} m={m} r={r} />)}
      <Groups r={r} which="missed" title={say('groups_missed')} lead={say('groups_missed_lead')} />
      <Groups r={r} which="not_captured" title={say('groups_captured')} />
      <Ends r={r} />
      <Declined />
      <Calibration c={r.calibration} />
    </div></>}</Loaded>;
}

export function Accuracy() {
  const { say } = useDesk();
  return <><Head title={say('view_accuracy')} lead={say('accuracy_lead')} /><Accurate /></>;
}
