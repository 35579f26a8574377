import { readFileSync } from "node:fs";
import path from "node:path";
import type { Box, Detection } from "@edge-vision/messages";

/** Folder of the reference pictures. */
export const photos = path.join(__dirname, "..", "photos");

/** What an independent program finds in them; their README tells how and what counts as agreement. */
export const reference = JSON.parse(readFileSync(path.join(photos, "reference.json"), "utf8")) as Record<
  string,
  Detection[]
>;

const threshold = 0.5;
const tolerance = 0.05;
const leastOverlap = 0.9;

/** Findings without counterpart, but for those so near to the threshold that either program may leave them out. */
export function unmatched(findings: readonly Detection[], others: readonly Detection[]): Detection[] {
  return findings.filter(
    ({ label, score, box }) =>
      score >= threshold + tolerance &&
      !others.some(
        (other) =>
          other.label === label &&
          Math.abs(other.score - score) <= tolerance &&
          overlap(other.box, box) >= leastOverlap,
      ),
  );
}

/** Intersection over union, written apart from the service's own. */
function overlap(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const areaOf = ([xmin, ymin, xmax, ymax]: Box): number => (xmax - xmin) * (ymax - ymin);
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}
