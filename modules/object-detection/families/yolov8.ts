import { InferenceError } from "../errors";
import { coco80, cocoLabels } from "../model/label-sets";
import { canBe, describeTensor } from "../model/signature";
import { toImage, type Size } from "../picture/letterbox";
import type { PixelFormat } from "../picture/tensor";
import type { Candidate, Family, PlainTensor } from "./family";
import { imageInput, imageTensor, pixelFormat } from "./image-input";
import { reaching } from "./scores";

const format: PixelFormat = {
  type: "float32",
  layout: "nchw",
  channels: "rgb",
  mean: [0, 0, 0],
  scale: [255, 255, 255],
  pad: 114,
};

const strides = [8, 16, 32] as const;

/**
 * YOLOv8 and YOLO11 as Ultralytics exports them without suppression: `[1,4+C,A]` with centre, width and height in
 * pixels of the input, then the class scores; no objectness.
 */
export const yolov8: Family = {
  name: "yolov8",
  fit({ inputs, outputs }, card) {
    const [input] = inputs;
    const [output] = outputs;
    if (!input || !output || inputs.length !== 1 || outputs.length !== 1) {
      return { reasons: [`has ${inputs.length} inputs and ${outputs.length} outputs instead of 1 and 1`] };
    }
    const picture = imageInput(input, format, card);
    if ("reason" in picture) return { reasons: [picture.reason] };
    const anchors = anchorCount(picture.size);
    const [batch, channels, count] = output.shape;
    const classes = typeof channels === "number" ? channels - 4 : undefined;
    const fits =
      output.type === "float32" &&
      output.shape.length === 3 &&
      canBe(batch, 1) &&
      canBe(count, anchors) &&
      classes !== 0;
    if (!fits || (classes !== undefined && classes < 1)) {
      return { reasons: [`output ${describeTensor(output)} is not float32[1,4+classes,${anchors}]`] };
    }
    const pixels = pixelFormat(format, card);
    return {
      plan: {
        family: "yolov8",
        input: { name: input.name, fit: "letterbox", ...picture.size, ...pixels },
        classes,
        labels: classes === undefined ? coco80 : cocoLabels(classes),
        threshold: 0.25,
        iou: 0.7,
        suppress: true,
        feeds: (data) => ({ [input.name]: imageTensor(data, picture.size, pixels) }),
        decode: (results, placement, threshold) =>
          decodeColumns(results[output.name] as PlainTensor, threshold).map((found) => ({
            ...found,
            box: toImage(found.box, placement),
          })),
      },
    };
  },
};

function anchorCount({ width, height }: Size): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0);
}

function decodeColumns({ data, dims }: PlainTensor, threshold: number): Candidate[] {
  const [, channels = 0, anchors = 0] = dims;
  if (dims.length !== 3 || channels < 5) throw new InferenceError(`the model answered with the shape [${dims.join()}]`);
  const values = data as Float32Array;
  return reaching(values, 4 * anchors, channels * anchors, threshold).map((index) => {
    const anchor = index % anchors;
    const side = (row: number): number => values[row * anchors + anchor] as number;
    const [x, y, halfWidth, halfHeight] = [side(0), side(1), side(2) / 2, side(3) / 2];
    return {
      classIndex: Math.floor(index / anchors) - 4,
      score: values[index] as number,
      box: [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight],
    };
  });
}
