// scan.worker.ts - reads a boarding pass (PDF417, Aztec, QR, Data Matrix: IATA 792) out of pixels.
import BarcodeFormat from '@zxing/library/esm/core/BarcodeFormat';
import BinaryBitmap from '@zxing/library/esm/core/BinaryBitmap';
import DecodeHintType from '@zxing/library/esm/core/DecodeHintType';
import RGBLuminanceSource from '@zxing/library/esm/core/RGBLuminanceSource';
import HybridBinarizer from '@zxing/library/esm/core/common/HybridBinarizer';
import AztecReader from '@zxing/library/esm/core/aztec/AztecReader';
import DataMatrixReader from '@zxing/library/esm/core/datamatrix/DataMatrixReader';
import PDF417Reader from '@zxing/library/esm/core/pdf417/PDF417Reader';
import QRCodeReader from '@zxing/library/esm/core/qrcode/QRCodeReader';
import { turn, type Grey } from './see';

const hints = new Map<DecodeHintType, unknown>([[DecodeHintType.TRY_HARDER, true],
  [DecodeHintType.POSSIBLE_FORMATS, [BarcodeFormat.PDF_417, BarcodeFormat.AZTEC, BarcodeFormat.QR_CODE, BarcodeFormat.DATA_MATRIX]]]);
const readers = [new PDF417Reader(), new AztecReader(), new QRCodeReader(), new DataMatrixReader()];

// The readers want a code upright to some six degrees (measured; upside down is fine), and nobody
// holds one so. Each frame is read as it is, and once more turned by the next of these.
const angles = [9, -9, 18, -18, 90, 27, -27, 81, -81, 36, -36, 72, -72, 45, -45, 63, -63, 54, -54];
let next = 0;

function readUpright(grey: Grey): string | null {
  const source = new RGBLuminanceSource(new Uint8ClampedArray(grey.luma), grey.width, grey.height);
  for (const reader of readers) {
    try {
      return reader.decode(new BinaryBitmap(new HybridBinarizer(source)), hints).getText();
    } catch { /* none of this kind in this frame */ }
  }
  return null;
}

function read(grey: Grey): string | null {
  return readUpright(grey) ?? readUpright(turn(grey, angles[next++ % angles.length]!));
}

self.addEventListener('message', (e: MessageEvent<Grey>) => {
  let text: string | null = null;
  try { text = read(e.data); } catch { /* an unreadable frame */ }
  self.postMessage(text);
});
