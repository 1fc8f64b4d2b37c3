// link.ts - is the service there? Every answer says so; while nobody asks, and after a
// silence, a small question every few seconds does.
import { useEffect, useState } from 'preact/hooks';
import type { Service } from '../shared/api';

const calm = 20_000, worried = 2_000;

/** up: it answers. probe: ask now (after a silence). */
export function useLink(service: Service | null): { up: boolean; probe: () => void } {
  const [up, setUp] = useState(true);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (service === null) return undefined;
    let over = false;
    let timer = 0;
    const ask = async () => {
      const a = await service.get('/healthz', { timeout: 4000 });
      if (over) return;
      setUp(a.kind !== 'silence');
      timer = window.setTimeout(ask, a.kind === 'silence' ? worried : calm);
    };
    const hurry = () => { window.clearTimeout(timer); void ask(); };
    void ask();
    window.addEventListener('online', hurry);
    window.addEventListener('offline', hurry);
    return () => {
      over = true;
      window.clearTimeout(timer);
      window.removeEventListener('online', hurry);
      window.removeEventListener('offline', hurry);
    };
  }, [service, round]);
  return { up, probe: () => setRound((n) => n + 1) };
}
