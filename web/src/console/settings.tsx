// settings.tsx - the settings in force, to be looked at. They are changed in the file,
// where a change has an author and a date.
import { useEffect, useState } from 'preact/hooks';
import { Chip, Empty, Head, Loaded, useAsk, useDesk } from './ask';

// What a setting means, in the other languages; in English the service says it itself.
const files = import.meta.glob('../../languages/settings/*.json');

function useMeanings(): Record<string, string> {
  const { say } = useDesk();
  const [meanings, setMeanings] = useState<Record<string, string>>({});
  useEffect(() => {
    const file = Object.entries(files).find(([name]) => name.endsWith(`/${document.documentElement.lang}.json`));
    if (file) void file[1]().then((m) => setMeanings((m as { default: Record<string, string> }).default));
    else setMeanings({});
  }, [say]);
  return meanings;
}

interface Setting { name: string; value: string; default: string; reloadable: boolean; help: string }

export function Settings() {
  const { say } = useDesk();
  const { asked, again } = useAsk<{ settings: Setting[] }>('/v1/settings', '/v1/settings');
  const meanings = useMeanings();
  const [text, setText] = useState('');
  const [changed, setChanged] = useState(false);
  return <>
    <Head title={say('view_settings')} lead={say('settings_lead')}>
      <label>{say('find')}<input type="search" value={text} onInput={(e) => setText(e.currentTarget.value)} autocomplete="off" /></label>
      <label class="check"><input type="checkbox" checked={changed} onChange={(e) => setChanged(e.currentTarget.checked)} />{say('only_changed')}</label>
    </Head>
    <Loaded asked={asked} again={again}>{({ settings }) => {
      const list = settings.filter((s) => (!changed || s.value !== s.default) && `${s.name} ${meanings[s.name] ?? s.help}`.toLowerCase().includes(text.toLowerCase()));
      return list.length === 0 ? <Empty icon="sliders" title={say('none_found')} />
        : <div class="sheet scroll" tabIndex={0} role="group" aria-label={say('view_settings')}><table><thead><tr><th>{say('name_of_setting')}</th><th>{say('value')}</th><th>{say('meaning')}</th></tr></thead>
            <tbody>{list.map((s) => <tr key={s.name}><td class="code" dir="ltr">{s.name}</td><td class="code" dir="ltr">{s.value || '""'} {s.value !== s.default && <Chip kind="warn">{say('changed')}</Chip>}</td>
              <td>{meanings[s.name] ?? <span lang="en" dir="ltr">{s.help}</span>}{s.reloadable && <span class="soft small"> {say('reloadable')}</span>}</td></tr>)}</tbody></table></div>;
    }}</Loaded>
  </>;
}
