// gate.tsx - one traveler after the other: idle, camera, answer, idle. The order of
// things; screens.tsx shows them, camera.ts and see.ts look.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Service, type Answer, type Problem } from '../shared/api';
import { Icon } from '../shared/icons';
import { fetchNotice, type NoticeState } from '../shared/notice';
import type { Guidance, Verification, Voyage } from '../shared/shapes';
import { portTime } from '../shared/times';
import { announce, load, preferred, speak, type Language } from '../shared/words';
import { Camera } from './camera';
import { keepDevice, readDevice, type Device } from './device';
import { useLink } from './link';
import { isBoardingPass, openReader, type Reader } from './scan';
import { Busy, Idle, Languages, Main, Result, Stand } from './screens';
import { hint, type Hint } from './see';
import { stateOf, useRenewal, useStatus, type CameraCount } from './status';
import { Setup, Staff, VoyageList } from './staff';
import { openVoyages } from './voyages';

type Why = 'declined' | 'declined_later' | 'inspect' | 'camera' | 'unavailable' | 'offline' | 'changed' | 'not_authorised';
type Stage =
  | { at: 'idle' } | { at: 'starting' } | { at: 'looking' } | { at: 'deciding' } | { at: 'scanning' } | { at: 'offline' } | { at: 'again' }
  | { at: 'clear'; seat: string | null } | { at: 'officer'; why: Why; seat?: string | null; between?: boolean };

const files = import.meta.glob('../../languages/gate/*.json');
const looks = { every: 120, steady: 3, pause: 1800, patience: 60_000 };
/** What somebody left on the idle screen goes after so long without a touch. */
const leftAlone = 60_000;
/** An unanswered photo is kept so long to be sent again; then its traveler goes to an officer. */
const keptWaiting = 90_000;
const retryOffline = 2000;
const resends = [500, 1500, 3000];
/** The token is at fault, and not what was asked with it. */
const tokenEnded = (p: Problem) => p.status === 401 || (p.status === 403 && p.code === 'forbidden');
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

function useWords() {
  const [language, setLanguage] = useState<Language>(preferred);
  const [words, setWords] = useState<Record<string, string> | null>(null);
  useEffect(() => {
    let over = false;
    void load(files, language).then((w) => {
      if (over) return;
      announce(language);
      document.title = `Gangway · ${w.title}`;
      setWords(w);
    });
    return () => { over = true; };
  }, [language]);
  const say = useMemo(() => words && speak<string>(words), [words]);
  return { language, setLanguage, say };
}

/** The voyage that boards here: the one chosen; where there is only one open, that. */
function useVoyage(service: Service | null, device: Device | null, setDevice: (d: Device | null) => void, refused: () => void, quiet: boolean) {
  const [voyage, setVoyage] = useState<Voyage | 'loading' | 'none' | 'closed'>('loading');
  useEffect(() => {
    if (service === null || device === null || !quiet) return undefined;
    let over = false, timer = 0;
    const ask = async () => {
      const again = () => { timer = window.setTimeout(ask, 30_000); };
      const a: Answer<Voyage | Voyage[]> = device.voyage === null ? await openVoyages(service) : await service.get<Voyage>(`/v1/voyages/${device.voyage}`);
      if (over) return;
      if (a.kind === 'silence') return again();
      if (a.kind === 'problem') {
        if (tokenEnded(a.problem)) return refused();
        if (device.voyage !== null && (a.problem.status === 404 || a.problem.status === 410)) setDevice({ ...device, voyage: null });
        return again();
      }
      if (Array.isArray(a.value)) {
        if (a.value.length === 1) {
          const chosen = { ...device, voyage: a.value[0]!.voyage };
          await keepDevice(chosen);
          setDevice(chosen);
        } else setVoyage('none');
      } else setVoyage(a.value.state === 'open' ? a.value : 'closed');
      return again();
    };
    void ask();
    return () => { over = true; window.clearTimeout(timer); };
  }, [service, device?.voyage, quiet]);
  return voyage;
}

