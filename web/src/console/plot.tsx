// plot.tsx - plots as SVG: axes with numbers, series told apart by dash as well as color,
// and the numbers themselves in a table under each, for whom the picture says nothing.
import { useDesk } from './ask';
import { number } from './report';

export interface Series { name: string; points: [number, number][] }
const dashes = ['', '7 4', '2 4', '10 3 2 3'];
const W = 640, H = 380, left = 74, right = 18, top = 14, bottom = 52;

const decades = (lo: number, hi: number): number[] => {
  const out = [];
  for (let e = Math.floor(Math.log10(lo)); e <= Math.ceil(Math.log10(hi)); e++) out.push(10 ** e);
  return out;
};
const share = (v: number): string => v >= 0.01 ? `${number(v * 100)} %` : v.toExponential(0);

/** False match rate against false non-match rate, both logarithmic: lower left is better. */
export function Det({ series, xName, yName }: { series: Series[]; xName: string; yName: string }) {
  const { say } = useDesk();
  const all = series.flatMap((s) => s.points).filter(([x, y]) => x > 0 && y > 0);
  if (all.length === 0) return <p class="soft pad">{say('nothing_yet')}</p>;
  const range = (k: 0 | 1): [number, number] => { const v = all.map((p) => p[k]); const d = decades(Math.min(...v), Math.max(...v)); return [d[0]!, d.length > 1 ? d.at(-1)! : d[0]! * 10]; };
  const [x0, x1] = range(0), [y0, y1] = range(1);
  const X = (v: number) => left + (Math.log10(v) - Math.log10(x0)) / (Math.log10(x1) - Math.log10(x0)) * (W - left - right);
  const Y = (v: number) => H - bottom - (Math.log10(v) - Math.log10(y0)) / (Math.log10(y1) - Math.log10(y0)) * (H - top - bottom);
  return <figure class="plot">
    <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`${yName} / ${xName}`}>
      {decades(x0, x1).map((d) => <g key={d}><line class="grid" x1={X(d)} x2={X(d)} y1={top} y2={H - bottom} /><text x={X(d)} y={H - bottom + 20} text-anchor="middle">{share(d)}</text></g>)}
      {decades(y0, y1).map((d) => <g key={d}><line class="grid" x1={left} x2={W - right} y1={Y(d)} y2={Y(d)} /><text x={left - 8} y={Y(d) + 4} text-anchor="end">{share(d)}</text></g>)}
      <text x={(left + W - right) / 2} y={H - 10} text-anchor="middle" class="axis">{xName}</text>
      <text transform={`translate(16 ${(top + H - bottom) / 2}) rotate(-90)`} text-anchor="middle" class="axis">{yName}</text>
      {series.map((s, i) => <polyline key={s.name} class={`series s${i % 4 + 1}`} stroke-dasharray={dashes[i % 4]} points={s.points.filter(([x, y]) => x > 0 && y > 0).map(([x, y]) => `${X(x)},${Y(y)}`).join(' ')} />)}
    </svg>
    {series.length > 1 && <figcaption class="legend">{series.map((s, i) => <span key={s.name}><svg width="34" height="10" aria-hidden="true"><line class={`series s${i % 4 + 1}`} stroke-dasharray={dashes[i % 4]} x1="0" x2="34" y1="5" y2="5" /></svg>{s.name}</span>)}</figcaption>}
    <details><summary>{say('numbers')}</summary><div class="scroll" tabIndex={0} role="group" aria-label={say('numbers')}><table><thead><tr><th>{xName}</th>{series.map((s) => <th key={s.name}>{yName}{series.length > 1 ? ` (${s.name})` : ''}</th>)}</tr></thead>
      <tbody>{series[0]!.points.map(([x], i) => <tr key={i}><td class="code">{number(x)}</td>{series.map((s) => <td key={s.name} class="code">{s.points[i] ? number(s.points[i]![1]) : '–'}</td>)}</tr>)}</tbody></table></div></details>
  </figure>;
}

