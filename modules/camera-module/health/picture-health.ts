import type { PictureHealth } from "@edge-vision/messages";
import { bestShift, edges } from "./edges";
import type { Thumbnail } from "./thumbnail";

export interface PictureHealthRules {
  /** A picture darker than this on average is dark; 0…255. @default 14 */
  darkBelow?: number;
  /** A picture whose brightness varies less than this is covered; standard deviation, 0…255. @default 7 */
  coveredBelow?: number;
  /** Pictures that are the same for so long are frozen. @default 30000 */
  frozenAfter?: number;
  /** A view that has shifted for so long has moved. @default 5000 */
  movedAfter?: number;
}

/** At night everything varies less: a picture is flat when its brightness varies by less than this share of it. */
const flatShare = 0.15;
/** A view counts as shifted from so many thumbnail pixels on; less is shake. */
const shiftPixels = 3;
/** The shifted view must fit so much better than the unshifted one; correlation, -1…1. */
const shiftGain = 0.15;
const shiftFit = 0.4;
/** How much of a new picture goes into the view that is remembered. */
const learning = 0.02;

/**
 * Tells from thumbnails whether pictures can be judged: `dark`; `covered`, nothing to be seen in them; `frozen`, the
 * very same again and again, which a living sensor never gives; `moved`, the view shifted against the one that is
 * remembered. What is remembered follows light and seasons slowly, but never a moved view: that ends when the camera
 * is turned back, or with {@link forget}, when the spots are drawn anew.
 */
export class PictureHealthMonitor {
  readonly #rules: Required<PictureHealthRules>;
  #view: Float32Array | undefined;
  #last: Thumbnail | undefined;
  #sameSince: number | undefined;
  #shiftedSince: number | undefined;

  constructor(rules: PictureHealthRules = {}) {
    this.#rules = { darkBelow: 14, coveredBelow: 7, frozenAfter: 30_000, movedAfter: 5000, ...rules };
  }

  /** The health of the picture of this moment, in milliseconds of a monotonic clock. */
  judge(thumbnail: Thumbnail, now: number): PictureHealth {
    const same = this.#last !== undefined && equal(this.#last.pixels, thumbnail.pixels);
    this.#last = thumbnail;
    this.#sameSince = same ? (this.#sameSince ?? now) : undefined;
    const { mean, deviation } = statistics(thumbnail.pixels);
    if (mean < this.#rules.darkBelow) return "dark";
    if (deviation < Math.min(this.#rules.coveredBelow, mean * flatShare)) return "covered";
    if (this.#sameSince !== undefined && now - this.#sameSince >= this.#rules.frozenAfter) return "frozen";
    return this.#isMoved(thumbnail, now) ? "moved" : "ok";
  }

  /** Takes the next picture for the right view. */
  forget(): void {
    this.#view = undefined;
    this.#shiftedSince = undefined;
  }

  #isMoved(thumbnail: Thumbnail, now: number): boolean {
    const current = edges(thumbnail);
    const view = this.#view;
    if (!view) {
      this.#view = current;
      return false;
    }
    const { dx, dy, best, unshifted } = bestShift(view, current, thumbnail.width, thumbnail.height);
    const shifted = Math.hypot(dx, dy) >= shiftPixels && best >= shiftFit && best - unshifted >= shiftGain;
    if (shifted) {
      this.#shiftedSince ??= now;
      return now - this.#shiftedSince >= this.#rules.movedAfter;
    }
    this.#shiftedSince = undefined;
    for (let i = 0; i < view.length; i++) view[i] = (view[i] ?? 0) * (1 - learning) + (current[i] ?? 0) * learning;
    return false;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function statistics(pixels: Uint8Array): { mean: number; deviation: number } {
  let [sum, squares] = [0, 0];
  for (const pixel of pixels) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const mean = sum / pixels.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / pixels.length - mean * mean)) };
}
