import { type CameraSettings, contains, type Detection } from "@edge-vision/messages";
import { relative, standingPoint } from "../spots/footprint";

type FilterSettings = Pick<CameraSettings, "threshold" | "labels" | "zones">;

/** The detections of a picture that are worth a report: by score, label and zone. */
export function filterDetections(
  detections: readonly Detection[],
  picture: { width: number; height: number },
  { threshold, labels, zones }: FilterSettings,
): Detection[] {
  return detections.filter(({ label, score, box }) => {
    if (score < threshold) return false;
    if (labels.length > 0 && !labels.includes(label)) return false;
    if (zones.length === 0) return true;
    const point = standingPoint(relative(box, picture.width, picture.height));
    return zones.some(({ polygon }) => contains(polygon, point));
  });
}
