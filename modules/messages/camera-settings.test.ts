import { cameraSettingsInputSchema, cameraSettingsSchema, settingFaults } from "./camera-settings";
import { crossingEdges, polygonArea, type Polygon } from "./polygon";

const square: Polygon = [
  [0.1, 0.1],
  [0.4, 0.1],
  [0.4, 0.4],
  [0.1, 0.4],
];

function faultsOf(input: unknown): string[] {
  const result = cameraSettingsInputSchema.safeParse(input);
  return result.success ? [] : settingFaults(result.error).map(({ path, message }) => `${path}: ${message}`);
}

test("only the source has no default", () => {
  expect(cameraSettingsSchema.parse({ source: "rpicam:" })).toMatchObject({
    fps: 2,
    threshold: 0.5,
    report: "detections",
    spots: [],
    snapshot: false,
  });
  expect(cameraSettingsSchema.safeParse({}).success).toBe(false);
});

test("every fault is reported, each with its property path", () => {
  const bowTie = [square[0], square[2], square[1], square[3]];
  expect(
    faultsOf({
      fps: 0,
      treshold: 0.5,
      source: "webcam:",
      spots: [
        { name: "a", polygon: square },
        { name: "a", polygon: bowTie },
        {
          name: "b 1",
          polygon: [
            [0, 0],
            [1.2, 0],
            [1, 1],
          ],
        },
        {
          name: "c",
          polygon: [
            [0, 0],
            [0.5, 0.5],
          ],
        },
        {
          name: "d",
          polygon: [
            [0, 0],
            [0.001, 0],
            [0.001, 0.001],
          ],
        },
      ],
    }),
  ).toEqual([
    expect.stringMatching(/^source: camera source "webcam:" is of no known kind/),
    expect.stringMatching(/^fps: /),
    "spots[1].polygon: is not a simple polygon: edges 0 and 2 touch or cross",
    "spots[2].name: must be 1 to 64 letters, digits, hyphens or underscores",
    "spots[2].polygon[1][0]: must lie inside the picture, 0…1",
    "spots[3].polygon: needs at least 3 points",
    "spots[4].polygon: is too small: less than 0.00001 of the picture",
    'spots[1].name: "a" is used twice',
    "treshold: is not a known setting",
  ]);
});

test("area and crossings of polygons", () => {
  expect(polygonArea(square)).toBeCloseTo(0.09, 12);
  expect(crossingEdges(square)).toBeUndefined();
  expect(
    crossingEdges([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
  ).toEqual([0, 2]);
  // A spike that turns back on itself, and a corner that touches another edge.
  expect(
    crossingEdges([
      [0, 0],
      [1, 0],
      [0.5, 0],
      [0.5, 1],
    ]),
  ).toBeDefined();
  expect(
    crossingEdges([
      [0, 0],
      [1, 0],
      [1, 1],
      [0.5, 0],
      [0, 1],
    ]),
  ).toBeDefined();
});
