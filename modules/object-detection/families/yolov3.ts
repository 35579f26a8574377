import { coco80, cocoLabels } from "../model/label-sets";
import { canBe, describeTensor, type Signature, type TensorInfo } from "../model/signature";
import { InferenceError } from "../errors";
import type { PixelFormat } from "../picture/tensor";
import type { Candidate, Family, PlainTensor } from "./family";
import { imageInput, imageTensor, pixelFormat } from "./image-input";

const format: PixelFormat = {
  type: "float32",
  layout: "nchw",
  channels: "rgb",
  mean: [0, 0, 0],
  scale: [255, 255, 255],
  pad: 128,
};

/** Most exports leave the size open and are meant for this one. */
const usualSize = { width: 416, height: 416 };

interface Tensors {
  picture: TensorInfo;
  shape: TensorInfo;
  boxes: TensorInfo;
  scores: TensorInfo;
  indices: TensorInfo;
}

/**
 * YOLOv3 and tiny YOLOv3 with non-max suppression in the graph (Keras export, ONNX Model Zoo): boxes `[1,n,4]` as
 * (ymin, xmin, ymax, xmax) in pixels of the picture, scores `[1,C,n]`, and the chosen rows (batch, class, box) as
 * `[k,3]` or `[1,k,3]`.
 */
export const yolov3: Family = {
  name: "yolov3",
  fit(signature, card) {
    const found = findTensors(signature);
    if ("reasons" in found) return found;
    const { picture, shape, boxes, scores, indices } = found;
    const input = imageInput(picture, format, card, usualSize);
    if ("reason" in input) return { reasons: [input.reason] };
    const classes = typeof scores.shape[1] === "number" ? scores.shape[1] : undefined;
    const pixels = pixelFormat(format, card);
    return {
      plan: {
        family: "yolov3",
        input: { name: picture.name, fit: "letterbox", ...input.size, ...pixels },
        classes,
        labels: classes === undefined ? coco80 : cocoLabels(classes),
        threshold: 0.5,
        iou: 0.45,
        suppress: false,
        feeds: (data, { image }) => ({
          [picture.name]: imageTensor(data, input.size, pixels),
          [shape.name]: pictureShape(shape.type, image.height, image.width),
        }),
        decode: (outputs, _placement, threshold) =>
          chosen(
            outputs[boxes.name] as PlainTensor,
            outputs[scores.name] as PlainTensor,
            outputs[indices.name] as PlainTensor,
            threshold,
          ),
      },
    };
  },
};

function findTensors({ inputs, outputs }: Signature): Tensors | { reasons: string[] } {
  const reasons: string[] = [];
  const one = (what: string, among: readonly TensorInfo[], matches: (tensor: TensorInfo) => boolean): TensorInfo => {
    const [found] = among.filter(matches);
    if (!found) reasons.push(`no ${what}`);
    return found ?? { name: "", type: "", shape: [] };
  };
  if (inputs.length !== 2) reasons.push(`has ${inputs.length} inputs instead of 2 (picture and its shape)`);
  if (outputs.length !== 3) reasons.push(`has ${outputs.length} outputs instead of 3 (boxes, scores, indices)`);
  if (reasons.length > 0) return { reasons };
  const isFloat = ({ type }: TensorInfo): boolean => type === "float32";
  const picture = one("input [1,3,height,width]", inputs, ({ shape }) => shape.length === 4);
  const shape = one(
    "input float32 or int32 [1,2] for the picture's shape",
    inputs,
    ({ type, shape: sides }) =>
      sides.length === 2 && canBe(sides[1], 2) && (type === "float32" || type === "int32" || type === "int64"),
  );
  const boxes = one("output float32[1,n,4] for boxes", outputs, (tensor) => isFloat(tensor) && last(tensor) === 4);
  const scores = one(
    "output float32[1,classes,n] for scores",
    outputs,
    (tensor) => isFloat(tensor) && tensor.shape.length === 3 && tensor.name !== boxes.name,
  );
  const indices = one(
    "output int32[k,3] or int32[1,k,3] for chosen boxes",
    outputs,
    (tensor) =>
      (tensor.type === "int32" || tensor.type === "int64") &&
      (tensor.shape.length === 2 || tensor.shape.length === 3) &&
      canBe(last(tensor), 3),
  );
  return reasons.length > 0
    ? { reasons: [`${reasons.join(", ")} among ${[...inputs, ...outputs].map(describeTensor).join(", ")}`] }
    : { picture, shape, boxes, scores, indices };
}

function last({ shape }: TensorInfo): number | string | undefined {
  return shape.at(-1);
}

function pictureShape(type: string, height: number, width: number): PlainTensor {
  const data =
    type === "float32"
      ? Float32Array.of(height, width)
      : type === "int32"
        ? Int32Array.of(height, width)
        : BigInt64Array.of(BigInt(height), BigInt(width));
  return { type, data, dims: [1, 2] };
}

function chosen(boxes: PlainTensor, scores: PlainTensor, indices: PlainTensor, threshold: number): Candidate[] {
  const [, classes = 0, count = 0] = scores.dims;
  const found: Candidate[] = [];
  for (let row = 0; row + 2 < indices.data.length; row += 3) {
    const classIndex = Number(indices.data[row + 1]);
    const box = Number(indices.data[row + 2]);
    // Some exports fill the rows that are left over with -1.
    if (classIndex < 0 || box < 0) continue;
    if (classIndex >= classes || box >= count) {
      throw new InferenceError(
        `the model chose box ${box} of class ${classIndex}, but there are ${count} boxes of ${classes} classes`,
      );
    }
    const score = scores.data[classIndex * count + box] as number;
    if (!(score >= threshold)) continue;
    const [ymin, xmin, ymax, xmax] = boxes.data.slice(box * 4, box * 4 + 4) as Float32Array;
    found.push({ classIndex, score, box: [xmin ?? NaN, ymin ?? NaN, xmax ?? NaN, ymax ?? NaN] });
  }
  return found;
}
