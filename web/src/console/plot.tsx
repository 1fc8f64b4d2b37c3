// plot.tsx - plots as SVG: axes with numbers, series told apart by dash and shape as well as
// color, and the numbers themselves in a table under each, for whom the picture says nothing.
import { useDesk } from './ask';
import { Count, RateCell, number, share, type Rate } from './numbers';

/** Of fewer than five errors only what the rate is not above. */
export interface Bounded { rate: number | null; at_most: number | null }
export interface Point { threshold: number; x: Bounded; y: Bounded }
export interface Series { name: string; points: Point[] }
export interface Bin { from: number; to: number; count: number }
export interface Histo { count: number | null; bins: Bin[] }

const dashes = ['', '7 4', '2 4', '10 3 2 3'];
const W = 640, H = 380, left = 74, right = 18, top = 14, bottom = 52;

/** Arabic begins at its own end, also where a number stands first. */
const isolate = (text: string): string => `\u2068${text}\u2069`;

const valueOf = (b: Bounded): number => b.rate ?? b.at_most ?? 0;
const told = (b: Bounded): string => b.rate !== null ? share(b.rate) : `≤ ${share(b.at_most ?? 1)}`;

const decades = (lo: number, hi: number): number[] => {
  const out = [];
  for (let e = Math.floor(Math.log10(lo)); e <= Math.max(Math.ceil(Math.log10(hi)), Math.floor(Math.log10(lo)) + 1); e++) out.push(10 ** e);
  return out;
};

function Numbers({ children }: { children: preact.ComponentChildren }) {
  const { say } = useDesk();
  return <details><summary>{say('numbers')}</summary><div class="scroll tall" tabIndex={0} role="group" aria-label={say('numbers')}><table>{children}</table></div></details>;
}

function Legend({ names, shape }: { names: preact.ComponentChildren[]; shape: (i: number) => preact.ComponentChildren }) {
  return <figcaption class="legend">{names.map((name, i) => <span key={i}><svg width="34" height="12" aria-hidden="true">{shape(i)}</svg>{name}</span>)}</figcaption>;
}

/** False matches against misses, both logarithmic: lower left is better. */
export function Det({ series, xName, yName }: { series: Series[]; xName: string; yName: string }) {
  const { say } = useDesk();
  const all = series.flatMap((s) => s.points).map((p): [number, number] => [valueOf(p.x), valueOf(p.y)]).filter(([x, y]) => x > 0 && y > 0);
  if (all.length === 0) return <p class="soft pad">{say('nothing_yet')}</p>;
  const range = (k: 0 | 1): [number, number] => { const v = all.map((p) => p[k]), d = decades(Math.min(...v), Math.max(...v)); return [d[0]!, d.at(-1)!]; };
  const [x0, x1] = range(0), [y0, y1] = range(1);
  const X = (v: number) => left + (Math.log10(v) - Math.log10(x0)) / (Math.log10(x1) - Math.log10(x0)) * (W - left - right);
  const Y = (v: number) => H - bottom - (Math.log10(v) - Math.log10(y0)) / (Math.log10(y1) - Math.log10(y0)) * (H - top - bottom);
  const mark = (i: number, x: number, y: number, open: boolean, key: number) => i % 2 === 0 ? <circle key={key} class={`point s${i % 4 + 1}${open ? ' open' : ''}`} cx={x} cy={y} r="4" />
    : <rect key={key} class={`point s${i % 4 + 1}${open ? ' open' : ''}`} x={x - 3.6} y={y - 3.6} width="7.2" height="7.2" />;
  return <figure class="plot">
    <svg viewBox={`0 0 ${W} ${H}`} role="img" direction="ltr" aria-label={`${yName} / ${xName}`}>
      {decades(x0, x1).filter((d) => d <= x1).map((d) => <g key={d}><line class="grid" x1={X(d)} x2={X(d)} y1={top} y2={H - bottom} /><text x={X(d)} y={H - bottom + 20} text-anchor="middle">{share(d)}</text></g>)}
      {decades(y0, y1).filter((d) => d <= y1).map((d) => <g key={d}><line class="grid" x1={left} x2={W - right} y1={Y(d)} y2={Y(d)} /><text x={left - 8} y={Y(d) + 4} text-anchor="end">{share(d)}</text></g>)}
      <text x={(left + W - right) / 2} y={H - 10} text-anchor="middle" class="axis">{isolate(xName)}</text>
      <text transform={`translate(16 ${(top + H - bottom) / 2}) rotate(-90)`} text-anchor="middle" class="axis">{isolate(yName)}</text>
      {series.map((s, i) => { const shown = s.points.filter((p) => valueOf(p.x) > 0 && valueOf(p.y) > 0);
        return <g key={s.name}><polyline class={`series s${i % 4 + 1}`} stroke-dasharray={dashes[i % 4]} points={shown.map((p) => `${X(valueOf(p.x))},${Y(valueOf(p.y))}`).join(' ')} />
          {shown.map((p, k) => mark(i, X(valueOf(p.x)), Y(valueOf(p.y)), p.x.rate === null || p.y.rate === null, k))}</g>; })}
    </svg>
    <Legend names={series.map((s) => s.name)} shape={(i) => <><line class={`series s${i % 4 + 1}`} stroke-dasharray={dashes[i % 4]} x1="0" x2="34" y1="6" y2="6" />{mark(i, 17, 6, false, 0)}</>} />
    <p class="soft small">{say('det_open')}</p>
    <Numbers><thead><tr><th>{say('series')}</th><th>{say('threshold')}</th><th>{xName}</th><th>{yName}</th></tr></thead>
      <tbody>{series.flatMap((s) => s.points.map((p) => <tr key={`${s.name}${p.threshold}`}><td>{s.name}</td><td class="code" dir="ltr">{p.threshold.toFixed(3)}</td><td class="code" dir="ltr">{told(p.x)}</td><td class="code" dir="ltr">{told(p.y)}</td></tr>))}</tbody></Numbers>
  </figure>;
}

