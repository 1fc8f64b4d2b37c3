// accuracy.tsx - how often it errs: DET curve, scores, groups with intervals, declines.
import { Head, Loaded, useAsk, useDesk } from './ask';
import { Det, Histogram, Intervals, type Bin, type Interval, type Series } from './plot';
import { Report } from './report';

type Json = Record<string, unknown>;
const numeric = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const pair = (v: unknown): [number, number] | null => Array.isArray(v) && v.length === 2 && v.every(numeric) ? v as [number, number] : null;
const list = (v: unknown): Json[] => Array.isArray(v) ? v.filter((x): x is Json => x !== null && typeof x === 'object') : [];

function detOf(v: Json): Series[] {
  const points = list(v.det).map((p): [number, number] | null => numeric(p.fmr ?? p.fpir) && numeric(p.fnmr ?? p.fnir) ? [(p.fmr ?? p.fpir) as number, (p.fnmr ?? p.fnir) as number] : null).filter((p) => p !== null);
  return points.length === 0 ? [] : [{ name: '', points }];
}
const bins = (v: unknown): Bin[] => list(v).filter((b) => numeric(b.from) && numeric(b.to) && numeric(b.count)) as unknown as Bin[];

function groupRows(v: Json, key: string): Interval[] {
  return list(v.groups).filter((g) => key in g).map((g) => ({ name: `${String(g.label ?? '')} ${String(g.value ?? '')}`.trim(), value: numeric(g[key]) ? g[key] : null,
    interval: pair(g[`${key}_95`]), n: numeric(g.n) ? g.n : numeric(g.captures) ? g.captures : numeric(g.images) ? g.images : 0 }));
}

function Accurate() {
  const { say } = useDesk();
  const { asked, again } = useAsk<Json>('/v1/reports/accuracy', '/v1/reports/accuracy');
  return <Loaded asked={asked} again={again}>{(v) => {
    const det = detOf(v), scores = (v.scores ?? v.histograms ?? {}) as Json;
    const histograms = Object.entries(scores).map(([name, b]) => ({ name: name.replace(/_/g, ' '), bins: bins(b) })).filter((s) => s.bins.length > 0);
    const rest = Object.fromEntries(Object.entries(v).filter(([k]) => !['det', 'scores', 'histograms'].includes(k)));
    return <div class="columns">
      <section class="sheet" aria-labelledby="det"><h2 id="det">{say('det')}</h2><p class="soft small">{say('det_lead')}</p><Det series={det} xName={say('false_match')} yName={say('false_non_match')} /></section>
      <section class="sheet" aria-labelledby="scores"><h2 id="scores">{say('scores')}</h2><p class="soft small">{say('scores_lead')}</p><Histogram series={histograms} xName={say('score')} threshold={numeric(v.threshold) ? v.threshold : undefined} /></section>
      {['false_non_match_rate', 'fnmr', 'fnir', 'failure_to_acquire', 'retry_rate', 'inspect_rate'].map((key) => { const rows = groupRows(v, key);
        return rows.length > 0 && <section key={key} class="sheet" aria-labelledby={`g-${key}`}><h2 id={`g-${key}`}>{say('groups')}: {key.replace(/_/g, ' ')}</h2><Intervals rows={rows} name={key} /></section>; })}
      <section class="sheet wide" aria-labelledby="acc-all"><h2 id="acc-all">{say('numbers')}</h2><Report value={rest as never} title={say('numbers')} /></section>
    </div>;
  }}</Loaded>;
}

function Declined() {
  const { say } = useDesk();
  const { asked, again } = useAsk<never>('/v1/reports/declines', '/v1/reports/declines');
  return <section class="sheet" aria-labelledby="declined"><h2 id="declined">{say('declines')}</h2><Loaded asked={asked} again={again}>{(v) => <Report value={v} title={say('declines')} />}</Loaded></section>;
}

export function Accuracy() {
  const { say } = useDesk();
  return <><Head title={say('view_accuracy')} lead={say('accuracy_lead')} /><Accurate /><Declined /></>;
}
