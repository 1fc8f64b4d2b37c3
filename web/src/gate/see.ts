// see.ts - what the page can tell about a frame by itself, so that a photo is sent
// when it is worth sending: light, stillness, sharpness, and roughly where a face is.
// Grey values in, numbers out; nothing is recognized here and nothing is kept.

/** A frame in grey, row by row. */
export interface Grey {
  width: number;
  height: number;
  luma: Uint8Array;
}

/** Where a face seems to be, as shares of the frame (0 to 1). */
export interface Spot {
  x: number;
  y: number;
  /** its width */
  size: number;
  /** how much it looks like one: above `faceLike` it is taken for one */
  score: number;
}

export interface Sight {
  /** mean grey of the middle, 0 to 255 */
  light: number;
  /** how much brighter the rim is than the middle */
  behind: number;
  /** mean change since the frame before; null for the first */
  motion: number | null;
  /** strength of edges against contrast; low when out of focus */
  sharpness: number;
  face: Spot | null;
}

export type Hint = 'more_light' | 'less_light' | 'light_behind' | 'hold_still' | 'out_of_focus' | 'no_face' | 'move_closer' | 'move_back' | 'to_the_middle';

export const limits = {
  dark: 45, bright: 225, behind: 85, motion: 7, blurred: 0.03, faceLike: 0.8,
  /** of the frame's height */
  far: 0.17, near: 0.72, aside: 0.17, above: 0.24,
};

/** RGBA pixels to grey (ITU-R BT.601). */
export function toGrey(rgba: Uint8ClampedArray, width: number, height: number): Grey {
  const luma = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < luma.length; i++, p += 4) luma[i] = (77 * rgba[p]! + 150 * rgba[p + 1]! + 29 * rgba[p + 2]!) >> 8;
  return { width, height, luma };
}

/** The frame turned about its middle, clockwise by so many degrees; the corners that came from outside are grey.
 *  Wide frames turned upright keep their middle square. */
export function turn(grey: Grey, degrees: number): Grey {
  const { width, height, luma } = grey, out = new Uint8Array(width * height).fill(128);
  const cos = Math.cos(degrees * Math.PI / 180), sin = Math.sin(degrees * Math.PI / 180), cx = (width - 1) / 2, cy = (height - 1) / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const u = cos * (x - cx) + sin * (y - cy) + cx, v = cos * (y - cy) - sin * (x - cx) + cy;
      const i = Math.floor(u), j = Math.floor(v);
      if (i < 0 || j < 0 || i + 1 >= width || j + 1 >= height) continue;
      const p = j * width + i, f = u - i, g = v - j;
      out[y * width + x] = (luma[p]! * (1 - f) + luma[p + 1]! * f) * (1 - g) + (luma[p + width]! * (1 - f) + luma[p + width + 1]! * f) * g;
    }
  return { width, height, luma: out };
}

/** Sums and sums of squares, so that the mean of any box costs four reads. */
class Sums {
  private readonly sum: Float64Array;
  private readonly squares: Float64Array;
  private readonly stride: number;

  constructor(private readonly grey: Grey) {
    const { width, height, luma } = grey;
    this.stride = width + 1;
    this.sum = new Float64Array(this.stride * (height + 1));
    this.squares = new Float64Array(this.stride * (height + 1));
    for (let y = 0; y < height; y++) {
      let row = 0, rowSquares = 0;
      for (let x = 0; x < width; x++) {
        const v = luma[y * width + x]!;
        row += v;
        rowSquares += v * v;
        const at = (y + 1) * this.stride + x + 1;
        this.sum[at] = this.sum[at - this.stride]! + row;
        this.squares[at] = this.squares[at - this.stride]! + rowSquares;
      }
    }
  }

  private box(of: Float64Array, x0: number, y0: number, x1: number, y1: number): number {
    const s = this.stride;
    return of[y1 * s + x1]! - of[y0 * s + x1]! - of[y1 * s + x0]! + of[y0 * s + x0]!;
  }

  private clip(x0: number, y0: number, x1: number, y1: number): [number, number, number, number] {
    const { width, height } = this.grey;
    const a = Math.max(0, Math.min(width - 1, Math.round(x0))), b = Math.max(0, Math.min(height - 1, Math.round(y0)));
    return [a, b, Math.max(a + 1, Math.min(width, Math.round(x1))), Math.max(b + 1, Math.min(height, Math.round(y1)))];
  }

  mean(x0: number, y0: number, x1: number, y1: number): number {
    const [a, b, c, d] = this.clip(x0, y0, x1, y1);
    return this.box(this.sum, a, b, c, d) / ((c - a) * (d - b));
  }

  deviation(x0: number, y0: number, x1: number, y1: number): number {
    const [a, b, c, d] = this.clip(x0, y0, x1, y1);
    const n = (c - a) * (d - b), m = this.box(this.sum, a, b, c, d) / n;
    return Math.sqrt(Math.max(0, this.box(this.squares, a, b, c, d) / n - m * m));
  }
}