/** Counts of scores as density, because bins are as wide as five people need; each series to its own height, so that few and many can be seen together. */
export function Histogram({ series, xName, marks }: { series: ({ name: string } & Histo)[]; xName: string; marks: { at: number; name: string }[] }) {
  const { say } = useDesk();
  const drawn = series.filter((s) => s.bins.length > 0), all = drawn.flatMap((s) => s.bins);
  if (all.length === 0) return <p class="soft pad">{say('nothing_yet')}</p>;
  const x0 = Math.min(...all.map((b) => Math.max(b.from, -0.5)), ...marks.map((m) => m.at)), x1 = Math.max(...all.map((b) => b.to), ...marks.map((m) => m.at));
  const X = (v: number) => left + (Math.max(v, x0) - x0) / (x1 - x0) * (W - left - right);
  const ticks = Array.from({ length: 6 }, (_, i) => x0 + (x1 - x0) * i / 5);
  const density = (b: Bin) => b.count / (b.to - b.from);
  const index = (name: string) => series.findIndex((s) => s.name === name) % 4 + 1;
  return <figure class="plot">
    <svg viewBox={`0 0 ${W} ${H}`} role="img" direction="ltr" aria-label={xName}>
      {ticks.map((t) => <g key={t}><line class="grid" x1={X(t)} x2={X(t)} y1={top} y2={H - bottom} /><text x={X(t)} y={H - bottom + 20} text-anchor="middle">{t.toFixed(2)}</text></g>)}
      {drawn.map((s) => { const most = Math.max(...s.bins.map(density)); const h = (b: Bin) => density(b) / most * (H - top - bottom);
        return s.bins.map((b) => <rect key={`${s.name}-${b.from}`} class={`bar s${index(s.name)}`} x={X(b.from)} width={Math.max(1, X(b.to) - X(b.from) - 0.5)} y={H - bottom - h(b)} height={h(b)} />); })}
      {marks.map((m, i) => <g key={m.name}><line class="mark" x1={X(m.at)} x2={X(m.at)} y1={top} y2={H - bottom} />
        <text x={X(m.at) + (X(m.at) > W - 190 ? -6 : 6)} y={top + 14 + 18 * i} text-anchor={X(m.at) > W - 190 ? 'end' : 'start'}>{isolate(m.name)}</text></g>)}
      <text x={(left + W - right) / 2} y={H - 10} text-anchor="middle" class="axis">{isolate(xName)}</text>
    </svg>
    <Legend names={series.map((s) => <>{s.name}: <Count n={s.count} /></>)} shape={(i) => <rect class={`bar s${i % 4 + 1}`} x="6" width="20" height="12" />} />
    <Numbers><thead><tr><th>{say('series')}</th><th>{xName}</th><th>{say('pictures')}</th></tr></thead>
      <tbody>{series.flatMap((s) => s.bins.length === 0 ? [<tr key={s.name}><td>{s.name}</td><td>–</td><td><Count n={s.count} /></td></tr>]
        : s.bins.map((b) => <tr key={`${s.name}${b.from}`}><td>{s.name}</td><td class="code" dir="ltr">{b.from.toFixed(2)} – {b.to.toFixed(2)}</td><td class="code">{number(b.count)}</td></tr>))}</tbody></Numbers>
  </figure>;
}

/** Rates with their 95 % intervals, one group a line: what overlaps is not known to differ. */
export function Intervals({ rows, name }: { rows: { name: string; rate: Rate | null; n: number | null }[]; name: string }) {
  const { say } = useDesk();
  if (rows.every((r) => !r.rate)) return <p class="soft pad">{say('few_lead')}</p>;
  const most = Math.max(0.01, ...rows.map((r) => r.rate?.interval_95[1] ?? 0));
  const line = 30, w = 640, start = 150, end = w - 190;
  const X = (v: number) => start + v / most * (end - start);
  return <figure class="plot"><svg viewBox={`0 0 ${w} ${rows.length * line + 34}`} role="img" direction="ltr" aria-label={name}>
    {[0, 0.5, 1].map((f) => <g key={f}><line class="grid" x1={X(f * most)} x2={X(f * most)} y1="6" y2={rows.length * line + 8} /><text x={X(f * most)} y={rows.length * line + 26} text-anchor="middle">{share(f * most)}</text></g>)}
    {rows.map((r, i) => { const y = i * line + 22; return <g key={r.name}><text x={start - 12} y={y + 4} text-anchor="end">{isolate(r.name)}</text>
      {r.rate && <><line class="series s1" x1={X(r.rate.interval_95[0])} x2={X(r.rate.interval_95[1])} y1={y} y2={y} /><circle class="dot" cx={X(r.rate.rate)} cy={y} r="5" /></>}
      <text x={end + 14} y={y + 4}>{r.rate ? `${share(r.rate.rate)} · n = ${number(r.n ?? 0)}` : r.n === null ? isolate(say('few')) : '–'}</text></g>; })}
  </svg><Numbers><thead><tr><th>{say('group')}</th><th>{say('rate')}</th><th>{say('persons')}</th></tr></thead>
    <tbody>{rows.map((r) => <tr key={r.name}><td>{r.name}</td><td><RateCell r={r.rate} /></td><td><Count n={r.n} /></td></tr>)}</tbody></Numbers></figure>;
}
