// scan.ts - boarding passes before the camera: the browser's own BarcodeDetector where
// it has one, else our worker, which is fetched only now.
import workerAddress from './scan.worker?worker&url';
import { toGrey } from './see';

interface Detector {
  detect(image: ImageData): Promise<{ rawValue: string }[]>;
}
interface DetectorKind {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}
declare global {
  interface Window {
    BarcodeDetector?: DetectorKind;
    trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } };
  }
}

export interface Reader {
  read(image: ImageData): Promise<string | null>;
  close(): void;
}

const formats = ['pdf417', 'aztec', 'qr_code', 'data_matrix'];
const policy = window.trustedTypes?.createPolicy('worker', { createScriptURL: (url) => url });

export async function openReader(): Promise<Reader> {
  const kind = window.BarcodeDetector;
  if (kind !== undefined) {
    const known = await kind.getSupportedFormats().catch((): string[] => []);
    if (formats.every((f) => known.includes(f))) {
      const detector = new kind({ formats });
      return { read: async (image) => (await detector.detect(image))[0]?.rawValue ?? null, close: () => undefined };
    }
  }
  const worker = new Worker(policy ? policy.createScriptURL(workerAddress) : workerAddress, { type: 'module' });
  return {
    read: (image) => new Promise((resolve) => {
      worker.onmessage = (e: MessageEvent<string | null>) => resolve(e.data);
      worker.onerror = () => resolve(null);
      worker.postMessage(toGrey(image.data, image.width, image.height));
    }),
    close: () => worker.terminate(),
  };
}

/** A boarding pass begins "M" and the number of its legs (IATA 792); other codes are not for us. */
export const isBoardingPass = (text: string): boolean => /^M[1-4]/.test(text) && text.length >= 58 && /^[\x20-\x7e]+$/.test(text);
