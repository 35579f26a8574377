import { voc20 } from "../model/label-sets";
import { canBe, describeTensor } from "../model/signature";
import { toImage } from "../picture/letterbox";
import type { PixelFormat } from "../picture/tensor";
import type { Candidate, Family, PlainTensor } from "./family";
import { imageInput, imageTensor, pixelFormat } from "./image-input";

/** The net's first layer takes plain bytes. */
const format: PixelFormat = {
  type: "float32",
  layout: "nchw",
  channels: "rgb",
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  pad: 128,
};

const stride = 32;
const boxesPerCell = 5;
/** Width and height of each anchor in cells, from training on Pascal VOC. */
const vocAnchors: readonly number[] = [1.08, 1.19, 3.42, 4.41, 6.63, 11.38, 9.42, 5.11, 16.62, 10.52];

/**
 * Tiny YOLOv2 as a raw grid (YOLO9000, arXiv 1612.08242): `[1,5·(5+C),H/32,W/32]`, for each anchor the box, its
 * objectness and the class scores.
 */
export const tinyYolov2: Family = {
  name: "tiny-yolov2",
  fit({ inputs, outputs }, card) {
    const [input] = inputs;
    const [output] = outputs;
    if (!input || !output || inputs.length !== 1 || outputs.length !== 1) {
      return { reasons: [`has ${inputs.length} inputs and ${outputs.length} outputs instead of 1 and 1`] };
    }
    const picture = imageInput(input, format, card);
    if ("reason" in picture) return { reasons: [picture.reason] };
    const { width, height } = picture.size;
    const [batch, channels, rows, columns] = output.shape;
    const fits =
      output.type === "float32" &&
      output.shape.length === 4 &&
      canBe(batch, 1) &&
      rows === height / stride &&
      columns === width / stride;
    const classes = typeof channels === "number" ? channels / boxesPerCell - 5 : 0;
    if (!fits || !Number.isInteger(classes) || classes < 1) {
      return {
        reasons: [
          `output ${describeTensor(output)} is not float32[1,5·(5+classes),${height / stride},${width / stride}]`,
        ],
      };
    }
    const pixels = pixelFormat(format, card);
    const grid = { rows, columns, classes, anchors: card.anchors ?? vocAnchors };
    return {
      plan: {
        family: "tiny-yolov2",
        input: { name: input.name, fit: "letterbox", ...picture.size, ...pixels },
        classes,
        labels: classes === voc20.length ? voc20 : undefined,
        threshold: 0.3,
        iou: 0.45,
        suppress: true,
        feeds: (data) => ({ [input.name]: imageTensor(data, picture.size, pixels) }),
        decode: (outputs_, placement, threshold) =>
          decodeGrid(outputs_[output.name] as PlainTensor, grid, threshold).map((found) => ({
            ...found,
            box: toImage(found.box, placement),
          })),
      },
    };
  },
};

interface Grid {
  rows: number;
  columns: number;
  classes: number;
  anchors: readonly number[];
}

function decodeGrid(tensor: PlainTensor, { rows, columns, classes, anchors }: Grid, threshold: number): Candidate[] {
  const data = tensor.data as Float32Array;
  const cells = rows * columns;
  const found: Candidate[] = [];
  for (let anchor = 0; anchor < boxesPerCell; anchor++) {
    for (let cell = 0; cell < cells; cell++) {
      const value = (channel: number): number => data[(anchor * (5 + classes) + channel) * cells + cell] as number;
      const objectness = sigmoid(value(4));
      if (!(objectness >= threshold)) continue;
      const x = ((cell % columns) + sigmoid(value(0))) * stride;
      const y = (Math.floor(cell / columns) + sigmoid(value(1))) * stride;
      const halfWidth = (Math.exp(value(2)) * (anchors[2 * anchor] as number) * stride) / 2;
      const halfHeight = (Math.exp(value(3)) * (anchors[2 * anchor + 1] as number) * stride) / 2;
      softmax(classes, (classIndex) => value(5 + classIndex)).forEach((probability, classIndex) => {
        const score = objectness * probability;
        if (score < threshold) return;
        found.push({ classIndex, score, box: [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight] });
      });
    }
  }
  return found;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function softmax(count: number, value: (index: number) => number): number[] {
  const values = Array.from({ length: count }, (_, index) => value(index));
  const most = Math.max(...values);
  const weights = values.map((each) => Math.exp(each - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
