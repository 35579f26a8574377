import { AdaptiveRate } from "./adaptive-rate";
import { FrameRate } from "./frame-rate";

/** Plays a camera against a service that takes `capacity` frames a second, and counts what it refused. */
function play(wanted: number, capacity: number, seconds: number): { taken: number; refused: number } {
  const rate = new FrameRate();
  const adaptive = new AdaptiveRate();
  const result = { taken: 0, refused: 0 };
  let busyUntil = 0;
  for (let now = 0; now < seconds * 1000; now += 1000 / 30) {
    if (!rate.takes(now, adaptive.current(wanted))) continue;
    if (now < busyUntil) {
      result.refused += 1;
      adaptive.refused(wanted, now);
    } else {
      busyUntil = now + 1000 / capacity;
      result.taken += 1;
      adaptive.taken(wanted, now);
    }
  }
  return result;
}

describe("the rate", () => {
  test("stays as wanted when inference keeps up", () => {
    const { taken, refused } = play(5, 20, 60);
    expect(refused).toBe(0);
    expect(Math.abs(taken - 300)).toBeLessThanOrEqual(1);
  });

  test("falls to what inference can take, and uses it", () => {
    const { taken, refused } = play(15, 2, 300);
    expect(taken).toBeGreaterThan(0.75 * 2 * 300);
    expect(refused).toBeLessThan(0.35 * taken);
  });

  test("comes back within a minute when inference is fast again, however long it was not", () => {
    const adaptive = new AdaptiveRate();
    for (let now = 0; now < 60_000; now += 1000) adaptive.refused(2, now);
    expect(adaptive.current(2)).toBeLessThan(0.2);
    let now = 60_000;
    while (adaptive.current(2) < 2) adaptive.taken(2, (now += 1000 / adaptive.current(2)));
    expect(now - 60_000).toBeLessThan(60_000);
  });
});
