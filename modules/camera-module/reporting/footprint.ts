import type { Box, Point } from "@edge-vision/messages";

/** Where a thing stands: the middle of its box's lower edge, in relative coordinates. */
export function standingPoint([xmin, , xmax, ymax]: Box, width: number, height: number): Point {
  return [(xmin + xmax) / 2 / width, ymax / height];
}
