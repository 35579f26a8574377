import { FrameRate } from "./frame-rate";

function taken(times: number[], fps: number): number {
  const rate = new FrameRate();
  return times.filter((time) => rate.takes(time, fps)).length;
}

const regular = (count: number, interval: number): number[] => Array.from({ length: count }, (_, i) => i * interval);

describe("the frame rate", () => {
  test("30 frames a second are thinned to 5", () => {
    expect(taken(regular(3000, 1000 / 30), 5)).toBeGreaterThanOrEqual(499);
    expect(taken(regular(3000, 1000 / 30), 5)).toBeLessThanOrEqual(501);
  });

  test("a source with exactly the wanted rate loses no frame to jitter", () => {
    const jitter = [0, 70, -60, 90, -80];
    const jittered = regular(1000, 200).map((time, i) => time + (jitter[i % 5] ?? 0));
    expect(taken(jittered, 5)).toBe(1000);
  });

  test("after a pause frames are not caught up with", () => {
    const rate = new FrameRate();
    expect(rate.takes(0, 1)).toBe(true);
    const after = regular(10, 100).map((time) => 60_000 + time);
    expect(after.filter((time) => rate.takes(time, 1))).toHaveLength(2);
  });

  test("a clock that is set back does not stop it", () => {
    const rate = new FrameRate();
    expect(rate.takes(1_000_000, 1)).toBe(true);
    expect(rate.takes(1000, 1)).toBe(true);
  });
});
