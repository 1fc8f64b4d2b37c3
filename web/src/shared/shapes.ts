// shapes.ts - the service's JSON as far as the pages read it (docs/api.md).

export type TravelerStatus = 'expected' | 'declined' | 'cleared' | 'inspected' | 'boarded' | 'denied' | 'not_boarded';

export interface Voyage {
  voyage: string;
  mode: 'air' | 'sea' | 'land';
  direction: 'arrival' | 'departure' | null;
  carrier: string;
  number: string;
  from: string;
  to: string;
  departure: string | null;
  arrival: string | null;
  state: 'open' | 'closed';
  closed_at: string | null;
  purge_at: string | null;
  travelers: number;
  by_status: Partial<Record<TravelerStatus, number>>;
}
export interface VoyagePage { voyages: Voyage[]; cursor: string | null }

export type Decision = 'clear' | 'retry' | 'inspect';
export type Guidance = 'move_closer' | 'move_back' | 'look_at_camera' | 'remove_mask' | 'more_light' | 'one_person_only' | 'hold_still';
export interface Verification {
  verification: string;
  decision: Decision;
  guidance: Guidance | null;
  traveler: { reference: string | null; seat: string | null } | null;
  attempt: number;
  attempts_left: number;
  elapsed_ms: number;
}

export interface Traveler {
  traveler: string;
  kind: 'passenger' | 'crew';
  reference: string | null;
  seat: string | null;
  status: TravelerStatus;
  portraits: number;
  surname?: string | null;
  given_names?: string | null;
  cleared_at?: string;
  boarding_status?: 'cleared' | 'inhibited' | 'selectee' | null;
}
export interface TravelerPage { travelers: Traveler[]; cursor: string | null }

export interface Readiness {
  portraits: { expected: number; covered: number; covered_by_several: number; not_photographed?: number; uncovered: Traveler[] };
  gallery: { state: 'absent' | 'building' | 'ready'; persons: number; templates: number };
  late: boolean;
  first_manifest_at: string;
  last_manifest_at: string;
  lists?: { list: 'passengers' | 'crew'; due_at: string | null; received_at: string | null; state: 'in_time' | 'late' | 'missing' | 'pending' }[];
}

export type Severity = 'routine' | 'notice' | 'alert';
export interface VerificationRecord {
  verification: string;
  at: string;
  decision: Decision;
  guidance: string | null;
  attempt: number;
  elapsed_ms: number;
  reason: string;
  text: string;
  severity: Severity;
  score?: number;
  threshold?: number;
  quality?: number;
  liveness?: number;
  gallery_persons: number;
  photo?: string;
  traveler: { reference: string | null; seat: string | null } | null;
}
export interface VerificationPage { verifications: VerificationRecord[]; cursor: string | null }

export interface CloseReceipt {
  boarded: number;
  not_boarded: number;
  boarded_references: string[];
  not_boarded_references: string[];
  unexpected: string[];
  unexpected_travelers: { reference: string | null; seat: string | null; surname: string | null; given_names: string | null; documents: { number: string | null }[] }[];
  cleared_not_boarded: number;
  by_carrier: boolean;
  cancelled: boolean;
  differences: { difference: 'cleared_not_on_board' | 'inspected_not_on_board' | 'unseen_on_board' | 'denied_on_board' | 'unexpected' | 'removed_after_clear'; reference: string | null; seat: string | null }[];
  purge_at: string;
  already: boolean;
}

export interface CasePerson {
  traveler: string;
  status: TravelerStatus | 'removed';
  boarding_status: 'cleared' | 'inhibited' | 'selectee' | null;
  portraits: string[];
  surname?: string | null;
  given_names?: string | null;
  sex?: string | null;
  birth_date?: string | null;
  nationality?: string | null;
  reference?: string | null;
  seat?: string | null;
  documents?: { type?: string | null; number?: string | null; issuing_state?: string | null; expiry_date?: string | null }[];
}
export type Method = 'document' | 'biometric_recheck' | 'biographic' | 'fingerprint';
export type Outcome = 'cleared' | 'denied' | 'referred';
export interface Inspection {
  inspection: string;
  voyage: string;
  carrier: string;
  number: string;
  from: string;
  to: string;
  site: string | null;
  cause: 'verification' | 'decline' | 'boarding_status';
  reason: string;
  text: string;
  severity: Severity;
  state: 'open' | 'claimed' | 'referred' | 'closed';
  opened_at: string;
  claimed_by: string | null;
  claimed_until: string | null;
  closed_at: string | null;
  method: Method | null;
  result: Outcome | 'lapsed' | null;
  mismatch: boolean;
  may_clear: boolean;
  traveler: CasePerson | null;
  candidate?: CasePerson | null;
  verification?: VerificationRecord | null;
}
export interface InspectionPage { inspections: Inspection[]; cursor: string | null }

export interface Alert {
  alert: string;
  kind: string;
  text: string;
  severity: Severity;
  at: string;
  voyage: string | null;
  inspection: string | null;
  traveler: { reference: string | null; seat: string | null } | null;
  state: 'open' | 'acknowledged';
  acknowledged_at: string | null;
}
export interface AlertPage { alerts: Alert[]; cursor: string | null }
