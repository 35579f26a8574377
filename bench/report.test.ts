import { Report, reaches } from "./report";

describe("a bench's report", () => {
  test.each([
    [1, { min: 1 }, true],
    [0.99, { min: 1 }, false],
    [1, { max: 1 }, true],
    [1.01, { max: 1 }, false],
    [0, { equals: 0 }, true],
    [1, { equals: 0 }, false],
    [NaN, { min: 1 }, false],
    [NaN, { max: 1 }, false],
  ])("%p against %p: %p", (value, goal, expected) => {
    expect(reaches(value, goal)).toBe(expected);
  });

  it("writes a line for each figure and the verdict last", () => {
    const lines: string[] = [];
    const report = new Report("demo", false, (line) => lines.push(line));
    report.figure({ name: "throughput", value: 0.91234, unit: "× bare", goal: { min: 0.9 } });
    report.figure({ name: "memory", value: 2, unit: "× reference", goal: { max: 0.6 } });
    expect(report.verdict()).toBe(false);
    expect(lines).toEqual([
      "throughput: 0.9123 × bare  (goal: at least 0.9: met)",
      "memory: 2 × reference  (goal: at most 0.6: missed)",
      "missed: memory",
    ]);
  });

  it("writes JSON lines", () => {
    const lines: string[] = [];
    const report = new Report("demo", true, (line) => lines.push(line));
    report.note("not in JSON");
    report.figure({ name: "a", value: 1, unit: "s" });
    expect(report.verdict()).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { bench: "demo", name: "a", value: 1, unit: "s" },
      { bench: "demo", verdict: "met" },
    ]);
  });

  it("does not call a run without figures a success", () => {
    expect(new Report("demo", false, () => undefined).verdict()).toBe(false);
  });
});
