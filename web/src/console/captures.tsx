// captures.tsx - capture, match and speed per gate and camera, beside their targets.
import { Loaded, useAsk, useDesk, useHappening } from './ask';
import { Report } from './report';

function Section({ name, title }: { name: 'captures' | 'declines' | 'service'; title: string }) {
  const { asked, again } = useAsk<never>(`/v1/reports/${name}`, `/v1/reports/${name}`);
  useHappening(['decision', 'decline'], again, 5000);
  return <section class="sheet wide" aria-labelledby={`report-${name}`}><h2 id={`report-${name}`}>{title}</h2>
    <Loaded asked={asked} again={again}>{(v) => <Report value={v} title={title} />}</Loaded></section>;
}

export function Captures() {
  const { say } = useDesk();
  return <><Section name="captures" title={say('captures')} /><Section name="declines" title={say('declines')} /><Section name="service" title={say('speed')} /></>;
}
