// qr.tsx - a QR code as one path of an SVG.
import Encoder from '@zxing/library/esm/core/qrcode/encoder/Encoder';
import Level from '@zxing/library/esm/core/qrcode/decoder/ErrorCorrectionLevel';

export function Qr({ text, label }: { text: string; label: string }) {
  const matrix = Encoder.encode(text, Level.M).getMatrix();
  const n = matrix.getWidth();
  let d = '';
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++)
      if (matrix.get(x, y) === 1) d += `M${x} ${y}h1v1h-1z`;
  return <svg viewBox={`-2 -2 ${n + 4} ${n + 4}`} role="img" aria-label={label} shape-rendering="crispEdges"><rect x={-2} y={-2} width={n + 4} height={n + 4} fill="#fff" /><path d={d} fill="#000" /></svg>;
}
