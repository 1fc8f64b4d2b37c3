// numbers.tsx - numbers as people read them, each with what it rests on.
import { useDesk } from './ask';

export interface Rate { rate: number; interval_95: [number, number] }

export function number(n: number): string {
  if (Number.isInteger(n)) return n.toLocaleString(document.documentElement.lang);
  return Math.abs(n) < 0.001 && n !== 0 ? n.toExponential(2) : n.toLocaleString(document.documentElement.lang, { maximumSignificantDigits: 4 });
}

/** A share in percent; of tiny ones the power of ten, which is how error rates are compared. */
export const share = (v: number): string => v >= 0.001 || v === 0 ? `${(v * 100).toLocaleString(document.documentElement.lang, { maximumSignificantDigits: 3 })} %` : v.toExponential(0);

export function time(ms: number): string {
  return ms < 1000 ? `${number(Math.round(ms))} ms` : `${(ms / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} s`;
}

/** A rate and its 95 % interval; null: nothing it could be of. */
export function RateCell({ r }: { r: Rate | null | undefined }) {
  const { say } = useDesk();
  if (!r) return <span class="soft">–</span>;
  return <span class="code rate" dir="ltr" title={say('interval')}><b>{share(r.rate)}</b> <span class="soft">{share(r.interval_95[0])} – {share(r.interval_95[1])}</span></span>;
}

/** null: so few that they could be somebody. */
export function Count({ n }: { n: number | null }) {
  const { say } = useDesk();
  return n === null ? <span class="soft">{say('few')}</span> : <span class="code">{number(n)}</span>;
}
