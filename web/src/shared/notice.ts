// notice.ts - the notice in force at a place, as the service gives it (GET /v1/notice).
import type { Service } from './api';

export interface Notice {
  language: string;
  title: string;
  paragraphs: string[];
}
export type NoticeState = { kind: 'loading' } | { kind: 'absent' } | { kind: 'expired' } | { kind: 'shown'; notice: Notice };

export async function fetchNotice(service: Service, language: string): Promise<NoticeState> {
  const a = await service.get<Notice>(`/v1/notice?language=${encodeURIComponent(language)}`);
  if (a.kind === 'good') return { kind: 'shown', notice: a.value };
  return a.kind === 'problem' && a.problem.code === 'expired' ? { kind: 'expired' } : { kind: 'absent' };
}
