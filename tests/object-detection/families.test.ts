import type { Box, Detection } from "@edge-vision/messages";
import { ModelFolder, plainPicture, TestService } from "./service";

interface Case {
  graph: string;
  family: string;
  /** Labels of the card; none for a graph whose family brings its own. */
  labels?: string[];
  red: Detection[];
  /** Of a red of 204 instead of 255. */
  dimRed: Detection[];
  blue: Detection[];
}

const labels = ["red", "green", "blue"];
const found = (label: string, score: number, ...box: Box): Detection => ({ label, score, box });

/** The graphs score the colour of the input's middle pixel, at boxes that are constants. The pictures are 200 × 100. */
const cases: Case[] = [
  {
    // Letterboxed to 64 × 32 with 16 rows above: one pixel of the input is 3.125 of the picture. Of the graph's three
    // boxes, one overlaps the best and is suppressed, and one lies in the padding.
    graph: "yolov8",
    family: "yolov8",
    labels,
    red: [found("red", 1, 25, 0, 125, 100)],
    dimRed: [found("red", 0.8, 25, 0, 125, 100)],
    blue: [found("blue", 1, 25, 0, 125, 100)],
  },
  {
    graph: "nanodet",
    family: "nanodet",
    labels: ["blue", "green", "red"],
    red: [found("red", 1, 87.5, 12.5, 137.5, 100)],
    dimRed: [found("red", 0.8, 87.5, 12.5, 137.5, 100)],
    blue: [found("blue", 1, 87.5, 12.5, 137.5, 100)],
  },
  {
    // A box of 3.42 × 4.41 cells around (150, 0) covers the whole picture; softmax leaves the strongest colour only.
    graph: "tiny-yolov2",
    family: "tiny-yolov2",
    labels,
    red: [found("red", 1, 0, 0, 200, 100)],
    dimRed: [found("red", 1, 0, 0, 200, 100)],
    blue: [found("blue", 1, 0, 0, 200, 100)],
  },
  ...["yolov3-rank2-float", "yolov3-rank3-int"].map((graph) => ({
    graph,
    family: "yolov3",
    labels,
    red: [found("red", 1, 50, 25, 150, 75), found("red", 0.75, 0, 0, 25, 12.5)],
    dimRed: [found("red", 0.8, 50, 25, 150, 75), found("red", 0.6, 0, 0, 25, 12.5)],
    blue: [found("blue", 1, 50, 25, 150, 75), found("blue", 0.75, 0, 0, 25, 12.5)],
  })),
  {
    // COCO's ids 1 and 90 of its own numbering from 1 to 90 with gaps.
    graph: "ssd-mobilenet",
    family: "ssd-mobilenet",
    red: [found("person", 1, 25, 25, 100, 75)],
    dimRed: [found("person", 0.8, 25, 25, 100, 75)],
    blue: [found("toothbrush", 1, 0, 0, 50, 50)],
  },
];

describe.each(cases)("$graph", ({ graph, family, red, dimRed, blue, ...card }) => {
  let folder: ModelFolder;
  let service: TestService;
  beforeAll(async () => {
    folder = await ModelFolder.make(graph, { ...card, threshold: 0.5 });
    service = await TestService.start({ MODEL: folder.file });
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await folder.remove();
  });

  it("is recognised by its signature", async () => {
    expect((await service.get("/model")).body).toMatchObject({ state: "ready", family });
  });

  it.each([
    { colour: "red", rgb: [255, 0, 0], expected: red },
    { colour: "a darker red", rgb: [204, 0, 0], expected: dimRed },
    { colour: "blue", rgb: [0, 0, 255], expected: blue },
    { colour: "black", rgb: [0, 0, 0], expected: [] },
  ] as const)("finds exactly what it must in a picture of $colour", async ({ rgb, expected }) => {
    const response = await service.post(await plainPicture(200, 100, rgb));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(expected);
  });
});
