// notice.ts - the notice in force at a place, as the service gives it (GET /v1/notice).
import type { Problem, Service } from './api';

export interface Notice {
  site: string;
  mode: 'air' | 'sea' | 'land' | null;
  direction: 'arrival' | 'departure' | null;
  language: string;
  text_direction: 'ltr' | 'rtl';
  languages: string[];
  version: string;
  pack: string;
  authority: string;
  effective_from: string;
  effective_until: string | null;
  title: string;
  introduction: string;
  groups: { who: string; photo: 'required' | 'voluntary' | 'exempt' | 'not_authorised'; alternative: string; sentences: string[] }[];
  closing: string;
}
/** expired: no rules in force, so nobody is photographed. absent: it cannot be known now. */
export type NoticeState = { kind: 'loading' } | { kind: 'absent'; problem?: Problem } | { kind: 'expired' } | { kind: 'shown'; notice: Notice };

export interface Place {
  /** a device may leave it out: the service knows where it stands */
  site?: string;
  mode?: string | null;
  direction?: string | null;
}

function query(place: Place, language?: string): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries({ ...place, lang: language })) if (v) q.set(k, v);
  return q.toString();
}

export async function fetchNotice(service: Service, place: Place, language: string): Promise<NoticeState> {
  let a = await service.get<Notice>(`/v1/notice?${query(place, language)}`);
  // Not in that language? Then in the authority's own.
  if (a.kind === 'problem' && a.problem.status === 404) a = await service.get<Notice>(`/v1/notice?${query(place)}`);
  if (a.kind === 'good') return { kind: 'shown', notice: a.value };
  if (a.kind === 'problem') return a.problem.status === 404 ? { kind: 'expired' } : { kind: 'absent', problem: a.problem };
  return { kind: 'absent' };
}

/** The page of the same notice, for a phone. */
export const noticeAddress = (n: Notice): string => `/notice?${query({ site: n.site, mode: n.mode, direction: n.direction }, n.language)}`;