/** What the vetting authority takes back, told at once: a clear of this voyage undone. */
function useUndone(service: Service | null, voyage: string | null, tell: (seat: string | null) => void) {
  const now = useRef(tell);
  now.current = tell;
  useEffect(() => {
    if (service === null || voyage === null) return undefined;
    // Decisions are asked for, too: after a break the stream goes on from the last event heard, and they are frequent.
    return service.listen(`/v1/events?kinds=boarding_status,decision&voyage=${voyage}`, (event, data) => {
      const d = data as { undone?: boolean; traveler?: { seat: string | null } | null };
      if (event === 'boarding_status' && d.undone === true) now.current(d.traveler?.seat ?? null);
    }, () => undefined);
  }, [service, voyage]);
}

function useNotice(service: Service | null, voyage: Voyage | null, language: Language, up: boolean): NoticeState {
  const [state, setState] = useState<NoticeState>({ kind: 'loading' });
  useEffect(() => {
    if (service === null || voyage === null || !up) return undefined;
    let over = false, timer = 0;
    const ask = async () => {
      const n = await fetchNotice(service, { mode: voyage.mode, direction: voyage.direction }, language);
      if (over) return;
      setState(n);
      // A notice can end while the page stands; one that could not be had keeps everybody from the camera.
      timer = window.setTimeout(ask, n.kind === 'absent' ? 10_000 : 5 * 60_000);
    };
    void ask();
    return () => { over = true; window.clearTimeout(timer); };
  }, [service, voyage?.mode, voyage?.direction, language, up]);
  return state;
}