export interface Bin { from: number; to: number; count: number }
/** Counts of scores; each series to its own height, so that few and many can be seen together. */
export function Histogram({ series, xName, threshold }: { series: { name: string; bins: Bin[] }[]; xName: string; threshold?: number | undefined }) {
  const { say } = useDesk();
  const all = series.flatMap((s) => s.bins);
  if (all.every((b) => b.count === 0)) return <p class="soft pad">{say('nothing_yet')}</p>;
  const x0 = Math.min(...all.map((b) => b.from)), x1 = Math.max(...all.map((b) => b.to));
  const X = (v: number) => left + (v - x0) / (x1 - x0) * (W - left - right);
  const ticks = Array.from({ length: 6 }, (_, i) => x0 + (x1 - x0) * i / 5);
  return <figure class="plot">
    <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={xName}>
      {ticks.map((t) => <g key={t}><line class="grid" x1={X(t)} x2={X(t)} y1={top} y2={H - bottom} /><text x={X(t)} y={H - bottom + 20} text-anchor="middle">{t.toFixed(2)}</text></g>)}
      {series.map((s, i) => { const most = Math.max(1, ...s.bins.map((b) => b.count)); const h = (n: number) => n / most * (H - top - bottom);
        return s.bins.filter((b) => b.count > 0).map((b) => <rect key={`${i}-${b.from}`} class={`bar s${i % 4 + 1}`} x={X(b.from)} width={Math.max(1, X(b.to) - X(b.from) - 0.5)} y={H - bottom - h(b.count)} height={h(b.count)} />); })}
      {threshold !== undefined && <g><line class="mark" x1={X(threshold)} x2={X(threshold)} y1={top} y2={H - bottom} /><text x={X(threshold) + 6} y={top + 14}>{say('threshold')} {threshold.toFixed(3)}</text></g>}
      <text x={(left + W - right) / 2} y={H - 10} text-anchor="middle" class="axis">{xName}</text>
    </svg>
    <figcaption class="legend">{series.map((s, i) => <span key={s.name}><svg width="16" height="12" aria-hidden="true"><rect class={`bar s${i % 4 + 1}`} width="16" height="12" /></svg>{s.name}: {number(s.bins.reduce((n, b) => n + b.count, 0))}</span>)}</figcaption>
    <details><summary>{say('numbers')}</summary><div class="scroll" tabIndex={0} role="group" aria-label={say('numbers')}><table><thead><tr><th>{xName}</th>{series.map((s) => <th key={s.name}>{s.name}</th>)}</tr></thead>
      <tbody>{series[0]!.bins.map((b, i) => <tr key={i}><td class="code">{b.from.toFixed(3)} – {b.to.toFixed(3)}</td>{series.map((s) => <td key={s.name} class="code">{number(s.bins[i]?.count ?? 0)}</td>)}</tr>)}</tbody></table></div></details>
  </figure>;
}

export interface Interval { name: string; value: number | null; interval: [number, number] | null; n: number }
/** Rates with their 95 % intervals, one group a line: what overlaps is not known to differ. */
export function Intervals({ rows, name }: { rows: Interval[]; name: string }) {
  const { say } = useDesk();
  const most = Math.max(1e-9, ...rows.map((r) => r.interval?.[1] ?? r.value ?? 0));
  const line = 30, w = 640, start = 190, end = w - 150;
  const X = (v: number) => start + v / most * (end - start);
  if (rows.length === 0) return <p class="soft pad">{say('nothing_yet')}</p>;
  return <figure class="plot"><svg viewBox={`0 0 ${w} ${rows.length * line + 34}`} role="img" aria-label={name}>
    {[0, 0.5, 1].map((f) => <g key={f}><line class="grid" x1={X(f * most)} x2={X(f * most)} y1="6" y2={rows.length * line + 8} /><text x={X(f * most)} y={rows.length * line + 26} text-anchor="middle">{share(f * most)}</text></g>)}
    {rows.map((r, i) => { const y = i * line + 22; return <g key={r.name}><text x={start - 12} y={y + 4} text-anchor="end">{r.name}</text>
      {r.interval && <line class="series s1" x1={X(r.interval[0])} x2={X(r.interval[1])} y1={y} y2={y} />}
      {r.value !== null && <circle class="dot" cx={X(r.value)} cy={y} r="5" />}
      <text x={end + 14} y={y + 4}>{r.value === null ? '–' : share(r.value)} · n={number(r.n)}</text></g>; })}
  </svg></figure>;
}
