// report.tsx - a report of the service as tables: every list in it is one, with the
// report's own words for heads, so that a new column is seen without a new page.
import { useDesk } from './ask';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Row = { [key: string]: Json };

const words = (key: string): string => key.replace(/_/g, ' ');

export function number(n: number): string {
  if (Number.isInteger(n)) return n.toLocaleString(document.documentElement.lang);
  return Math.abs(n) < 0.001 && n !== 0 ? n.toExponential(2) : n.toLocaleString(document.documentElement.lang, { maximumSignificantDigits: 4 });
}

function cell(v: Json | undefined): string {
  if (v === null || v === undefined) return '–';
  if (typeof v === 'number') return number(v);
  if (Array.isArray(v)) return v.every((x) => typeof x === 'number') && v.length === 2 ? `${number(v[0] as number)} – ${number(v[1] as number)}` : v.map(cell).join(', ');
  if (typeof v === 'object') return Object.entries(v).map(([k, x]) => `${words(k)} ${cell(x)}`).join(' · ');
  return String(v).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, '$1 $2 UTC');
}

const isRows = (v: Json): v is Row[] => Array.isArray(v) && v.length > 0 && v.every((x) => x !== null && typeof x === 'object' && !Array.isArray(x));

export function Report({ value, title }: { value: Json; title: string }) {
  const { say } = useDesk();
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const facts = Object.entries(value).filter(([, v]) => !isRows(v) && !(Array.isArray(v) && v.length === 0));
  const tables = Object.entries(value).filter((e): e is [string, Row[]] => isRows(e[1]));
  return <>
    {facts.length > 0 && <dl class="facts">{facts.map(([k, v]) => <div key={k}><dt>{words(k)}</dt><dd class="code">{cell(v)}</dd></div>)}</dl>}
    {tables.map(([name, rows]) => {
      const columns = [...new Set(rows.flatMap((r) => Object.keys(r)))];
      return <div key={name} class="scroll" tabIndex={0} role="group" aria-label={`${title}: ${words(name)}`}><table><caption>{words(name)}</caption>
        <thead><tr>{columns.map((c) => <th key={c}>{words(c)}</th>)}</tr></thead>
        <tbody>{rows.slice(0, 500).map((r, i) => <tr key={i}>{columns.map((c) => <td key={c} class={typeof r[c] === 'number' ? 'code' : ''}>{cell(r[c])}</td>)}</tr>)}</tbody></table>
        {rows.length > 500 && <p class="soft small pad">{say('shown_of', { n: 500, all: rows.length })}</p>}</div>;
    })}
    {facts.length === 0 && tables.length === 0 && <p class="soft pad">{say('nothing_yet')}</p>}
  </>;
}
