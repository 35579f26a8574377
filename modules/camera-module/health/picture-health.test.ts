import type { PictureHealth } from "@edge-vision/messages";
import sharp from "sharp";
import { PictureHealthMonitor } from "./picture-health";
import { makeThumbnail, type Thumbnail, thumbnailHeight, thumbnailWidth } from "./thumbnail";

jest.setTimeout(120_000);

interface View {
  x?: number;
  y?: number;
  light?: number;
  seed?: number;
  contents?: string;
}

/** A car park with a row of spots, a building and some cars; seen shifted, lit, and with the sensor's noise. */
async function scene({ x = 0, y = 0, light = 1, seed = 1, contents = cars }: View): Promise<Thumbnail> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="72" viewBox="0 0 640 480">
    <rect width="640" height="480" fill="#777"/>
    <g transform="translate(${x} ${y})">${contents}</g></svg>`;
  const grey = await sharp(Buffer.from(svg)).removeAlpha().greyscale().raw().toBuffer();
  let random = seed;
  // Looking `Math` up for each pixel is slow in a test's own realm.
  const { imul, max, min } = Math;
  const pixels = Uint8Array.from(grey, (value) => {
    random = (imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return max(0, min(255, value * light + (random >>> 29) - 4));
  });
  return { width: 96, height: 72, pixels };
}

const spot = (i: number): string =>
  `<path d="M${60 + i * 80} 420 L${100 + i * 70} 300" stroke="#eee" stroke-width="5"/>`;
const car = (i: number, colour: string): string =>
  `<rect x="${70 + i * 80}" y="300" width="70" height="90" fill="${colour}"/>`;
const backdrop = `<rect x="-50" y="-50" width="420" height="200" fill="#a86"/><rect x="420" y="40" width="90" height="120" fill="#243"/>
  ${[0, 1, 2, 3, 4, 5, 6].map(spot).join("")}`;
const cars = backdrop + car(0, "#c22") + car(2, "#226") + car(5, "#ddd");
const otherCars = backdrop + car(1, "#111") + car(3, "#ddd");

async function judge(pictures: Promise<Thumbnail>[], interval = 1000): Promise<PictureHealth[]> {
  const monitor = new PictureHealthMonitor();
  return (await Promise.all(pictures)).map((thumbnail, i) => monitor.judge(thumbnail, i * interval));
}

const repeat = (count: number, options: View, from = 100): Promise<Thumbnail>[] =>
  Array.from({ length: count }, (_, i) => scene({ ...options, seed: from + i }));

describe("picture health", () => {
  test("the usual: noise, shake, other cars, dusk, a lit night", async () => {
    const usual = [
      ...repeat(3, {}),
      ...[2, -5, 6, -4].map((x, i) => scene({ x, y: x / 2, seed: i })),
      ...repeat(3, { contents: otherCars }),
      ...repeat(3, { light: 0.4 }),
      ...repeat(3, { light: 0.2 }),
    ];
    expect(new Set(await judge(usual))).toEqual(new Set(["ok"]));
  });

  test("dark", async () => {
    expect((await judge([...repeat(1, {}), ...repeat(1, { light: 0.02 })])).at(-1)).toBe("dark");
  });

  test("covered", async () => {
    const cover = '<rect x="-50" y="-50" width="800" height="600" fill="#987"/>';
    expect((await judge([...repeat(1, {}), ...repeat(1, { contents: cover })])).at(-1)).toBe("covered");
  });

  test("frozen, only after a while and only when it is the very same", async () => {
    const still = scene({});
    const healths = await judge(Array.from({ length: 40 }, () => still));
    expect(healths.indexOf("frozen")).toBe(31);
    expect(new Set(await judge(repeat(40, {})))).toEqual(new Set(["ok"]));
  });

  test("moved, after a while, until it is turned back", async () => {
    const away = { x: 50, y: 20, light: 0.8, contents: otherCars };
    const healths = await judge([...repeat(3, {}), ...repeat(8, away), ...repeat(2, {})]);
    expect(healths).toEqual([...Array<string>(8).fill("ok"), "moved", "moved", "moved", "ok", "ok"]);
  });

  test("a new view is taken when the old one is to be forgotten", async () => {
    const monitor = new PictureHealthMonitor({ movedAfter: 0 });
    monitor.judge(await scene({}), 0);
    const away = await scene({ x: 60 });
    expect(monitor.judge(away, 1000)).toBe("moved");
    monitor.forget();
    expect(monitor.judge(away, 2000)).toBe("ok");
  });

  test("a thumbnail is made of a JPEG, and a broken one is refused", async () => {
    const jpeg = await sharp({ create: { width: 320, height: 200, channels: 3, background: "#888" } })
      .jpeg()
      .toBuffer();
    const { pixels } = await makeThumbnail(jpeg);
    expect(pixels).toHaveLength(thumbnailWidth * thumbnailHeight);
    expect(pixels[1000]).toBeGreaterThan(130);
    await expect(makeThumbnail(jpeg.subarray(0, 300))).rejects.toThrow();
  });
});
