import type { Box, Point } from "@edge-vision/messages";

/** A place in metres: x to the right, y away from the camera, z up. */
export type Place = readonly [x: number, y: number, z: number];

/** A camera on a pole that looks down on a plane. */
export interface View {
  readonly width: number;
  readonly height: number;
  /** Height of the camera above the ground, metres. */
  readonly poleHeight: number;
  /** How far it looks down, radians. */
  readonly pitch: number;
  /** Focal length in pixels. */
  readonly focal: number;
}

/** Where a place is seen, in pixels. Only for places in front of the camera. */
export function project(view: View, [x, y, z]: Place): Point {
  const [sin, cos] = [Math.sin(view.pitch), Math.cos(view.pitch)];
  const below = view.poleHeight - z;
  const depth = y * cos + below * sin;
  const down = below * cos - y * sin;
  return [view.width / 2 + (view.focal * x) / depth, view.height / 2 + (view.focal * down) / depth];
}

/** Something that stands on the ground: a block with its middle at (x, y), turned about it. */
export interface Block {
  readonly x: number;
  readonly y: number;
  /** Radians; 0 stands along y. */
  readonly heading: number;
  readonly width: number;
  readonly length: number;
  readonly height: number;
}

/** The corners of a block's ground, in order. */
export function groundOf({ x, y, heading, width, length }: Block): [Point, Point, Point, Point] {
  const [sin, cos] = [Math.sin(heading), Math.cos(heading)];
  const corner = (across: number, along: number): Point => [
    x + across * cos + along * sin,
    y - across * sin + along * cos,
  ];
  const [w, l] = [width / 2, length / 2];
  return [corner(-w, -l), corner(w, -l), corner(w, l), corner(-w, l)];
}

/** All eight corners of a block as seen. */
export function cornersOf(view: View, block: Block): Point[] {
  return groundOf(block).flatMap(([x, y]) => [project(view, [x, y, 0]), project(view, [x, y, block.height])]);
}

/** The box around points, cut off at the picture's edges; undefined when nothing of it is in the picture. */
export function boxAround(view: View, points: readonly Point[]): Box | undefined {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const box: Box = [
    Math.max(0, Math.min(...xs)),
    Math.max(0, Math.min(...ys)),
    Math.min(view.width, Math.max(...xs)),
    Math.min(view.height, Math.max(...ys)),
  ];
  return box[2] - box[0] < 4 || box[3] - box[1] < 4 ? undefined : box;
}
