// device.ts - what this device is: its token and the choices of the staff.
//
// The token stays in IndexedDB, because a kiosk that restarts at night must work in
// the morning. It opens little: verifications and declines at one site, no names, no
// photos; it can be revoked at once. Scripts from elsewhere cannot run here (Content-
// Security-Policy) and a cookie would be sent by itself, which a token never is.
// It comes once, in the fragment of the set-up link: fragments are not sent to any
// server, and the page takes it out of the address and the history at once.

export interface Device {
  token: string;
  /** the voyage that boards here; null: none chosen */
  voyage: string | null;
  /** a salted hash of the staff's PIN; null: none */
  pin: { salt: number[]; hash: string } | null;
  camera: string | null;
}

const name = 'gangway-gate', shelf = 'device', key = 'this';

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open(name, 1);
    open.onupgradeneeded = () => { open.result.createObjectStore(shelf); };
    open.onsuccess = () => resolve(open.result);
    open.onerror = () => reject(open.error ?? new Error('no IndexedDB'));
  });
}

async function transact<T>(mode: IDBTransactionMode, work: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = work(db.transaction(shelf, mode).objectStore(shelf));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
    });
  } finally {
    db.close();
  }
}

export async function readDevice(): Promise<Device | null> {
  try { return await transact<Device | undefined>('readonly', (s) => s.get(key)) ?? null; } catch { return null; }
}
/** False: this browser keeps nothing (private window), the device must be set up at each start. */
export async function keepDevice(d: Device): Promise<boolean> {
  try { await transact('readwrite', (s) => s.put(d, key)); return true; } catch { return false; }
}
export async function forgetDevice(): Promise<void> {
  try { await transact('readwrite', (s) => s.delete(key)); } catch { /* nothing was kept */ }
}

/** The token of a set-up link (/gate#setup=…), which is gone from the address when this returns. */
export function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('setup');
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
  return token !== null && looksLikeToken(token) ? token : null;
}

export const looksLikeToken = (text: string): boolean => /^gw_[\w-]{20,120}$/.test(text);

/** A PIN keeps travelers' fingers out of the staff's panel; it is no secret worth more than that. */
export async function hashPin(pin: string, salt: number[]): Promise<string> {
  const base = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(salt), iterations: 210_000 }, base, 256);
  return Array.from(new Uint8Array(bits), (b) => b.toString(16).padStart(2, '0')).join('');
}
export async function makePin(pin: string): Promise<Device['pin']> {
  const salt = Array.from(crypto.getRandomValues(new Uint8Array(16)));
  return { salt, hash: await hashPin(pin, salt) };
}
