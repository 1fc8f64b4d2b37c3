// staff.tsx - what the staff sets: the token, the voyage, the camera, a PIN.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Service } from '../shared/api';
import type { Voyage, VoyagePage } from '../shared/shapes';
import { portTime } from '../shared/times';
import { forgetDevice, hashPin, keepDevice, looksLikeToken, makePin, type Device } from './device';
import { Main } from './screens';
import type { GateSay } from './speech';
import { openVoyages } from './voyages';

/** Is this the token of a device? The voyages of its site are what only such a token may list and verify. */
async function tryToken(token: string): Promise<'good' | 'setup_wrong' | 'offline'> {
  const a = await new Service(token).get<VoyagePage>('/v1/voyages?limit=1');
  return a.kind === 'good' ? 'good' : a.kind === 'silence' ? 'offline' : 'setup_wrong';
}

export function Setup({ say, offered, lapsed, done }: { say: GateSay; offered: string | null; lapsed: boolean; done: (d: Device) => void }) {
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState<'setup_wrong' | 'setup_form' | 'offline' | null>(null);
  const [busy, setBusy] = useState(false);
  const set = async (text: string) => {
    if (!looksLikeToken(text)) return setWrong('setup_form');
    setBusy(true);
    const result = await tryToken(text);
    setBusy(false);
    if (result !== 'good') return setWrong(result);
    const device: Device = { token: text, voyage: null, pin: null, camera: null };
    await keepDevice(device);
    setToken('');
    done(device);
  };
  useEffect(() => { if (offered !== null) void set(offered); }, []);
  return <Main name="setup">
    <form class="card" onSubmit={(e) => { e.preventDefault(); void set(token.trim()); }}>
      <h1>{say('setup')}</h1>
      {lapsed && <p class="band" role="status">{say('setup_lapsed')}</p>}
      {!window.isSecureContext && <p class="band">{say('setup_insecure')}</p>}
      <p>{say('setup_lead')}</p>
      <label>{say('setup_token')}<input type="password" autocomplete="off" spellcheck={false} value={token} dir="ltr"
        onInput={(e) => setToken(e.currentTarget.value)} aria-describedby="setup-keep" aria-invalid={wrong !== null} required /></label>
      {wrong && <p class="wrong" role="alert">{say(wrong)}</p>}
      <p class="help" id="setup-keep">{say('setup_keep')}</p>
      <div class="row"><button class="plain filled" disabled={busy}>{say(busy ? 'loading' : 'setup_start')}</button></div>
    </form>
  </Main>;
}

export function Staff({ say, device, service, change, close }: { say: GateSay; device: Device; service: Service; change: (d: Device | null) => void; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(device.pin === null);
  const [pin, setPin] = useState('');
  const [wrong, setWrong] = useState(false);
  useEffect(() => { dialog.current?.showModal(); }, []);
  const check = async (e: Event) => {
    e.preventDefault();
    const right = device.pin !== null && await hashPin(pin, device.pin.salt) === device.pin.hash;
    setPin('');
    setWrong(!right);
    setOpen(right);
  };
  return <dialog ref={dialog} onClose={close} aria-labelledby="staff-title">
    <div class="inside">
      <h2 id="staff-title">{say('staff_title')}</h2>
      {open ? <Panel say={say} device={device} service={service} change={change} />
        : <form onSubmit={check}>
            <label>{say('staff_pin')}<input type="password" inputMode="numeric" autocomplete="off" value={pin} onInput={(e) => setPin(e.currentTarget.value)} autoFocus /></label>
            {wrong && <p class="wrong" role="alert">{say('staff_pin_wrong')}</p>}
            <div class="row"><button class="plain filled">{say('staff_open')}</button></div>
          </form>}
      <div class="row"><button type="button" class="plain" onClick={() => dialog.current?.close()}>{say('staff_close')}</button></div>
    </div>
  </dialog>;
}

export function VoyageList({ say, device, service, change }: { say: GateSay; device: Device; service: Service; change: (d: Device) => void }) {
  const [list, setList] = useState<Voyage[] | 'loading' | 'failed'>('loading');
  const load = async () => {
    setList('loading');
    const a = await openVoyages(service);
    setList(a.kind === 'good' ? a.value : 'failed');
  };
  useEffect(() => { void load(); }, []);
  if (list === 'loading') return <p role="status">{say('loading')}</p>;
  if (list === 'failed' || list.length === 0)
    return <div class="row"><p role="status">{say(list === 'failed' ? 'offline' : 'staff_none')}</p><button type="button" class="plain" onClick={load}>{say('staff_retry')}</button></div>;
  return <div class="pick">{list.map((v) =>
    <button key={v.voyage} type="button" aria-pressed={v.voyage === device.voyage} onClick={() => change({ ...device, voyage: v.voyage })}>
      <strong class="code" dir="ltr">{v.carrier} {v.number}</strong><span><bdi>{v.from}</bdi> – <bdi>{v.to}</bdi></span><span class="code">{portTime(v.departure)}</span>
    </button>)}</div>;
}

function Panel({ say, device, service, change }: { say: GateSay; device: Device; service: Service; change: (d: Device | null) => void }) {
  const [cameras, setCameras] = useState<MediaDeviceInfo[]>([]);
  const [pin, setPin] = useState('');
  const [said, setSaid] = useState(false);
  useEffect(() => {
    // Names of cameras are known once one was allowed; asking for them starts none.
    void navigator.mediaDevices?.enumerateDevices().then((all) => setCameras(all.filter((d) => d.kind === 'videoinput' && d.deviceId !== '')));
  }, []);
  const set = async (d: Device) => { await keepDevice(d); change(d); };
  return <>
    <section aria-label={say('staff_voyage')}><h3>{say('staff_voyage')}</h3><VoyageList say={say} device={device} service={service} change={set} /></section>
    <label>{say('staff_camera')}
      <select value={device.camera ?? ''} onChange={(e) => set({ ...device, camera: e.currentTarget.value || null })}>
        <option value="">{say('staff_camera_any')}</option>
        {cameras.map((c) => <option key={c.deviceId} value={c.deviceId}>{c.label || c.deviceId.slice(0, 8)}</option>)}
      </select></label>
    <form class="row" onSubmit={async (e) => { e.preventDefault(); await set({ ...device, pin: pin === '' ? null : await makePin(pin) }); setPin(''); setSaid(true); }}>
      <label>{say('staff_new_pin')}<input type="password" inputMode="numeric" pattern="[0-9]{4,8}" autocomplete="off" value={pin} onInput={(e) => setPin(e.currentTarget.value)} /></label>
      <button class="plain">{say('staff_set')}</button>{said && <span role="status">{say('staff_pin_set')}</span>}
    </form>
    <button type="button" class="plain" onClick={async () => { await forgetDevice(); change(null); }}>{say('staff_forget')}</button>
  </>;
}
