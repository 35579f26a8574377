import { reaching } from "./scores";

describe("reaching", () => {
  const values = Float32Array.of(0.9, 0.1, 0.5, NaN, 0.2, 0.3, 0.4, 0.1, 0.8, 0.7);

  it("names every value of the range that is high enough, in order", () => {
    expect(reaching(values, 0, 10, 0.5)).toEqual([0, 2, 8, 9]);
    expect(reaching(values, 1, 9, 0.5)).toEqual([2, 8]);
    expect(reaching(values, 3, 8, 0.5)).toEqual([]);
    expect(reaching(values, 10, 10, 0)).toEqual([]);
  });

  it("takes a value at the threshold, and nothing that is not a number", () => {
    expect(reaching(Float32Array.of(NaN, 0.25, 0.2499), 0, 3, 0.25)).toEqual([1]);
    expect(reaching(values, 3, 4, 0)).toEqual([]);
  });
});
