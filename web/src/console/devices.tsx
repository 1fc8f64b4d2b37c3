// devices.tsx - what captures and who signs in, where, until when; and what travelers
// are told at each site.
import { useEffect, useState } from 'preact/hooks';
import { fetchNotice, noticeAddress, type NoticeState } from '../shared/notice';
import { dayAndClock } from '../shared/times';
import { Chip, Empty, Head, Loaded, useAsk, useDesk } from './ask';

interface Token { token: string; role: string; site: string | null; carrier: string | null; label: string; state: 'valid' | 'expired' | 'revoked'; created_at: string; expires_at: string; credential: 'secret' | 'certificate' }

const soon = (t: Token): boolean => t.state === 'valid' && Date.parse(t.expires_at) - Date.now() < 30 * 86_400_000;

function Site({ site }: { site: string }) {
  const { say, service } = useDesk();
  const [state, setState] = useState<NoticeState>({ kind: 'loading' });
  useEffect(() => { void fetchNotice(service, { site }, document.documentElement.lang).then(setState); }, [site]);
  return <li><b class="code">{site}</b>{state.kind === 'loading' ? <span class="soft">{say('loading')}</span>
    : state.kind === 'shown' ? <span>{state.notice.pack} · {say('version')} <span class="code" dir="ltr">{state.notice.version}</span> · <a href={noticeAddress(state.notice)} target="_blank" rel="noopener">{say('notice')}</a></span>
      : <Chip kind="warn">{say(state.kind === 'expired' ? 'notice_expired' : 'silence')}</Chip>}</li>;
}

export function Devices() {
  const { say, version } = useDesk();
  const { asked, again } = useAsk<{ tokens: Token[] }>('/v1/tokens', '/v1/tokens');
  const [all, setAll] = useState(false);
  return <>
    <Head title={say('view_devices')} lead={say('devices_lead')}><label class="check"><input type="checkbox" checked={all} onChange={(e) => setAll(e.currentTarget.checked)} />{say('show_ended')}</label></Head>
    <Loaded asked={asked} again={again}>{({ tokens }) => {
      const list = tokens.filter((t) => all || t.state === 'valid');
      const sites = [...new Set(tokens.filter((t) => t.role === 'device' && t.state === 'valid').map((t) => t.site!))].sort();
      return <div class="columns">
        <section class="sheet wide" aria-labelledby="tokens"><h2 id="tokens">{say('tokens')}</h2>
          {list.length === 0 ? <Empty icon="device" title={say('tokens_none')}><p class="code">gangway device add "Gate 12" --site YVR</p></Empty>
            : <div class="scroll" tabIndex={0} role="group" aria-label={say('tokens')}><table><thead><tr><th>{say('label')}</th><th>{say('role')}</th><th>{say('site')}</th><th>{say('state')}</th><th>{say('credential')}</th><th>{say('created')}</th><th>{say('expires')}</th></tr></thead>
                <tbody>{list.map((t) => <tr key={t.token}><td>{t.label}</td><td>{say(`role_${t.role as 'device'}`)}</td><td class="code">{t.site ?? t.carrier ?? '–'}</td>
                  <td><Chip kind={t.state !== 'valid' ? 'plain' : soon(t) ? 'warn' : 'clear'}>{say(`token_${t.state}`)}</Chip></td><td>{say(`credential_${t.credential}`)}</td><td class="code">{dayAndClock(t.created_at)}</td><td class="code">{dayAndClock(t.expires_at)}</td></tr>)}</tbody></table></div>}</section>
        <section class="sheet" aria-labelledby="sites"><h2 id="sites">{say('sites')}</h2>{sites.length === 0 ? <Empty title={say('sites_none')} /> : <ul class="lines">{sites.map((s) => <Site key={s} site={s} />)}</ul>}</section>
        <section class="sheet" aria-labelledby="program"><h2 id="program">{say('program')}</h2><dl class="facts"><div><dt>{say('version')}</dt><dd class="code">{version}</dd></div></dl><p class="soft small">{say('devices_by_command')}</p></section>
      </div>;
    }}</Loaded>
  </>;
}
