// status.ts - how this gate is, told to the service once a minute: its page, its camera,
// the notice it shows. No traveler is in it. And a page that stood open while the
// service was renewed is exchanged when nobody is before it.
import { useEffect, useRef } from 'preact/hooks';
import type { Service } from '../shared/api';
import type { NoticeState } from '../shared/notice';

export type CameraState = 'unknown' | 'working' | 'absent' | 'denied' | 'failed';
export interface CameraCount { state: CameraState; errors: number }

const minute = 60_000;
const began = new Date().toISOString();
const pageOf = (html: string): string | null => /gate-([\w-]+)\.js/.exec(html)?.[1] ?? null;
const mine = pageOf(Array.from(document.scripts, (s) => s.src).join(' '));

/** What a refusal of the camera says about it. */
export const stateOf = (e: unknown): CameraState => {
  const name = e instanceof DOMException ? e.name : '';
  return name === 'NotAllowedError' ? 'denied' : name === 'NotFoundError' || name === 'OverconstrainedError' ? 'absent' : 'failed';
};

export function useStatus(service: Service | null, notice: NoticeState, camera: CameraCount): void {
  const now = useRef({ notice, camera });
  now.current = { notice, camera };
  useEffect(() => {
    if (service === null) return undefined;
    const tell = () => {
      const n = now.current.notice.kind === 'shown' ? now.current.notice.notice : null;
      void service.ask('PUT', '/v1/me/status', { json: { software: mine === null ? null : `gate ${mine}`, started_at: began, camera: now.current.camera.state, camera_errors: now.current.camera.errors,
        notice_version: n?.version ?? null, notice_language: n?.language ?? null, mode: n?.mode ?? null, direction: n?.direction ?? null }, once: crypto.randomUUID() });
    };
    const soon = window.setTimeout(tell, 1500); // whatever changed has settled
    const timer = window.setInterval(tell, minute);
    return () => { window.clearTimeout(soon); window.clearInterval(timer); };
  }, [service, notice.kind, camera.state, camera.errors]);
}

/** Takes the newer page when there is one and nobody is here. */
export function useRenewal(quiet: boolean): void {
  useEffect(() => {
    if (!quiet || mine === null) return undefined;
    const look = () => void fetch('/gate', { cache: 'no-cache', credentials: 'omit' }).then((r) => r.ok ? r.text() : '').then((html) => {
      const there = pageOf(html);
      if (there !== null && there !== mine) location.reload();
    }, () => undefined);
    const timer = window.setInterval(look, 10 * minute);
    return () => window.clearInterval(timer);
  }, [quiet]);
}
