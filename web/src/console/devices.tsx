// devices.tsx - the gates and how they are, the sites and what is posted there, and who
// may sign in until when. What needs a hand stands out: silence, an end that is near, an old notice.
import { useEffect, useState } from 'preact/hooks';
import { fetchNotice, noticeAddress, type NoticeState } from '../shared/notice';
import { dayAndClock } from '../shared/times';
import { Chip, Empty, Head, Loaded, useAsk, useDesk, useHappening, type Role } from './ask';

interface Token { token: string; role: Role | 'device'; site: string | null; carrier: string | null; label: string; state: 'valid' | 'expired' | 'revoked'; created_at: string; expires_at: string; credential: 'secret' | 'certificate' }
type Posted = 'current' | 'outdated' | 'unchecked' | 'no_pack';
type Camera = 'unknown' | 'working' | 'off' | 'absent' | 'denied' | 'failed';
interface Device extends Omit<Token, 'token' | 'role' | 'site' | 'carrier'> { device: string; site: string; seen_at: string | null; reported_at: string | null; software: string | null; started_at: string | null;
  camera: Camera; camera_errors: number; notice_version: string | null; notice_language: string | null; notice_state: Posted | null }
interface Site { site: string; devices: number; devices_seen: number; notices: { mode: 'air' | 'sea' | 'land' | null; direction: string | null; language: string; version: string; checked_on: string; state: Posted }[] }

const day = 86_400_000;
const daysLeft = (t: { expires_at: string }): number => Math.ceil((Date.parse(t.expires_at) - Date.now()) / day);

/** Until when a token or certificate is taken; a month before its end it is said how long that is. */
function Until({ t }: { t: { state: Token['state']; expires_at: string } }) {
  const { say } = useDesk();
  const left = daysLeft(t);
  return <span class="chips"><span class="code">{dayAndClock(t.expires_at)}</span>{t.state !== 'valid' ? <Chip kind="plain">{say(`token_${t.state}`)}</Chip> : left <= 30 && <Chip kind={left <= 7 ? 'alarm' : 'warn'}>{say('ends_soon', { n: left })}</Chip>}</span>;
}

function Seen({ at }: { at: string | null }) {
  const { say } = useDesk();
  if (at === null) return <Chip kind="warn">{say('seen_never')}</Chip>;
  const minutes = Math.floor((Date.now() - Date.parse(at)) / 60_000);
  return minutes < 5 ? <Chip kind="clear">{say('seen_now')}</Chip> : <Chip kind="warn">{minutes < 120 ? say('seen_minutes', { n: minutes }) : dayAndClock(at)}</Chip>;
}

const worry: Record<Posted, 'clear' | 'warn' | 'alarm'> = { current: 'clear', outdated: 'alarm', unchecked: 'warn', no_pack: 'alarm' };

function CameraState({ d }: { d: Device }) {
  const { say } = useDesk();
  const bad = ['absent', 'denied', 'failed'].includes(d.camera);
  return <span class="chips"><Chip kind={bad ? 'alarm' : d.camera === 'working' ? 'clear' : 'plain'}>{say(`camera_${d.camera}`)}</Chip>{d.camera_errors > 0 && <span class="soft small">{say('camera_errors', { n: d.camera_errors })}</span>}</span>;
}

/** Which gate page this service gives out now; one that stands open for weeks may be older. */
function useGatePage(): string | null {
  const [hash, setHash] = useState<string | null>(null);
  useEffect(() => { void fetch('/gate', { cache: 'no-cache' }).then((r) => r.text()).then((t) => setHash(/gate-([\w-]+)\.js/.exec(t)?.[1] ?? null), () => undefined); }, []);
  return hash;
}

function Gates({ every }: { every: boolean }) {
  const { say } = useDesk();
  const { asked, again } = useAsk<{ devices: Device[] }>(`/v1/devices${every ? '' : '?state=valid'}`, '/v1/devices');
  const page = useGatePage();
  useHappening(['decision', 'decline'], again, 10_000);
  useEffect(() => { const t = window.setInterval(again, 60_000); return () => window.clearInterval(t); }, []);
  return <section class="sheet wide" aria-labelledby="gates"><h2 id="gates">{say('devices')}</h2><Loaded asked={asked} again={again}>{({ devices }) => devices.length === 0
    ? <Empty icon="device" title={say('tokens_none')}><p class="code" dir="ltr">gangway device add "Gate 12" --site YVR</p></Empty>
    : <div class="scroll" tabIndex={0} role="group" aria-labelledby="gates"><table><thead><tr><th>{say('label')}</th><th>{say('site')}</th><th>{say('seen_at')}</th><th>{say('camera')}</th><th>{say('notice_shown')}</th><th>{say('software')}</th><th>{say('credential')}</th><th>{say('expires')}</th></tr></thead>
        <tbody>{devices.map((d) => <tr key={d.device}><td><bdi dir="auto">{d.label ?? '–'}</bdi></td><td class="code" dir="ltr">{d.site}</td><td><Seen at={d.seen_at} /></td><td><CameraState d={d} /></td>
          <td>{d.notice_state === null ? <span class="soft">–</span> : <Chip kind={worry[d.notice_state]}>{say(`posted_${d.notice_state}`)}</Chip>}</td>
          <td><span class="chips"><span class="code" dir="ltr">{d.software ?? '–'}</span>{page !== null && d.software?.startsWith('gate ') && d.software !== `gate ${page}` && <Chip kind="warn">{say('posted_outdated')}</Chip>}</span></td>
          <td>{d.credential ? say(`credential_${d.credential}`) : '–'}</td><td>{d.expires_at ? <Until t={d} /> : '–'}</td></tr>)}</tbody></table></div>}</Loaded></section>;
}

