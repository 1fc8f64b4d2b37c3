import type words from '../../languages/gate/en.json';
import type { Say } from '../shared/words';

export type GateSay = Say<keyof typeof words>;
