import type { Thumbnail } from "./thumbnail";

/** How far a view can shift and still be found, in thumbnail pixels. */
const reach = 12;

/** Strength of edges at each pixel, evened out by a logarithm so that light and shadow weigh little. */
export function edges({ width, height, pixels }: Thumbnail): Float32Array {
  const strength = new Float32Array(width * height);
  const { log1p, hypot } = Math;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const dx = (pixels[i + 1] ?? 0) - (pixels[i - 1] ?? 0);
      const dy = (pixels[i + width] ?? 0) - (pixels[i - width] ?? 0);
      strength[i] = log1p(hypot(dx, dy));
    }
  }
  return strength;
}

/** The shift by which two edge pictures fit best, and how well (correlation) there and without a shift. */
export function bestShift(
  view: Float32Array,
  current: Float32Array,
  width: number,
  height: number,
): { dx: number; dy: number; best: number; unshifted: number } {
  const unshifted = correlation(view, current, width, height, 0, 0);
  let found = { dx: 0, dy: 0, best: unshifted };
  // Most pictures fit as they are, and need no search.
  if (unshifted > 0.85) return { ...found, unshifted };
  const search = (around: { dx: number; dy: number }, far: number, step: number): void => {
    for (let dy = around.dy - far; dy <= around.dy + far; dy += step) {
      for (let dx = around.dx - far; dx <= around.dx + far; dx += step) {
        const best = correlation(view, current, width, height, dx, dy);
        if (best > found.best) found = { dx, dy, best };
      }
    }
  };
  // Edges are a few pixels wide: a coarse search finds the place, a fine one the pixel.
  search({ dx: 0, dy: 0 }, reach, 2);
  search(found, 1, 1);
  return { ...found, unshifted };
}

/** Pearson's correlation of what overlaps when the current picture is moved back by (dx, dy). */
function correlation(
  view: Float32Array,
  current: Float32Array,
  width: number,
  height: number,
  dx: number,
  dy: number,
): number {
  let [n, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  const [left, right] = [Math.max(1, 1 - dx), Math.min(width - 1, width - 1 - dx)];
  const [top, bottom] = [Math.max(1, 1 - dy), Math.min(height - 1, height - 1 - dy)];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const v = view[y * width + x] ?? 0;
      const c = current[(y + dy) * width + x + dx] ?? 0;
      n += 1;
      a += v;
      b += c;
      aa += v * v;
      bb += c * c;
      ab += v * c;
    }
  }
  const spread = Math.sqrt((aa - (a * a) / n) * (bb - (b * b) / n));
  return spread === 0 ? 0 : (ab - (a * b) / n) / spread;
}