export function Gate({ offered: first }: { offered: string | null }) {
  const [offered, setOffered] = useState(first); // used once
  const { language, setLanguage, say } = useWords();
  const [device, setDevice] = useState<Device | null | 'reading'>('reading');
  const [stage, setStage] = useState<Stage>({ at: 'idle' });
  const [words, setWords] = useState<{ hint: Hint | Guidance | 'ready' | null; again: boolean; left: number | null }>({ hint: null, again: false, left: null });
  const [person, setPerson] = useState<number | null>(null);
  const [low, setLow] = useState(false);
  const [pass, setPass] = useState<string | null>(null);
  const [passWrong, setPassWrong] = useState(false);
  const [staff, setStaff] = useState(false);
  const [lapsed, setLapsed] = useState(false); // the token this device had is accepted no more
  const lapse = () => { setLapsed(true); setStaff(false); setDevice(null); };
  const camera = useRef<Camera | null>(null);
  const reader = useRef<Reader | null>(null);
  const visit = useRef(0); // one traveler's turn; what belongs to an older one is dropped
  const ended = useRef(false); // the token was refused while a traveler was here
  const taken = useRef(false); // a photo of this traveler went to the service
  const shoot = useRef<() => void>(() => undefined);
  const stageNow = useRef(stage.at);
  stageNow.current = stage.at;

  const present = device === 'reading' ? null : device;
  const service = useMemo(() => (present === null ? null : new Service(present.token)), [present?.token]);
  const { up, probe } = useLink(service);
  const voyage = useVoyage(service, present, setDevice, lapse, stage.at === 'idle');
  const [lens, setLens] = useState<CameraCount>({ state: 'unknown', errors: 0 });
  const lensFailed = (why: CameraCount['state']) => setLens((l) => ({ state: why, errors: l.errors + 1 }));
  const notice = useNotice(service, typeof voyage === 'object' ? voyage : null, language, up);
  useStatus(service, notice, lens);
  useRenewal(up && stage.at === 'idle' && person === null && pass === null && !staff);

  // Nobody before the camera is disturbed for somebody else; the officers have it in their queue, too.
  const undone = useRef<(string | null)[]>([]); // told when whoever is here is done
  const tellUndone = () => {
    if (undone.current.length > 0) setStage({ at: 'officer', why: 'changed', seat: undone.current.shift()!, between: true });
  };
  useUndone(service, typeof voyage === 'object' ? voyage.voyage : null, (seat) => {
    if (stage.at === 'clear' && (seat === null || stage.seat === null || stage.seat === seat)) return setStage({ at: 'officer', why: 'changed', seat });
    undone.current.push(seat);
    if (stage.at === 'idle') tellUndone();
  });
  useEffect(() => { if (stage.at === 'idle') tellUndone(); }, [stage]);
  useEffect(() => { undone.current = []; }, [present?.token, present?.voyage]);

  useEffect(() => { void readDevice().then((d) => setDevice(offered === null ? d : null)); }, []);

  const release = () => {
    camera.current?.close();
    camera.current = null;
    reader.current?.close();
    reader.current = null;
  };
  /** Back to the beginning: nothing of this traveler is left. */
  const finish = useCallback((more = false) => {
    visit.current++;
    taken.current = false;
    release();
    setPass(null);
    setPassWrong(false);
    setWords({ hint: null, again: false, left: null });
    setStage({ at: 'idle' });
    if (!more) {
      setPerson(null);
      setLow(false);
      setLanguage(preferred());
    }
  }, []);
  const next = () => {
    if (ended.current) {
      ended.current = false;
      finish();
      return lapse();
    }
    if (person !== null) setPerson(person + 1);
    return finish(person !== null);
  };
  /** Told between two travelers: whoever began on the idle screen finds it as it was. */
  const goOn = () => {
    if (undone.current.length > 0) tellUndone();
    else setStage({ at: 'idle' });
  };
  const answer = (s: Stage) => { release(); setStage(s); };
  useEffect(() => { // a page that nobody sees films nobody
    const hide = () => { if (document.hidden) finish(); };
    document.addEventListener('visibilitychange', hide);
    window.addEventListener('pagehide', release);
    return () => { document.removeEventListener('visibilitychange', hide); window.removeEventListener('pagehide', release); };
  }, [finish]);

  // The next traveler begins at the beginning, also when the one before walked away.
  const left = stage.at === 'idle' && !staff && (pass !== null || person !== null || low || language !== preferred());
  useEffect(() => {
    if (!left) return undefined;
    let timer = 0;
    const anew = () => { window.clearTimeout(timer); timer = window.setTimeout(() => finish(), leftAlone); };
    const touches = ['pointerdown', 'keydown', 'wheel'] as const;
    anew();
    for (const t of touches) window.addEventListener(t, anew);
    return () => { window.clearTimeout(timer); for (const t of touches) window.removeEventListener(t, anew); };
  }, [left, finish]);
  // The browser's question for the camera has no end of its own, nor has a screen that waits for a press.
  const waits = stage.at === 'starting' || stage.at === 'scanning' || stage.at === 'again';
  useEffect(() => {
    if (!waits) return undefined;
    const timer = window.setTimeout(() => { if (camera.current === null) finish(); }, looks.patience);
    return () => window.clearTimeout(timer);
  }, [stage.at, finish]);

  const path = typeof voyage === 'object' ? `/v1/voyages/${voyage.voyage}` : '';

  /** Asks until there is an answer; the same key, so that it is one verification however often it is sent. */
  const send = async (jpeg: Blob, mine: number): Promise<Answer<Verification> | null> => {
    const ask = { body: jpeg, once: crypto.randomUUID(), timeout: 8000,
      headers: { 'Content-Type': 'image/jpeg', ...(pass === null ? {} : { 'X-Boarding-Pass': pass }) } };
    taken.current = true;
    let asked = 0;
    for (let i = 0; ; i++) {
      const a = await service!.ask<Verification>('POST', `${path}/verifications`, ask);
      if (visit.current !== mine) return null;
      const busy = a.kind === 'problem' && (a.problem.status === 429 || (a.problem.status === 503 && a.problem.code === 'busy') || a.problem.status === 409 && a.problem.retry_after !== undefined);
      if (a.kind === 'silence' && i >= resends.length) {
        // The service may have decided already: only the same photo under the same key makes it one verification.
        if (stageNow.current === 'deciding') {
          probe();
          answer({ at: 'offline' });
          asked = Date.now();
        }
        do {
          if (Date.now() - asked > keptWaiting) {
            answer({ at: 'officer', why: 'offline' });
            return null;
          }
          await wait(retryOffline);
          if (visit.current !== mine) return null;
        } while ((await service!.get('/healthz', { timeout: 4000 })).kind === 'silence');
        if (visit.current !== mine) return null;
        probe();
        continue;
      }
      if (a.kind !== 'silence' && (!busy || i >= resends.length)) return a;
      await wait(busy && a.kind === 'problem' ? (a.problem.retry_after ?? 1) * 1000 : resends[i]!);
      if (visit.current !== mine) return null;
    }
  };

  /** What follows from the service's answer. True: another photo of the same person. */
  const judge = (a: Answer<Verification>): boolean => {
    if (a.kind === 'silence') return false; // send() asks until there is an answer
    if (a.kind === 'problem') {
      const { status, code } = a.problem;
      // Whoever stands here is sent on first; that the device must be set up concerns the staff.
      if (tokenEnded(a.problem)) { ended.current = true; answer({ at: 'officer', why: 'unavailable' }); return false; }
      if (code === 'not_authorised') { answer({ at: 'officer', why: 'not_authorised' }); return false; }
      // A picture that could not be read is no attempt; once more is worth it.
      if (status === 400 || status === 413 || status === 415 || status === 422) {
        setWords((w) => ({ ...w, hint: 'hold_still', again: true }));
        return true;
      }
      answer({ at: 'officer', why: 'unavailable' });
      return false;
    }
    const v = a.value;
    if (v.decision === 'clear') answer({ at: 'clear', seat: v.traveler?.seat ?? null });
    else if (v.decision === 'inspect' || v.attempts_left <= 0) answer({ at: 'officer', why: 'inspect' });
    else {
      setWords({ hint: v.guidance, again: true, left: v.attempts_left });
      return true;
    }
    return false;
  };

  const openCamera = async (video: HTMLVideoElement, mine: number): Promise<Camera | null> => {
    try {
      const c = await Camera.open(video, present?.camera ?? null);
      if (visit.current !== mine) {
        c.close();
        return null;
      }
      camera.current = c;
      setLens((l) => ({ ...l, state: 'working' }));
      c.onLost(() => {
        if (visit.current !== mine || camera.current !== c) return;
        lensFailed('failed');
        if (stageNow.current === 'deciding') release(); // the answer to the photo that is on its way decides
        else answer({ at: 'officer', why: 'camera' });
      });
      return c;
    } catch (e) {
      lensFailed(stateOf(e));
      if (visit.current === mine) answer({ at: 'officer', why: 'camera' });
      return null;
    }
  };

  /** Looks until a frame is good, or somebody presses the button. False: nobody is there any more. */
  const lookUntilGood = async (c: Camera, mine: number, notBefore: number): Promise<boolean> => {
    let steady = 0, pressed = false, shown = '', shownAt = 0, unread = 0;
    const begun = Date.now();
    shoot.current = () => { pressed = true; };
    for (;;) {
      await wait(looks.every);
      if (visit.current !== mine) return false;
      if (Date.now() - begun > looks.patience) { finish(); return false; }
      if (!c.ready) { if (++unread > 60) { answer({ at: 'officer', why: 'camera' }); return false; } continue; }
      if (pressed) return true;
      const now = hint(c.sight(), low);
      steady = now === null ? steady + 1 : 0;
      if (Date.now() >= notBefore) {
        // Words that change faster than they can be read help nobody.
        const text = now ?? 'ready';
        if (text !== shown && Date.now() - shownAt > 700) {
          shown = text;
          shownAt = Date.now();
          setWords((w) => ({ ...w, hint: text, again: false }));
        }
        if (steady >= looks.steady) return true;
      }
    }
  };

  const photograph = async (video: HTMLVideoElement) => {
    const mine = visit.current;
    const c = await openCamera(video, mine);
    if (c === null) return;
    setStage({ at: 'looking' });
    let unreadable = 0;
    for (let notBefore = Date.now() + 600; ; notBefore = Date.now() + looks.pause) {
      if (!await lookUntilGood(c, mine, notBefore)) return;
      setStage({ at: 'deciding' });
      let a: Answer<Verification> | null;
      try { a = await send(await c.shot(), mine); } catch { answer({ at: 'officer', why: 'camera' }); return; }
      if (a === null) return;
      if (a.kind === 'problem' && ++unreadable > 2) { answer({ at: 'officer', why: 'unavailable' }); return; }
      if (!judge(a)) return;
      // After an outage, or when the camera was lost meanwhile, it is started by a press again.
      if (camera.current !== c) { setStage({ at: 'again' }); return; }
      setStage({ at: 'looking' });
    }
  };

  const scan = async (video: HTMLVideoElement) => {
    const mine = visit.current;
    const c = await openCamera(video, mine);
    if (c === null) return;
    try { reader.current = await openReader(); } catch { finish(person !== null); return; }
    for (const begun = Date.now(); visit.current === mine; await wait(looks.every)) {
      if (Date.now() - begun > looks.patience) { finish(person !== null); return; }
      if (!c.ready) continue;
      const text = await reader.current?.read(c.pixels());
      if (visit.current !== mine || !text) continue;
      if (isBoardingPass(text)) {
        visit.current++;
        release();
        setPass(text);
        setStage({ at: 'idle' });
        return;
      }
      setPassWrong(true);
    }
  };

  const video = useCallback((v: HTMLVideoElement | null) => {
    if (v === null || camera.current !== null) return;
    if (stageNow.current === 'starting') void photograph(v);
    if (stageNow.current === 'scanning') void scan(v);
  }, [service, path, pass, low, present?.camera, person]);

  const decline = async () => {
    visit.current++;
    answer({ at: 'officer', why: taken.current ? 'declined_later' : 'declined' });
    // It counts however long the way to the service takes; nobody waits for it.
    const once = crypto.randomUUID();
    for (let i = 0; i < 40; i++) {
      const a = await service!.post(`${path}/declines`, {}, { once });
      if (a.kind !== 'silence' && !(a.kind === 'problem' && a.problem.status === 503)) return;
      await wait(Math.min(2000 * (i + 1), 30_000));
    }
  };

  if (say === null || device === 'reading') return <main class="gate" aria-busy="true" />;
  const top = (middle: preact.ComponentChildren) => <div class={`gate${low ? ' low' : ''}`}>
    <header>
      <p class="voyage">{typeof voyage === 'object' && present !== null
        ? <><strong class="code" dir="ltr">{voyage.carrier} {voyage.number}</strong><span><bdi>{voyage.from}</bdi> – <bdi>{voyage.to}</bdi></span><span class="code">{portTime(voyage.departure)}</span></>
        : <strong>Gangway</strong>}</p>
      <Languages now={language} choose={setLanguage} label={say('language_of_page')} />
    </header>
    {middle}
    <footer>
      <span class="state">{service !== null && !up && <><Icon name="offline" size={20} />{say('offline')}</>}</span>
      {present !== null && <button type="button" onClick={() => setStaff(true)}><Icon name="staff" size={20} />{say('staff')}</button>}
    </footer>
    {staff && present !== null && service !== null && <Staff say={say} device={present} service={service} change={(d) => { setDevice(d); if (d === null) { setOffered(null); setStaff(false); } }} close={() => setStaff(false)} />}
  </div>;

  if (present === null || service === null) return top(<Setup say={say} offered={offered} lapsed={lapsed} done={(d) => { setOffered(null); setLapsed(false); setDevice(d); }} />);
  if (voyage === 'loading' && stage.at === 'idle') return top(up ? <Busy name="loading" text={say('loading')} />
    : <Busy name="unreachable" text={say('offline')} more={say('offline_waiting')} />);
  if (voyage === 'none' || voyage === 'closed')
    return top(<Main name="voyages"><div class="card"><h1>{say(voyage === 'none' ? 'no_voyage' : 'voyage_closed')}</h1><p>{say('no_voyage_lead')}</p>
      {/* With a PIN, what boards here is the staff's to choose, not of whoever stands here. */}
      {present.pin === null ? <VoyageList say={say} device={present} service={service} change={async (d) => { await keepDevice(d); setDevice(d); }} />
        : <div class="row"><button type="button" class="plain filled" onClick={() => setStaff(true)}>{say('staff')}</button></div>}</div></Main>);

  const leave = (not = false) => <button type="button" class="plain" disabled={not} onClick={() => finish(person !== null)}>{say('cancel')}</button>;
  switch (stage.at) {
    case 'idle':
      return top(<Idle say={say} notice={notice} up={up} person={person} low={low} passRead={pass !== null} lower={setLow} group={(on) => setPerson(on ? 1 : null)}
        start={() => setStage({ at: 'starting' })} decline={() => void decline()} scan={() => setStage({ at: 'scanning' })} forgetPass={() => setPass(null)} />);
    case 'scanning':
      return top(<Stand say={say} good={false} low={low} name="scanning" video={video}>
        <p class="say" role="status">{say(passWrong ? 'pass_none' : 'pass_say')}</p>
        <div class="row">{leave()}</div>
      </Stand>);
    case 'starting': case 'looking': case 'deciding': {
      const text = stage.at === 'starting' ? say('starting') : stage.at === 'deciding' ? say('deciding')
        : `${words.again ? `${say('again')}. ` : ''}${say(`say_${words.hint ?? 'no_face'}`)}`;
      return top(<Stand say={say} good={stage.at === 'deciding' || words.hint === 'ready'} low={low} name={stage.at === 'starting' ? 'starting' : 'looking'} video={video}>
        <p class="say" role="status">{text}</p>
        {stage.at === 'starting' && <p class="tries">{say('allow_camera')}</p>}
        {words.left !== null && <p class="tries">{say('tries', { n: words.left })}</p>}
        <div class="row">
          <button type="button" class="plain" disabled={stage.at !== 'looking'} onClick={() => shoot.current()}>{say('shoot')}</button>
          {/* While a photo is on its way the service may already have decided: its answer is what counts, and what is shown. */}
          <button type="button" class="plain" disabled={stage.at === 'deciding'} onClick={() => void decline()}>{say('decline')}</button>
          {leave(stage.at === 'deciding')}
        </div>
      </Stand>);
    }
    case 'offline':
      return top(<Main name="offline"><div role="alert"><h1>{say(up ? 'deciding' : 'offline')}</h1><p class="lead">{say('offline_lead')}</p></div>
        <p class="state"><Icon name="clock" size={20} />{say('offline_waiting')}</p>
        <div class="row"><button type="button" class="plain filled" onClick={() => { visit.current++; setStage({ at: 'officer', why: 'offline' }); }}>{say('offline_document')}</button>
          <button type="button" class="plain" onClick={() => finish(person !== null)}>{say('back')}</button></div></Main>);
    case 'again':
      return top(<Main name="again"><div role="alert"><h1>{say('again')}</h1>{words.hint !== null && <p class="lead">{say(`say_${words.hint}`)}</p>}</div>
        {words.left !== null && <p class="tries">{say('tries', { n: words.left })}</p>}
        <div class="row"><button type="button" class="plain" disabled={!up} onClick={() => setStage({ at: 'starting' })}>{say('start')}</button>
          <button type="button" class="plain" onClick={() => void decline()}>{say('decline')}</button>
          {leave()}</div></Main>);
    case 'clear':
      return <div class={`gate${low ? ' low' : ''}`}><Result key="clear" kind="clear" say={say} title={say('clear')} lead={say('clear_lead')} seat={stage.seat} seconds={person === null ? 7 : 12} close={next} /></div>;
    case 'officer':
      return <div class={`gate${low ? ' low' : ''}`}><Result key={`${stage.why} ${stage.seat ?? ''}`} kind="officer" say={say} title={say('officer')} lead={say(`officer_${stage.why}`)} seat={stage.seat ?? null} seconds={stage.why === 'changed' ? 45 : 15} close={stage.between === true ? goOn : next} /></div>;
  }
}
