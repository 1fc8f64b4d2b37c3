// scan.worker.ts - reads a boarding pass (PDF417, Aztec, QR: IATA 792) out of pixels.
import BarcodeFormat from '@zxing/library/esm/core/BarcodeFormat';
import BinaryBitmap from '@zxing/library/esm/core/BinaryBitmap';
import DecodeHintType from '@zxing/library/esm/core/DecodeHintType';
import RGBLuminanceSource from '@zxing/library/esm/core/RGBLuminanceSource';
import HybridBinarizer from '@zxing/library/esm/core/common/HybridBinarizer';
import AztecReader from '@zxing/library/esm/core/aztec/AztecReader';
import PDF417Reader from '@zxing/library/esm/core/pdf417/PDF417Reader';
import QRCodeReader from '@zxing/library/esm/core/qrcode/QRCodeReader';
import type { Grey } from './see';

const hints = new Map<DecodeHintType, unknown>([[DecodeHintType.TRY_HARDER, true],
  [DecodeHintType.POSSIBLE_FORMATS, [BarcodeFormat.PDF_417, BarcodeFormat.AZTEC, BarcodeFormat.QR_CODE]]]);
const readers = [new PDF417Reader(), new QRCodeReader(), new AztecReader()];

function read(grey: Grey): string | null {
  const source = new RGBLuminanceSource(new Uint8ClampedArray(grey.luma), grey.width, grey.height);
  for (const reader of readers) {
    try {
      return reader.decode(new BinaryBitmap(new HybridBinarizer(source)), hints).getText();
    } catch { /* none of this kind in this frame */ }
  }
  return null;
}

self.addEventListener('message', (e: MessageEvent<Grey>) => {
  let text: string | null = null;
  try { text = read(e.data); } catch { /* an unreadable frame */ }
  self.postMessage(text);
});
