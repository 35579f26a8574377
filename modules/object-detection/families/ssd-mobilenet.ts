import { coco91 } from "../model/label-sets";
import { canBe, describeTensor, type Signature, type TensorInfo } from "../model/signature";
import type { PixelFormat } from "../picture/tensor";
import type { Candidate, Family, PlainTensor } from "./family";
import { imageInput, imageTensor, pixelFormat } from "./image-input";

/** The graph normalises by itself. */
const format: PixelFormat = {
  type: "uint8",
  layout: "nhwc",
  channels: "rgb",
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  pad: 0,
};

/** The graph resizes to this by itself, and its exports leave the size open. */
const usualSize = { width: 300, height: 300 };

interface Heads {
  count: string;
  boxes: string;
  scores: string;
  classes: string;
}

/**
 * SSD with MobileNet as the TensorFlow Object Detection API exports it, suppression in the graph: boxes `[1,k,4]` as
 * (ymin, xmin, ymax, xmax) in 0 to 1, scores and classes `[1,k]`, their count `[1]`. Classes are numbered from 1.
 */
export const ssdMobilenet: Family = {
  name: "ssd-mobilenet",
  fit(signature, card) {
    const [input] = signature.inputs;
    if (!input || signature.inputs.length !== 1) {
      return { reasons: [`has ${signature.inputs.length} inputs instead of 1`] };
    }
    const picture = imageInput(input, format, card, usualSize);
    if ("reason" in picture) return { reasons: [picture.reason] };
    const heads = findHeads(signature);
    if ("reasons" in heads) return heads;
    const pixels = pixelFormat(format, card);
    return {
      plan: {
        family: "ssd-mobilenet",
        input: { name: input.name, fit: "stretch", ...picture.size, ...pixels },
        classes: undefined,
        labels: coco91.slice(1),
        threshold: 0.5,
        iou: 0.6,
        suppress: false,
        feeds: (data) => ({ [input.name]: imageTensor(data, picture.size, pixels) }),
        decode: (outputs, { image }, threshold) =>
          decodeRows(heads, outputs, threshold).map(({ box: [xmin, ymin, xmax, ymax], ...found }) => ({
            ...found,
            box: [xmin * image.width, ymin * image.height, xmax * image.width, ymax * image.height],
          })),
      },
    };
  },
};

function findHeads({ outputs }: Signature): Heads | { reasons: string[] } {
  const [boxes] = outputs.filter(
    ({ type, shape }) => type === "float32" && shape.length === 3 && canBe(shape[0], 1) && shape[2] === 4,
  );
  const [count] = outputs.filter(({ shape }) => shape.length === 1 && canBe(shape[0], 1));
  const rows = outputs.filter(({ shape }) => shape.length === 2 && canBe(shape[0], 1));
  const reasons = [
    ...(boxes ? [] : ["no output float32[1,k,4] for boxes"]),
    ...(count ? [] : ["no output [1] for their count"]),
    ...(rows.length === 2 ? [] : [`${rows.length} outputs [1,k] instead of 2 for scores and classes`]),
  ];
  if (!boxes || !count || rows.length !== 2) {
    return { reasons: [`${reasons.join(", ")} among ${outputs.map(describeTensor).join(", ")}`] };
  }
  const [first, second] = rows as [TensorInfo, TensorInfo];
  const pair = tellApart(first, second);
  return pair
    ? { boxes: boxes.name, count: count.name, ...pair }
    : {
        reasons: [
          `outputs ${describeTensor(first)} and ${describeTensor(second)} could each be scores or classes; ` +
            `name them with "score" and "class" in the export`,
        ],
      };
}

/** Scores are floats; where classes are too, only the names tell. */
function tellApart(a: TensorInfo, b: TensorInfo): Pick<Heads, "scores" | "classes"> | undefined {
  const isScore = ({ type, name }: TensorInfo, other: TensorInfo): boolean =>
    type === "float32" && (other.type !== "float32" || (/score/i.test(name) && !/score/i.test(other.name)));
  if (isScore(a, b)) return { scores: a.name, classes: b.name };
  if (isScore(b, a)) return { scores: b.name, classes: a.name };
  return undefined;
}

function decodeRows(heads: Heads, outputs: Readonly<Record<string, PlainTensor>>, threshold: number): Candidate[] {
  const values = (name: string): PlainTensor["data"] => (outputs[name] as PlainTensor).data;
  const [boxes, scores, classes] = [values(heads.boxes), values(heads.scores), values(heads.classes)];
  const count = Math.min(Number(values(heads.count)[0]), scores.length);
  const found: Candidate[] = [];
  for (let row = 0; row < count; row++) {
    const score = Number(scores[row]);
    if (!(score >= threshold)) continue;
    const [ymin, xmin, ymax, xmax] = [0, 1, 2, 3].map((side) => Number(boxes[row * 4 + side])) as [
      number,
      number,
      number,
      number,
    ];
    found.push({ classIndex: Number(classes[row]) - 1, score, box: [xmin, ymin, xmax, ymax] });
  }
  return found;
}
