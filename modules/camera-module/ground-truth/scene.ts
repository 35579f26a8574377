import type { Box, Detection, Point, Spot } from "@edge-vision/messages";
import type { TrueEvent } from "./labels";
import { Random } from "./random";
import { type Block, boxAround, cornersOf, groundOf, project, type View } from "./view";

export interface SceneOptions {
  seed: number;
  seconds: number;
  /** Whether cars come and go. @default true */
  traffic?: boolean;
  /** Whether people and vans pass in front of spots. @default true */
  passers?: boolean;
}

/** A thing in the picture of one moment. */
export interface Thing {
  readonly label: "car" | "truck" | "person";
  readonly block: Block;
  readonly colour: string;
  readonly box: Box;
  /** Share of its box that nothing nearer covers. */
  readonly visible: number;
}

interface Track {
  readonly label: Thing["label"];
  readonly colour: string;
  readonly size: Pick<Block, "width" | "length" | "height">;
  /** Where it is at a time; undefined when it is not there. */
  readonly at: (time: number) => Pick<Block, "x" | "y" | "heading"> | undefined;
}

const spotWidth = 2.6;
const spotLength = 5;
const perRow = 6;
/** Nearest edge of each row, and the way a car leaves it: to the aisle between them. */
const rows = [
  { name: "A", y: 11, leaves: 1 },
  { name: "B", y: 23, leaves: -1 },
] as const;
const aisle = 19.5;
const manoeuvreSeconds = 4;
const colours = ["#b33", "#248", "#ddd", "#222", "#7a7", "#aa8"] as const;

/** A car park with two rows of spots on both sides of an aisle, over some time; the same for the same seed. */
export class Scene {
  readonly view: View;
  readonly spots: Spot[];
  /** What truly happened, in the order of time. */
  readonly events: TrueEvent[] = [];
  readonly #tracks: Track[] = [];
  readonly #options: Required<SceneOptions>;

