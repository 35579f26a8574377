import { type Detection, type Polygon, polygonArea, type Spot } from "@edge-vision/messages";
import { coverage, footprint, relative, type Rectangle } from "./footprint";
import type { Evidence } from "./spot-machine";

export interface EvidenceRules {
  readonly threshold: number;
  readonly vehicles: readonly string[];
  /** Share of a spot that a vehicle's footprint must cover. */
  readonly coverage: number;
}

/** Beside the spot that it covers best, a vehicle counts for each that it covers at least this share as well. */
const besideBest = 0.75;
/** A vehicle stands on a spot only when so much of its footprint lies there; one that passes in front does not. */
const footprintOnSpot = 0.2;
/** A spot is hidden when things that stand nearer to the camera cover so much of it. */
const hiddenShare = 0.8;
/** A thing stands nearer when its box ends below the spot by this share of the picture's height. */
const nearer = 0.01;

/**
 * What the detections of one picture say of each spot, in the order of `spots`.
 *
 * A vehicle stands on the spot of which its footprint covers most, when that is at least `coverage` of the spot and
 * {@link footprintOnSpot} of the footprint; on two, where a
 * long one or two that were found as one cover both alike. Its box may reach over the neighbours' ground without
 * taking their spots. A spot without a vehicle is hidden while the boxes of things nearer to the camera, of any label,
 * cover most of it; otherwise it is free.
 */
export function judgeSpots(
  spots: readonly Spot[],
  detections: readonly Detection[],
  picture: { width: number; height: number },
  rules: EvidenceRules,
): Evidence[] {
  const found = detections
    .filter(({ score }) => score >= rules.threshold)
    .map(({ label, box }) => ({ label, box: relative(box, picture.width, picture.height) }));
  const occupied = new Set<number>();
  for (const { label, box } of found) {
    if (!rules.vehicles.includes(label)) continue;
    const ground = footprint(box);
    const covered = spots.map(({ polygon }) => standsOn(polygon, ground));
    const best = Math.max(...covered);
    if (best < rules.coverage) continue;
    covered.forEach((share, index) => {
      if (share >= rules.coverage && share >= best * besideBest) occupied.add(index);
    });
  }
  return spots.map(({ polygon }, index) => {
    if (occupied.has(index)) return "occupied";
    return isHidden(
      polygon,
      found.map(({ box }) => box),
    )
      ? "hidden"
      : "free";
  });
}

/** Share of the spot that a footprint covers, 0 when too little of the footprint lies there. */
function standsOn(polygon: Polygon, ground: Rectangle): number {
  const share = coverage(polygon, ground);
  const groundArea = (ground.right - ground.left) * (ground.bottom - ground.top);
  return share * polygonArea(polygon) < footprintOnSpot * groundArea ? 0 : share;
}

function isHidden(polygon: Polygon, boxes: readonly Rectangle[]): boolean {
  const lowest = Math.max(...polygon.map(([, y]) => y));
  const inFront = boxes.filter(({ bottom }) => bottom > lowest + nearer);
  return inFront.reduce((sum, box) => sum + coverage(polygon, box), 0) >= hiddenShare;
}
