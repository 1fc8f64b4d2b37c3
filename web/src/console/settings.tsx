// settings.tsx - the settings in force, to be looked at. They are changed in the file,
// where a change has an author and a date.
import { useState } from 'preact/hooks';
import { Chip, Empty, Head, Loaded, useAsk, useDesk } from './ask';

interface Setting { name: string; value: string; default: string; reloadable: boolean; help: string }

export function Settings() {
  const { say } = useDesk();
  const { asked, again } = useAsk<{ settings: Setting[] }>('/v1/settings', '/v1/settings');
  const [text, setText] = useState('');
  const [changed, setChanged] = useState(false);
  return <>
    <Head title={say('view_settings')} lead={say('settings_lead')}>
      <label>{say('find')}<input type="search" value={text} onInput={(e) => setText(e.currentTarget.value)} autocomplete="off" /></label>
      <label class="check"><input type="checkbox" checked={changed} onChange={(e) => setChanged(e.currentTarget.checked)} />{say('only_changed')}</label>
    </Head>
    <Loaded asked={asked} again={again}>{({ settings }) => {
      const list = settings.filter((s) => (!changed || s.value !== s.default) && `${s.name} ${s.help}`.toLowerCase().includes(text.toLowerCase()));
      return list.length === 0 ? <Empty icon="sliders" title={say('none_found')} />
        : <div class="sheet scroll" tabIndex={0} role="group" aria-label={say('view_settings')}><table><thead><tr><th>{say('name_of_setting')}</th><th>{say('value')}</th><th>{say('meaning')}</th></tr></thead>
            <tbody>{list.map((s) => <tr key={s.name}><td class="code" dir="ltr">{s.name}</td><td class="code" dir="ltr">{s.value || '""'} {s.value !== s.default && <Chip kind="warn">{say('changed')}</Chip>}</td>
              <td lang="en" dir="ltr">{s.help}{s.reloadable && <span class="soft small"> {say('reloadable')}</span>}</td></tr>)}</tbody></table></div>;
    }}</Loaded>
  </>;
}
