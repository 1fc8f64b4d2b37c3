// voyages.ts - which voyages are open at this device's site.
import type { Answer, Service } from '../shared/api';
import type { Voyage, VoyagePage } from '../shared/shapes';

/** All pages of the board: the closed voyages of days stand before the one that boards. */
export async function openVoyages(service: Service): Promise<Answer<Voyage[]>> {
  const open: Voyage[] = [];
  for (let cursor: string | null = null; ;) {
    const a: Answer<VoyagePage> = await service.get(`/v1/voyages?limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    if (a.kind !== 'good') return a;
    open.push(...a.value.voyages.filter((v) => v.state === 'open'));
    if (a.value.cursor === null) return { kind: 'good', status: a.status, value: open };
    cursor = a.value.cursor;
  }
}
