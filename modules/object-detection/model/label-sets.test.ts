import { coco80, coco91, voc20 } from "./label-sets";

it("knows 80 classes of COCO and 20 of VOC, each once", () => {
  expect(new Set(coco80).size).toBe(80);
  expect(new Set(voc20).size).toBe(20);
});

it.each([
  [0, undefined],
  [1, "person"],
  [3, "car"],
  [11, "fire hydrant"],
  [12, undefined],
  [13, "stop sign"],
  [44, "bottle"],
  [67, "dining table"],
  [83, undefined],
  [90, "toothbrush"],
])("COCO's id %i is %s", (id, label) => {
  expect(coco91[id]).toBe(label);
});