  constructor(options: SceneOptions) {
    this.#options = { traffic: true, passers: true, ...options };
    const random = new Random(options.seed);
    const pitch = random.between(0.42, 0.6);
    this.view = { width: 640, height: 480, poleHeight: random.between(7, 10), pitch, focal: random.between(430, 520) };
    this.spots = rows.flatMap((row) =>
      Array.from({ length: perRow }, (_, i) => ({ name: `${row.name}${i + 1}`, polygon: this.#outline(row.y, i) })),
    );
    for (const row of rows) for (let i = 0; i < perRow; i++) this.#useSpot(random, row, i);
    if (this.#options.passers) this.#addPassers(random);
    this.events.sort((a, b) => a.at - b.at);
  }

  /** What is in the picture at a time, nearest last. */
  things(time: number): Thing[] {
    const present = this.#tracks
      .map((track) => ({ track, place: track.at(time) }))
      .filter(({ place }) => place !== undefined)
      .map(({ track, place }) => ({ ...track, block: { ...track.size, ...place } as Block }))
      .sort((a, b) => b.block.y - a.block.y);
    const boxed = present.flatMap(({ label, colour, block }) => {
      const box = boxAround(this.view, cornersOf(this.view, block));
      return box ? [{ label, colour, block, box }] : [];
    });
    return boxed.map((thing, i) => ({
      ...thing,
      visible: visibleShare(
        thing.box,
        boxed.slice(i + 1).map((t) => t.box),
      ),
    }));
  }

  /** What a detector without faults finds at a time: everything of which enough can be seen. */
  detections(time: number): Detection[] {
    return this.things(time)
      .filter(({ visible }) => visible >= 0.45)
      .map(({ label, box, visible }) => ({ label, score: 0.55 + 0.4 * visible, box }));
  }

  #outline(y: number, index: number): [number, number][] {
    const ground = groundOf({ ...this.#middle(y, index), heading: 0, width: spotWidth, length: spotLength, height: 0 });
    return ground.map(([px, py]) => {
      const [x, row] = project(this.view, [px, py, 0]);
      const inside = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
      return [inside(x / this.view.width), inside(row / this.view.height)];
    });
  }

  #middle(y: number, index: number): { x: number; y: number } {
    return { x: (index - (perRow - 1) / 2) * spotWidth, y: y + spotLength / 2 };
  }

  /** Fills a spot with one stay after another. */
  #useSpot(random: Random, row: (typeof rows)[number], index: number): void {
    const { seconds, traffic } = this.#options;
    const spot = `${row.name}${index + 1}`;
    const middle = this.#middle(row.y, index);
    const wait = (): number => random.between(25, 160);
    let time = random.chance(0.5) ? -1000 : traffic ? random.between(20, 120) : Infinity;
    while (time < seconds) {
      const [from, until] = [time, traffic ? Math.max(time, 0) + wait() : Infinity];
      const tall = random.chance(0.15);
      const size = { width: random.between(1.7, 1.95), length: random.between(3.9, 4.7), height: tall ? 2 : 1.5 };
      const off = { x: random.normal() * 0.12, y: random.normal() * 0.2 };
      const parked = { x: middle.x + off.x, y: middle.y + off.y };
      const away = (aisle - parked.y) * row.leaves > 0 ? aisle : parked.y + row.leaves * 6;
      this.#tracks.push({
        label: tall ? "truck" : "car",
        colour: random.pick(colours),
        size,
        at: (t) => parkedOrMoving(t, from, until, parked, away),
      });
      // The way is even: on it, the vehicle's middle comes so far in a second.
      const speed = Math.abs(away - parked.y) / manoeuvreSeconds;
      const half = spotLength / 2 / speed;
      // It leaves by the edge that is nearer to the aisle.
      const edge = middle.y + (row.leaves * spotLength) / 2;
      const clear = (Math.abs(edge - parked.y) + size.length / 2) / speed;
      if (from > 0) this.events.push({ spot, event: "occupied", at: from + manoeuvreSeconds - half });
      if (until + manoeuvreSeconds < seconds) this.events.push({ spot, event: "freed", at: until + clear });
      time = until + manoeuvreSeconds + wait();
    }
  }

  #addPassers(random: Random): void {
    const { seconds } = this.#options;
    for (let time = random.between(5, 30); time < seconds; time += random.between(15, 60)) {
      const van = random.chance(0.5);
      const start = time;
      const right = random.chance(0.5) ? 1 : -1;
      const speed = van ? random.between(2, 5) : random.between(0.8, 1.6);
      // Vans drive along the aisle, some stop for a moment; people walk on both sides of the rows.
      const stop = van && random.chance(0.3) ? random.between(2, 6) : 0;
      const stopAt = random.between(-5, 5);
      const y = van ? random.between(aisle - 1, aisle + 1) : random.pick([9.5, 17.5, 21.5]);
      this.#tracks.push({
        label: van ? "truck" : "person",
        colour: van ? "#eee" : "#c64",
        size: van ? { width: 2, length: 5.6, height: 2.5 } : { width: 0.5, length: 0.5, height: 1.75 },
        at: (t) => {
          const driven = -18 + speed * (t - start);
          const beforeStop = (stopAt + 18) / speed;
          const x = t - start <= beforeStop ? driven : Math.max(stopAt, driven - speed * stop);
          return t < start || x > 18 ? undefined : { x: right * x, y, heading: Math.PI / 2 };
        },
      });
    }
  }
}

function parkedOrMoving(
  time: number,
  from: number,
  until: number,
  parked: { x: number; y: number },
  away: number,
): Pick<Block, "x" | "y" | "heading"> | undefined {
  if (time < from || time > until + manoeuvreSeconds) return undefined;
  const out = time < from + manoeuvreSeconds ? 1 - (time - from) / manoeuvreSeconds : (time - until) / manoeuvreSeconds;
  const share = Math.max(0, Math.min(1, out));
  return { x: parked.x, y: parked.y + (away - parked.y) * share, heading: 0 };
}

function visibleShare(box: Box, nearer: readonly Box[]): number {
  const area = (box[2] - box[0]) * (box[3] - box[1]);
  let hidden = 0;
  for (const other of nearer) {
    const width = Math.min(box[2], other[2]) - Math.max(box[0], other[0]);
    const height = Math.min(box[3], other[3]) - Math.max(box[1], other[1]);
    if (width > 0 && height > 0) hidden += width * height;
  }
  return Math.max(0, 1 - hidden / area);
}

/** A block's outline on the ground as seen. */
export function seenGround(view: View, block: Block): Point[] {
  return groundOf(block).map(([x, y]) => project(view, [x, y, 0]));
}
