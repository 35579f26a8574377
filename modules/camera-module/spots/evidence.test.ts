import type { Detection, Spot } from "@edge-vision/messages";
import { judgeSpots } from "./evidence";
import { coverage } from "./footprint";

const picture = { width: 1000, height: 1000 };
const rules = { threshold: 0.5, vehicles: ["car", "truck"], coverage: 0.3 };

/** Three spots side by side, 0.2 wide and 0.1 deep, their front at y = 0.8. */
const spots: Spot[] = [0.1, 0.3, 0.5].map((x, index) => ({
  name: `s${index}`,
  polygon: [
    [x, 0.7],
    [x + 0.2, 0.7],
    [x + 0.2, 0.8],
    [x, 0.8],
  ],
}));

const thing = (label: string, box: Detection["box"], score = 0.9): Detection => ({ label, score, box });
const parked = thing("car", [120, 580, 290, 790]);

describe("evidence of spots", () => {
  test.each([
    ["nothing", [], "free free free"],
    ["a car on the first", [parked], "occupied free free"],
    ["a car on the first that reaches over the second", [thing("car", [120, 580, 380, 790])], "occupied free free"],
    ["two cars found as one", [thing("car", [120, 580, 490, 790])], "occupied occupied free"],
    ["a person on the first", [thing("person", [120, 580, 290, 790])], "free free free"],
    ["a car below the threshold", [thing("car", parked.box, 0.4)], "free free free"],
    ["a car far behind", [thing("car", [120, 300, 290, 500])], "free free free"],
    ["a van passing in front of the second and third", [thing("truck", [280, 560, 720, 950])], "free hidden hidden"],
    [
      "a crowd in front of the second",
      [thing("person", [300, 600, 390, 900]), thing("person", [400, 600, 490, 900])],
      "free hidden free",
    ],
    ["a car seen behind a person", [parked, thing("person", [130, 600, 280, 900])], "occupied free free"],
  ])("%s", (_what, detections, expected) => {
    expect(judgeSpots(spots, detections, picture, rules).join(" ")).toBe(expected);
  });

  test("coverage of a polygon by a rectangle", () => {
    const triangle: Spot["polygon"] = [
      [0, 0],
      [1, 0],
      [0, 1],
    ];
    expect(coverage(triangle, { left: 0, top: 0, right: 1, bottom: 1 })).toBeCloseTo(1, 12);
    expect(coverage(triangle, { left: 0, top: 0, right: 0.5, bottom: 0.5 })).toBeCloseTo(0.5, 12);
    expect(coverage(triangle, { left: 0.6, top: 0.6, right: 1, bottom: 1 })).toBe(0);
    const notch: Spot["polygon"] = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0.5, 0.5],
      [0, 1],
    ];
    expect(coverage(notch, { left: 0, top: 0.5, right: 1, bottom: 1 })).toBeCloseTo(0.25 / 0.75, 12);
  });
});