/** What all upright faces share whatever their color: eyes darker than cheeks and
 *  forehead, the bridge between them lighter, the mouth darker than around it.
 *  x, y: the middle between the eyes; w: width of the face. Each term is a difference
 *  of means in units of the box's own deviation, so light and skin drop out. */
function faceScore(s: Sums, x: number, y: number, w: number): number {
  const left = x - w / 2, right = x + w / 2, top = y - 0.5 * w, bottom = y + 0.85 * w;
  const scale = s.deviation(left, top, right, bottom);
  if (scale < 7) return 0; // a wall
  const e = 0.2 * w, eye = 0.13 * w, half = 0.09 * w;
  const eyeL = s.mean(x - e - eye, y - half, x - e + eye, y + half), eyeR = s.mean(x + e - eye, y - half, x + e + eye, y + half);
  const bridge = s.mean(x - 0.06 * w, y - half, x + 0.06 * w, y + half);
  const cheekL = s.mean(x - e - eye, y + 0.22 * w, x - e + eye, y + 0.42 * w), cheekR = s.mean(x + e - eye, y + 0.22 * w, x + e + eye, y + 0.42 * w);
  const brow = s.mean(x - 0.25 * w, y - 0.4 * w, x + 0.25 * w, y - 0.2 * w);
  const mouth = s.mean(x - 0.16 * w, y + 0.53 * w, x + 0.16 * w, y + 0.64 * w);
  const chin = s.mean(x - 0.12 * w, y + 0.7 * w, x + 0.12 * w, y + 0.8 * w);
  const capped = (v: number) => Math.max(-1, Math.min(1, v / scale));
  const sides = Math.min(capped(cheekL - eyeL), capped(cheekR - eyeR));
  const even = 1 - Math.min(1, Math.abs(eyeL - eyeR) / scale + 0.5 * Math.abs(cheekL - cheekR) / scale);
  return 0.34 * sides + 0.2 * capped(bridge - (eyeL + eyeR) / 2) + 0.14 * capped(brow - (eyeL + eyeR) / 2)
    + 0.12 * capped((cheekL + cheekR) / 2 - mouth) + 0.08 * capped(chin - mouth) + 0.32 * even * Math.max(0, sides);
}

/** The most face-like place of the frame, if any is face-like. */
export function findFace(grey: Grey, sums = new Sums(grey)): Spot | null {
  const { width, height } = grey;
  let best: Spot | null = null;
  for (let w = 0.16 * height; w <= 0.8 * height; w *= 1.18) {
    const step = Math.max(1, w / 14);
    for (let y = 0.4 * w; y < height - 0.6 * w; y += step)
      for (let x = 0.42 * w; x < width - 0.42 * w; x += step) {
        const score = faceScore(sums, x, y, w);
        if (best === null || score > best.score) best = { x: x / width, y: (y + 0.2 * w) / height, size: w / height, score };
      }
  }
  return best;
}

export function look(grey: Grey, before: Grey | null): Sight {
  const { width: w, height: h, luma } = grey;
  const sums = new Sums(grey);
  const light = sums.mean(0.3 * w, 0.2 * h, 0.7 * w, 0.8 * h);
  const rim = (sums.mean(0, 0, 0.15 * w, h) + sums.mean(0.85 * w, 0, w, h)) / 2;
  const contrast = Math.max(4, sums.deviation(0.25 * w, 0.15 * h, 0.75 * w, 0.85 * h));
  let edges = 0, change = 0, n = 0;
  for (let y = Math.round(0.15 * h); y < 0.85 * h; y++)
    for (let x = Math.round(0.25 * w); x < 0.75 * w; x++, n++) {
      const i = y * w + x;
      edges += Math.abs(4 * luma[i]! - luma[i - 1]! - luma[i + 1]! - luma[i - w]! - luma[i + w]!);
      if (before !== null) change += Math.abs(luma[i]! - before.luma[i]!);
    }
  const face = findFace(grey, sums);
  return {
    light, behind: rim - light, motion: before === null ? null : change / n, sharpness: edges / n / contrast / 4,
    face: face !== null && face.score >= limits.faceLike ? face : null,
  };
}

/** The one thing to say next; null: good enough to send. `low`: the face may be in the
 *  lower part of the frame (somebody sits). */
export function hint(s: Sight, low: boolean): Hint | null {
  if (s.light < limits.dark) return 'more_light';
  if (s.light > limits.bright) return 'less_light';
  if (s.face === null) return s.behind > limits.behind ? 'light_behind' : 'no_face';
  if (s.face.size < limits.far) return 'move_closer';
  if (s.face.size > limits.near) return 'move_back';
  const down = s.face.y - (low ? 0.6 : 0.5);
  if (Math.abs(s.face.x - 0.5) > limits.aside || Math.abs(down) > (low ? 0.36 : limits.above)) return 'to_the_middle';
  if (s.motion === null || s.motion > limits.motion) return 'hold_still';
  if (s.sharpness < limits.blurred) return 'out_of_focus';
  return null;
}
