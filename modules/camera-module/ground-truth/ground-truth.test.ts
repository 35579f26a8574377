import sharp from "sharp";
import { disturb, usual } from "./disturb";
import { clipLabelsSchema } from "./labels";
import { Random } from "./random";
import { renderScene } from "./render";
import { Scene } from "./scene";
import { percentile, score } from "./score";
import { settingsFor, watchScene } from "./watch-scene";

jest.setTimeout(120_000);

const exact = { misses: 0, falses: 0, jitter: 0, merges: 0 };

describe("a scene", () => {
  test("is the same for the same seed, and another for another", () => {
    const [a, b, c] = [7, 7, 8].map((seed) => new Scene({ seed, seconds: 300 }));
    expect(a?.events).toEqual(b?.events);
    expect(a?.detections(100)).toEqual(b?.detections(100));
    expect(a?.events).not.toEqual(c?.events);
  });

  test("has valid labels: spots that settings accept, and events that alternate", () => {
    const scene = new Scene({ seed: 3, seconds: 600 });
    expect(settingsFor(scene).spots).toHaveLength(12);
    const labels = { clip: "clip.mjpeg", fps: 5, seconds: 600, spots: scene.spots, events: scene.events };
    expect(clipLabelsSchema.parse(labels).events.length).toBeGreaterThan(30);
    for (const { name } of scene.spots) {
      const kinds = scene.events.filter(({ spot }) => spot === name).map(({ event }) => event);
      kinds.forEach((kind, i) => {
        expect(i === 0 || kinds[i - 1] !== kind).toBe(true);
      });
    }
  });

  test("is rendered, the same each time, and darker at night", async () => {
    const scene = new Scene({ seed: 1, seconds: 60 });
    const [day, again, night] = await Promise.all([
      renderScene(scene, 10, { sun: 0.5, rain: 50, shake: 2 }),
      renderScene(scene, 10, { sun: 0.5, rain: 50, shake: 2 }),
      renderScene(scene, 10, { light: 0.25 }),
    ]);
    expect(day.equals(again)).toBe(true);
    const brightness = async (jpeg: Buffer): Promise<number> => (await sharp(jpeg).stats()).channels[0]?.mean ?? NaN;
    expect(await brightness(night)).toBeLessThan((await brightness(day)) / 2);
    expect(await sharp(day).metadata()).toMatchObject({ width: 640, height: 480, format: "jpeg" });
  });
});

test("a detector without faults gives every event of a scene, and no other", async () => {
  const scene = new Scene({ seed: 5, seconds: 240, passers: false });
  const reports = await watchScene(scene, { fps: 4, seconds: 240, seed: 1, disturbance: exact });
  const truth = scene.events.filter(({ at }) => at < 225);
  const freed = score(
    truth,
    reports.filter(({ decidedAt }) => decidedAt < 240),
    "freed",
    15,
  );
  expect(freed.recall).toBe(1);
  expect(freed.delays.length).toBeGreaterThan(3);
});

test("a parked hour with a detector that has faults gives no event", async () => {
  const scene = new Scene({ seed: 2, seconds: 3600, traffic: false });
  expect(await watchScene(scene, { fps: 1, seconds: 3600, seed: 2, disturbance: usual })).toEqual([]);
});

test("disturbances happen as often as they should", () => {
  const truth = [{ label: "car", score: 0.9, box: [100, 100, 200, 160] as [number, number, number, number] }];
  const random = new Random(1);
  const counts = { found: 0, falses: 0 };
  for (let i = 0; i < 10_000; i++) {
    const found = disturb(truth, { width: 640, height: 480 }, usual, random);
    counts.found += found.filter(({ score: s }) => s === 0.9).length;
    counts.falses += found.filter(({ score: s }) => s !== 0.9).length;
  }
  expect(Math.abs(counts.found / 10_000 - 0.9)).toBeLessThan(0.01);
  expect(Math.abs(counts.falses / 10_000 - 0.03)).toBeLessThan(0.006);
});

test("scores", () => {
  const truth = [
    { spot: "a", event: "freed" as const, at: 10 },
    { spot: "a", event: "freed" as const, at: 50 },
    { spot: "b", event: "freed" as const, at: 20 },
    { spot: "b", event: "occupied" as const, at: 30 },
  ];
  const report = (spot: string, decidedAt: number): { spot: string; event: "freed"; decidedAt: number } => ({
    spot,
    event: "freed",
    decidedAt,
  });
  // One in time, one twice, one too late.
  const result = score(truth, [report("a", 15), report("a", 16), report("b", 90)], "freed", 10);
  expect(result).toMatchObject({ precision: 1 / 3, recall: 1 / 3, delays: [5] });
  expect(result.f1).toBeCloseTo(1 / 3, 12);
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(percentile([1, 2, 3, 4], 0.95)).toBe(4);
});
