import type { Box, Point, Polygon } from "@edge-vision/messages";
import { polygonArea } from "@edge-vision/messages";

/** An upright rectangle in relative coordinates. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A box in pixels as a rectangle of the picture. */
export function relative([xmin, ymin, xmax, ymax]: Box, width: number, height: number): Rectangle {
  return { left: xmin / width, top: ymin / height, right: xmax / width, bottom: ymax / height };
}

/** Share of a vehicle's box, from below, that is taken for the ground it stands on. */
export const footprintShare = 0.5;

/**
 * Where a vehicle stands: the lower half of its box. A camera that looks down on parked cars sees their roofs and
 * windows in the upper half, over the ground behind them.
 */
export function footprint(box: Rectangle): Rectangle {
  return { ...box, top: box.bottom - (box.bottom - box.top) * footprintShare };
}

/** Where a thing stands: the middle of its box's lower edge. */
export function standingPoint(box: Rectangle): Point {
  return [(box.left + box.right) / 2, box.bottom];
}

/** Share of a polygon's area that lies in a rectangle. */
export function coverage(polygon: Polygon, rectangle: Rectangle): number {
  const { left, top, right, bottom } = rectangle;
  let points = clip(polygon, (p) => p[0] - left);
  points = clip(points, (p) => right - p[0]);
  points = clip(points, (p) => p[1] - top);
  points = clip(points, (p) => bottom - p[1]);
  return points.length < 3 ? 0 : Math.min(1, polygonArea(points) / polygonArea(polygon));
}

/** Cuts off what lies on the negative side of a line (Sutherland and Hodgman). */
function clip(polygon: Polygon, side: (point: Point) => number): Point[] {
  const kept: Point[] = [];
  polygon.forEach((point, i) => {
    const next = polygon[(i + 1) % polygon.length] ?? point;
    const [here, there] = [side(point), side(next)];
    if (here >= 0) kept.push(point);
    if (here * there < 0) {
      const t = here / (here - there);
      kept.push([point[0] + t * (next[0] - point[0]), point[1] + t * (next[1] - point[1])]);
    }
  });
  return kept;
}
