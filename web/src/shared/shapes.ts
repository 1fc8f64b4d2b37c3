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
