import type { Candidate } from "./family";
import { intersectionOverUnion, suppress } from "./suppression";

const candidate = (classIndex: number, score: number, ...box: Candidate["box"]): Candidate => ({
  classIndex,
  score,
  box,
});

describe("intersectionOverUnion", () => {
  it.each([
    ["equal boxes", [0, 0, 10, 10], [0, 0, 10, 10], 1],
    ["half of each shared", [0, 0, 10, 10], [5, 0, 15, 10], 1 / 3],
    ["a quarter within", [0, 0, 10, 10], [0, 0, 5, 5], 0.25],
    ["touching boxes", [0, 0, 10, 10], [10, 0, 20, 10], 0],
    ["boxes without area", [5, 5, 5, 5], [5, 5, 5, 5], 0],
  ] as const)("%s", (_, a, b, expected) => {
    expect(intersectionOverUnion([...a], [...b])).toBeCloseTo(expected, 12);
    expect(intersectionOverUnion([...b], [...a])).toBeCloseTo(expected, 12);
  });
});

describe("suppress", () => {
  it("keeps the best of boxes that overlap, best first", () => {
    const weak = candidate(0, 0.5, 1, 0, 11, 10);
    const strong = candidate(0, 0.9, 0, 0, 10, 10);
    const apart = candidate(0, 0.7, 50, 50, 60, 60);
    expect(suppress([weak, apart, strong], 0.6)).toEqual([strong, apart]);
  });

  it("keeps overlapping boxes of different classes", () => {
    const both = [candidate(1, 0.9, 0, 0, 10, 10), candidate(2, 0.8, 0, 0, 10, 10)];
    expect(suppress(both, 0.6)).toEqual(both);
  });

  it("keeps boxes that overlap by exactly the limit", () => {
    const both = [candidate(0, 0.9, 0, 0, 10, 10), candidate(0, 0.8, 0, 0, 10, 5)];
    expect(suppress(both, 0.5)).toEqual(both);
    expect(suppress(both, 0.49)).toEqual(both.slice(0, 1));
  });

  it("does not let a suppressed box suppress another", () => {
    const chain = [candidate(0, 0.9, 0, 0, 10, 10), candidate(0, 0.8, 4, 0, 14, 10), candidate(0, 0.7, 8, 0, 18, 10)];
    expect(suppress(chain, 0.4)).toEqual([chain[0], chain[2]]);
  });

  it("looks only at the best of very many", () => {
    const many = Array.from({ length: 20_000 }, (_, at) => candidate(0, at / 20_000, at * 20, 0, at * 20 + 10, 10));
    expect(suppress(many, 0.5, 100)).toHaveLength(100);
  });
});
