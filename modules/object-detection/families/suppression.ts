import type { Box } from "@edge-vision/messages";
import type { Candidate } from "./family";

/** Intersection over union of two boxes, 0 to 1; 0 where neither has an area. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (area(a) + area(b) - intersection);
}

/**
 * Greedy class-wise non-max suppression: of boxes of one class that overlap by more than `iou`, only the best stays.
 * Answers the best first; equal scores keep their order.
 *
 * @param most how many candidates are looked at, so that a model that finds everything everywhere costs no minutes
 */
export function suppress(candidates: readonly Candidate[], iou: number, most = 3000): Candidate[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score).slice(0, most);
  const kept = new Map<number, Candidate[]>();
  return sorted.filter((candidate) => {
    const rivals = kept.get(candidate.classIndex) ?? [];
    if (rivals.some((rival) => intersectionOverUnion(rival.box, candidate.box) > iou)) return false;
    kept.set(candidate.classIndex, [...rivals, candidate]);
    return true;
  });
}

function area([xmin, ymin, xmax, ymax]: Box): number {
  return (xmax - xmin) * (ymax - ymin);
}
