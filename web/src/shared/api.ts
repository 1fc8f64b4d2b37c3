// api.ts - asking the service. Every answer is one of: good, a problem it explains
// (RFC 9457), or no answer at all.

export interface Problem {
  status: number;
  code: string;
  detail: string;
  next: string;
  request_id?: string;
  retry_after?: number;
}

export type Answer<T> =
  | { kind: 'good'; status: number; value: T }
  | { kind: 'problem'; problem: Problem }
  | { kind: 'silence' };

export interface Ask {
  json?: unknown;
  body?: Blob;
  headers?: Record<string, string>;
  /** changes state: sent again after a silence it changes nothing more */
  once?: string;
  timeout?: number;
  signal?: AbortSignal;
}

const usual = 15_000;
/** A stream without a byte for so long is dead: the service says that it lives every 10 s (src/http/get_events.c). */
const silent = 35_000;

export class Service {
  /** token: without one only what anybody may ask. ended: told when it is accepted no more */
  constructor(private readonly token: string | null, private readonly ended: () => void = () => undefined) {}

  private headers(more: Record<string, string> = {}): Record<string, string> {
    return this.token === null ? more : { Authorization: `Bearer ${this.token}`, ...more };
  }

  async ask<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
    const headers = this.headers(ask.headers);
    let body: BodyInit | null = ask.body ?? null;
    if (ask.json !== undefined) {
      body = JSON.stringify(ask.json);
      headers['Content-Type'] = 'application/json';
    }
    if (ask.once !== undefined) headers['Idempotency-Key'] = ask.once;
    const ended = AbortSignal.timeout(ask.timeout ?? usual);
    const stop = new AbortController();
    const end = () => stop.abort();
    ended.addEventListener('abort', end);
    ask.signal?.addEventListener('abort', end);
    try {
      const r = await fetch(path, { method, headers, body, signal: stop.signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
      const json = /json/.test(r.headers.get('Content-Type') ?? '') ? await r.json() : null;
      if (r.ok) return { kind: 'good', status: r.status, value: json as T };
      const p = (json ?? {}) as Partial<Problem>;
      const wait = Number(r.headers.get('Retry-After'));
      // 502 and 504 come from something between that found no service: silence, too.
      if (json === null && (r.status === 502 || r.status === 504)) return { kind: 'silence' };
      if (r.status === 401) this.ended();
      return { kind: 'problem', problem: { status: r.status, code: p.code ?? 'unknown', detail: p.detail ?? '', next: p.next ?? '',
        ...(p.request_id ? { request_id: p.request_id } : {}), ...(wait > 0 ? { retry_after: wait } : {}) } };
    } catch {
      return { kind: 'silence' };
    } finally {
      ask.signal?.removeEventListener('abort', end);
    }
  }

  get<T>(path: string, ask: Ask = {}): Promise<Answer<T>> {
    return this.ask<T>('GET', path, ask);
  }

  post<T>(path: string, json: unknown, ask: Ask = {}): Promise<Answer<T>> {
    return this.ask<T>('POST', path, { json, once: crypto.randomUUID(), ...ask });
  }

  /** One photo for an officer: shown, then let go by revokeObjectURL. */
  async photo(path: string, signal?: AbortSignal): Promise<Answer<Blob>> {
    try {
      const r = await fetch(path, { headers: this.headers(), cache: 'no-store', credentials: 'omit', redirect: 'error', ...(signal ? { signal } : {}) });
      if (r.ok) return { kind: 'good', status: r.status, value: await r.blob() };
      const p = await r.json().catch(() => ({})) as Partial<Problem>;
      return { kind: 'problem', problem: { status: r.status, code: p.code ?? 'unknown', detail: p.detail ?? '', next: p.next ?? '' } };
    } catch {
      return { kind: 'silence' };
    }
  }

  /** Server-Sent Events with a token (EventSource cannot carry one). Comes back after
   *  every break with Last-Event-ID, until stopped; told when it is up and when it is not. */
  listen(path: string, heard: (event: string, data: unknown) => void, state: (up: boolean, problem?: Problem) => void): () => void {
    const stop = new AbortController();
    let last = '';
    let pause = 1000;
    const session = async (end: AbortSignal, alive: () => void): Promise<boolean> => {
      const r = await fetch(path, { headers: this.headers({ Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': last } : {}) }),
        signal: end, cache: 'no-store', credentials: 'omit', redirect: 'error' });
      alive();
      if (!r.ok || r.body === null) {
        const p = await r.json().catch(() => ({})) as Partial<Problem>;
        if (r.status === 401) this.ended();
        state(false, { status: r.status, code: p.code ?? 'unknown', detail: p.detail ?? '', next: p.next ?? '' });
        return r.status === 429 || r.status >= 500; // else asking again brings the same
      }
      state(true);
      pause = 1000;
      const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ''; ;) {
        const { value, done } = await reader.read();
        if (done) return true;
        alive();
        const blocks = (rest + value).split(/\r?\n\r?\n/);
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          let event = 'message', data = '';
          for (const line of block.split(/\r?\n/)) {
            const [, field, text] = /^(\w*):? ?(.*)$/.exec(line) ?? [];
            if (field === 'event') event = text ?? '';
            else if (field === 'data') data += `${data && '\n'}${text}`;
            else if (field === 'id') last = text ?? '';
          }
          if (data) try { heard(event, JSON.parse(data)); } catch { /* not ours */ }
        }
      }
    };
    void (async () => {
      while (!stop.signal.aborted) {
        let again = true;
        // A connection can die without a word: behind a router that forgot it, or in a device that slept.
        const end = new AbortController();
        const give = () => end.abort();
        let watch = window.setTimeout(give, silent);
        stop.signal.addEventListener('abort', give);
        try {
          again = await session(end.signal, () => {
            window.clearTimeout(watch);
            watch = window.setTimeout(give, silent);
          });
        } catch { state(false); }
        window.clearTimeout(watch);
        stop.signal.removeEventListener('abort', give);
        if (stop.signal.aborted || !again) return;
        state(false);
        await new Promise((r) => setTimeout(r, pause));
        pause = Math.min(pause * 2, 15_000);
      }
    })();
    return () => stop.abort();
  }
}
