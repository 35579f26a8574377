import type { Box, Detection } from "@edge-vision/messages";
import type { Random } from "./random";

export interface Disturbance {
  /** Share of things that are not found in a picture. */
  misses: number;
  /** For each thing, the chance of a vehicle somewhere where none is. */
  falses: number;
  /** Deviation of each edge, as a share of the box's size. */
  jitter: number;
  /** Chance that two vehicles whose boxes touch are found as one. */
  merges: number;
}

/** What a real detector does to what is there. */
export const usual: Disturbance = { misses: 0.1, falses: 0.03, jitter: 0.04, merges: 0.05 };

/** The detections that a detector with faults makes of the true ones. */
export function disturb(
  truth: readonly Detection[],
  picture: { width: number; height: number },
  { misses, falses, jitter, merges }: Disturbance,
  random: Random,
): Detection[] {
  const left = [...truth];
  const found: Detection[] = [];
  while (left.length > 0) {
    const thing = left.shift();
    if (!thing) break;
    let { box } = thing;
    const neighbour = left.findIndex((other) => other.label !== "person" && touch(box, other.box));
    if (thing.label !== "person" && neighbour >= 0 && random.chance(merges)) {
      const [other] = left.splice(neighbour, 1);
      if (other) box = around(box, other.box);
    }
    if (!random.chance(misses)) found.push({ ...thing, box: jittered(box, jitter, random) });
    if (random.chance(falses)) found.push(nothing(picture, random));
  }
  return found.sort((a, b) => b.score - a.score);
}

function touch(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function around(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

function jittered([left, top, right, bottom]: Box, jitter: number, random: Random): Box {
  const [width, height] = [(right - left) * jitter, (bottom - top) * jitter];
  return [
    left + random.normal() * width,
    top + random.normal() * height,
    right + random.normal() * width,
    bottom + random.normal() * height,
  ];
}

function nothing({ width, height }: { width: number; height: number }, random: Random): Detection {
  const [w, h] = [random.between(40, 120), random.between(30, 100)];
  const [x, y] = [random.between(0, width - w), random.between(0, height - h)];
  return { label: random.pick(["car", "truck"]), score: random.between(0.5, 0.7), box: [x, y, x + w, y + h] };
}
