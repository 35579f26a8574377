import type { Point } from "@edge-vision/messages";
import sharp from "sharp";
import { Random } from "./random";
import { type Scene, seenGround, type Thing } from "./scene";
import { cornersOf, type View } from "./view";

/** What the sky does to a picture. */
export interface Weather {
  /** Brightness, 1 at noon; below 0.4 head lamps and a lamp post are lit. @default 1 */
  light?: number;
  /** Where shadows fall, radians; undefined: none. */
  sun?: number;
  /** Streaks of rain in a picture. @default 0 */
  rain?: number;
  /** Deviation of the camera's shake in pixels. @default 0 */
  shake?: number;
  /** Deviation of the sensor's noise, 0…255. @default 3 */
  noise?: number;
}

/** A JPEG of a scene at a time. The same arguments give the same picture. */
export async function renderScene(scene: Scene, time: number, weather: Weather = {}): Promise<Buffer> {
  const { light = 1, rain = 0, shake = 0, noise = 3, sun } = weather;
  const { width, height } = scene.view;
  const random = new Random(Math.round(time * 1000) + 17);
  const [dx, dy] = [random.normal() * shake, random.normal() * shake];
  const things = scene.things(time);
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" fill="#6d6f70"/>`,
    `<g transform="translate(${dx.toFixed(2)} ${dy.toFixed(2)})">`,
    `<rect x="-20" y="-20" width="${width + 40}" height="${(height * 0.12).toFixed(0)}" fill="#8a6a4a"/>`,
    ...scene.spots.map(({ polygon }) => {
      const outline: Point[] = polygon.map(([x, y]) => [x * width, y * height]);
      return `<polygon points="${points(outline)}" fill="none" stroke="#e8e8e0" stroke-width="2"/>`;
    }),
    ...things.map((thing) => (sun === undefined ? "" : shadow(scene.view, thing, sun))),
    ...things.map((thing) => body(scene.view, thing)),
    "</g>",
    ...Array.from({ length: rain }, () => streak(random, width, height)),
    `<rect width="${width}" height="${height}" fill="#000" opacity="${(1 - Math.min(1, light)).toFixed(3)}"/>`,
    ...(light < 0.4 ? things.filter(({ label }) => label !== "person").map((thing) => lamps(thing)) : []),
    "</svg>",
  ].join("");
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.max(0, Math.min(255, (data[i] ?? 0) + (random.next() + random.next() - 1) * 2.4 * noise));
  }
  const raw = { width: info.width, height: info.height, channels: 3 as const };
  return sharp(data, { raw }).jpeg({ quality: 85 }).toBuffer();
}

function points(outline: readonly Point[]): string {
  return outline.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

/** A block seen from above: its sides, and its roof a little lighter. */
function body(view: View, { block, colour, label }: Thing): string {
  const corners = cornersOf(view, block);
  const roof = corners.filter((_, i) => i % 2 === 1);
  const glass = label === "person" ? "" : `<polygon points="${points(shrink(roof))}" fill="#345"/>`;
  return (
    `<polygon points="${points(hull(corners))}" fill="${colour}"/>` +
    `<polygon points="${points(roof)}" fill="#fff" opacity="0.25"/>${glass}`
  );
}

function shadow(view: View, { block }: Thing, sun: number): string {
  const far = { ...block, x: block.x + Math.cos(sun) * block.height, y: block.y + Math.sin(sun) * block.height };
  const outline = hull([...seenGround(view, block), ...seenGround(view, far)]);
  return `<polygon points="${points(outline)}" fill="#000" opacity="0.4"/>`;
}

function lamps({ box: [left, , right, bottom] }: Thing): string {
  return [left + 6, right - 6]
    .map((x) => `<circle cx="${x.toFixed(0)}" cy="${(bottom - 8).toFixed(0)}" r="4" fill="#ffd"/>`)
    .join("");
}

function streak(random: Random, width: number, height: number): string {
  const [x, y, length] = [random.between(0, width), random.between(0, height), random.between(8, 30)];
  const path = `M${x.toFixed(0)} ${y.toFixed(0)} l${(length / 5).toFixed(1)} ${length.toFixed(1)}`;
  return `<path d="${path}" stroke="#dde" stroke-width="1" opacity="0.5"/>`;
}

function shrink(outline: readonly Point[]): Point[] {
  const [x, y] = [0, 1].map((axis) => outline.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / outline.length);
  return outline.map((point) => [point[0] + ((x ?? 0) - point[0]) * 0.3, point[1] + ((y ?? 0) - point[1]) * 0.3]);
}

/** Convex hull (Andrew's monotone chain). */
function hull(of: readonly Point[]): Point[] {
  const sorted = [...of].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of ordered) {
      for (;;) {
        const [a, b] = [chain.at(-2), chain.at(-1)];
        if (!a || !b || (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
