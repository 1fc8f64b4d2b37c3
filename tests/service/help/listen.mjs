// listen.mjs - somebody who listens to /v1/events: reads Server-Sent Events off the wire.
import assert from 'node:assert/strict';
import http from 'node:http';

export class Listener {
  // as, where: whose token; after: Last-Event-ID; query: "?kinds=alert"; paused: takes nothing until resume()
  static async open(t, g, { as, where, token, after, query = '', paused = false } = {}) {
    const l = new Listener();
    l.events = [];
    l.signs = 0;
    l.text = '';
    l.waiting = [];
    const headers = { Authorization: `Bearer ${token ?? g.token(as, where)}`, ...(after !== undefined ? { 'Last-Event-ID': String(after) } : {}) };
    l.response = await new Promise((resolve, reject) => {
      l.request = http.get(`${g.url}/v1/events${query}`, { headers, agent: false }, resolve);
      l.request.on('error', (e) => { if (!l.closed) reject(e); });
    });
    t.after(() => l.close());
    l.status = l.response.statusCode;
    l.ended = new Promise((resolve) => { l.response.on('end', () => resolve('end')); l.response.on('close', () => resolve('close')); });
    l.response.on('error', () => {});
    if (l.status !== 200) {
      l.response.resume();
      return l;
    }
    assert.equal(l.response.headers['content-type'], 'text/event-stream');
    if (!paused) l.resume();
    return l;
  }

  resume() {
    this.response.setEncoding('utf8').on('data', (d) => this.take(d));
  }

  take(d) {
    this.text += d;
    for (let end; (end = this.text.indexOf('\n\n')) >= 0;) {
      const block = this.text.slice(0, end);
      this.text = this.text.slice(end + 2);
      const event = {};
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        if (colon === 0) this.signs++;
        else event[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '');
      }
      if (event.data === undefined) continue;
      event.data = JSON.parse(event.data);
      event.id = Number(event.id);
      assert.equal(event.data.event, event.event);
      assert.equal(event.data.seq, event.id);
      this.events.push(event);
    }
    for (const w of this.waiting.splice(0)) w();
  }

  // The events that fit, once there are n of them; fails after half a minute, which a busy machine may take.
  async wait(fits, n = 1) {
    const until = Date.now() + 30_000;
    for (;;) {
      const found = this.events.filter(fits);
      if (found.length >= n) return found;
      if (Date.now() > until) assert.fail(`waited for ${n}, saw ${this.events.length}, the last: ${JSON.stringify(this.events.slice(-20).map((e) => e.data))}`);
      await new Promise((resolve) => {
        this.waiting.push(resolve);
        setTimeout(resolve, 200);
      });
    }
  }

  kind(kind, n = 1) {
    return this.wait((e) => e.event === kind, n);
  }

  close() {
    this.closed = true;
    this.request.destroy();
  }
}
