// times.ts - times as people read them. What ends in Z is UTC and shown in this machine's
// zone; what does not is the port's local time and shown as it is.

export function portTime(text: string | null): string {
  if (text === null) return '–';
  if (text.endsWith('Z')) return clock(text);
  return text.slice(11, 16) || text;
}

export function clock(text: string): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(text));
}

export function dayAndClock(text: string | null): string {
  if (text === null) return '–';
  const t = new Date(text), thisYear = t.getFullYear() === new Date().getFullYear();
  return new Intl.DateTimeFormat(document.documentElement.lang, { day: 'numeric', month: 'short', ...(thisYear ? {} : { year: 'numeric' }), hour: '2-digit', minute: '2-digit', hour12: false }).format(t);
}