/** What the rule pack in force says there now; what is posted may be older. */
function InForce({ site }: { site: string }) {
  const { say, service } = useDesk();
  const [state, setState] = useState<NoticeState>({ kind: 'loading' });
  useEffect(() => { void fetchNotice(service, { site }, document.documentElement.lang).then(setState); }, [site]);
  return state.kind === 'loading' ? <span class="soft">{say('loading')}</span>
    : state.kind === 'shown' ? <span><bdi dir="ltr">{state.notice.pack}</bdi> · {say('version')} <span class="code" dir="ltr">{state.notice.version}</span> · <a href={noticeAddress(state.notice)} target="_blank" rel="noopener">{say('notice')}</a></span>
      : <Chip kind="warn">{say(state.kind === 'expired' ? 'notice_expired' : 'silence')}</Chip>;
}

function Sites() {
  const { say } = useDesk();
  const { asked, again } = useAsk<{ sites: Site[] }>('/v1/sites', '/v1/sites');
  return <section class="sheet wide" aria-labelledby="sites"><h2 id="sites">{say('sites')}</h2><Loaded asked={asked} again={again}>{({ sites }) => sites.length === 0 ? <Empty title={say('sites_none')} />
    : <ul class="sites">{sites.map((s) => <li key={s.site}><h3 class="code" dir="ltr">{s.site}</h3>
        <p class="chips"><Chip kind={s.devices === s.devices_seen ? 'clear' : 'warn'}>{say('standing', { seen: s.devices_seen, all: s.devices })}</Chip><InForce site={s.site} /></p>
        <p class="chips"><span class="soft">{say('posted')}</span>{s.notices.length === 0 ? <span>{say('posted_none')}</span> : s.notices.map((n, i) => <span key={i} class="chips"><bdi dir="ltr">{n.language}</bdi>{n.mode && say(`mode_${n.mode}`)}
          <Chip kind={worry[n.state]}>{say(`posted_${n.state}`)}</Chip><span class="soft small">{say('checked_on', { day: n.checked_on })}</span></span>)}</p></li>)}</ul>}</Loaded></section>;
}

function People({ every }: { every: boolean }) {
  const { say } = useDesk();
  const { asked, again } = useAsk<{ tokens: Token[] }>('/v1/tokens', '/v1/tokens');
  return <section class="sheet wide" aria-labelledby="people"><h2 id="people">{say('users')}</h2><p class="soft small">{say('devices_by_command')}</p><Loaded asked={asked} again={again}>{({ tokens }) => {
    const list = tokens.filter((t) => t.role !== 'device' && (every || t.state === 'valid'));
    return list.length === 0 ? <Empty icon="device" title={say('tokens_none')} />
      : <div class="scroll" tabIndex={0} role="group" aria-labelledby="people"><table><thead><tr><th>{say('label')}</th><th>{say('role')}</th><th>{say('site')}</th><th>{say('credential')}</th><th>{say('created')}</th><th>{say('expires')}</th></tr></thead>
          <tbody>{list.map((t) => <tr key={t.token}><td><bdi dir="auto">{t.label}</bdi></td><td>{say(`role_${t.role}`)}</td><td class="code" dir="ltr">{t.site ?? t.carrier ?? '–'}</td>
            <td>{say(`credential_${t.credential}`)}</td><td class="code">{dayAndClock(t.created_at)}</td><td><Until t={t} /></td></tr>)}</tbody></table></div>;
  }}</Loaded></section>;
}

export function Devices() {
  const { say, version, has } = useDesk();
  const [every, setEvery] = useState(false);
  return <>
    <Head title={say('view_devices')} lead={say('devices_lead')}><label class="check"><input type="checkbox" checked={every} onChange={(e) => setEvery(e.currentTarget.checked)} />{say('show_ended')}</label></Head>
    <div class="columns">
      <Gates every={every} />
      <Sites />
      {has('/v1/tokens') && <People every={every} />}
      <section class="sheet" aria-labelledby="program"><h2 id="program">{say('program')}</h2><dl class="facts"><div><dt>{say('version')}</dt><dd class="code" dir="ltr">{version}</dd></div></dl></section>
    </div>
  </>;
}
