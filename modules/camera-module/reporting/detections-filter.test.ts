import type { Detection } from "@edge-vision/messages";
import { filterDetections } from "./detections-filter";

const picture = { width: 100, height: 100 };
const all = { threshold: 0.5, labels: [], zones: [] };
const car: Detection = { label: "car", score: 0.9, box: [10, 10, 30, 40] };
const person: Detection = { label: "person", score: 0.6, box: [60, 50, 70, 80] };
const faint: Detection = { label: "car", score: 0.4, box: [0, 0, 10, 10] };

const lower = {
  name: "lower",
  polygon: [
    [0, 0.7],
    [1, 0.7],
    [1, 1],
    [0, 1],
  ] as [number, number][],
};

test.each([
  ["score", all, [car, person]],
  ["a score that is exactly the threshold", { ...all, threshold: 0.4 }, [car, person, faint]],
  ["label", { ...all, labels: ["person"] }, [person]],
  ["zone, by where a thing stands", { ...all, zones: [lower] }, [person]],
  ["label and zone", { ...all, labels: ["car"], zones: [lower] }, []],
])("detections are filtered by %s", (_what, settings, expected) => {
  expect(filterDetections([car, person, faint], picture, settings)).toEqual(expected);
});
