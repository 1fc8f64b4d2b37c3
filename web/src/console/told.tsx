// told.tsx - what the service says by a code, in the reader's language. A service newer
// than this page may say more: that is shown in its own English, and marked as such.
import type { Problem } from '../shared/api';
import { useDesk, type ConsoleSay, type Word } from './ask';

export type Kind = 'reason' | 'alert' | 'class' | 'purged' | 'purpose' | 'kind' | 'instead' | 'group' | 'result';

export function Told({ kind, code, text }: { kind: Kind; code: string; text?: string }) {
  const { say } = useDesk();
  const key = `${kind}_${code}`;
  return say.knows(key) ? <>{say(key as Word)}</> : <span lang="en" dir="ltr">{text ?? code.replace(/_/g, ' ')}</span>;
}

/** Why the desk was told no: sentences of the service that ask for something else than "try again". */
export const sentences: Record<string, Word> = {
  'the inspection is closed': 'no_closed',
  'the inspection was referred: a supervisor decides': 'no_referred',
  'somebody else has this inspection now': 'no_taken',
  'nobody expected on this voyage has this reference or document': 'no_nobody',
  'it was referred already': 'no_twice',
  'who referred it cannot decide it: it takes a second person': 'no_alone',
  'a mismatch is not cleared by the document alone: biographic, fingerprint or biometric_recheck': 'no_document_alone',
  'cleared needs the traveler: say whose document it was (reference or document_number)': 'no_traveler',
  "the face does not match this traveler's portraits, and no rule lets an officer pass that: refer it": 'no_mismatch',
  'this traveler was refused on this voyage: a supervisor decides, and not by the document alone': 'no_refused',
  'this traveler was referred in another inspection: a supervisor decides that one': 'no_referred_elsewhere',
  "in another inspection the face does not match this traveler's portraits: refer that one": 'no_mismatch_elsewhere',
  'more than one person on this voyage has this document: say the reference, or who issued it': 'no_two_holders',
  'the vetting authority does not allow this traveler to board: deny or refer': 'no_inhibited',
  'no verification has cleared this traveler since the inspection was opened': 'no_recheck',
  'photos of a case are for whoever has claimed it: claim the inspection first': 'no_unclaimed',
  'the case is not one in which this photo may be seen, or not yours': 'no_other_case',
  'the voyage is closed': 'no_voyage_closed',
};

export function sayProblem(say: ConsoleSay, p: Problem): string {
  const known = sentences[p.detail];
  if (known) return say(known);
  const fault = `fault_${p.code}`;
  return (document.documentElement.lang === 'en' || !say.knows(fault)) && p.detail !== '' ? p.detail : say.knows(fault) ? say(fault as Word) : say('failed');
}
