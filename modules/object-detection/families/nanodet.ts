import type { Box } from "@edge-vision/messages";
import { canBe, describeTensor, type Signature, type TensorInfo } from "../model/signature";
import { cocoLabels } from "../model/label-sets";
import { toImage, type Size } from "../picture/letterbox";
import type { PixelFormat } from "../picture/tensor";
import type { Candidate, Family, PlainTensor } from "./family";
import { imageInput, imageTensor, pixelFormat } from "./image-input";
import { reaching } from "./scores";

const strides = [8, 16, 32] as const;

/** ImageNet statistics as OpenCV users write them: blue, green, red. */
const format: PixelFormat = {
  type: "float32",
  layout: "nchw",
  channels: "bgr",
  mean: [103.53, 116.28, 123.675],
  scale: [57.375, 57.12, 58.395],
  pad: 128,
};

/** One stride's pair of outputs. */
interface Head {
  stride: number;
  columns: number;
  cells: number;
  scores: string;
  distances: string;
}

/**
 * NanoDet with its heads left separate: per stride s and n = (H/s)·(W/s) cells, class scores `[1,n,C]` in 0 to 1 and
 * distances `[1,n,4·bins]` to the four sides as distributions (Generalized Focal Loss, arXiv 2006.04388).
 */
export const nanodet: Family = {
  name: "nanodet",
  fit(signature, card) {
    const [input] = signature.inputs;
    if (!input || signature.inputs.length !== 1) {
      return { reasons: [`has ${signature.inputs.length} inputs instead of 1`] };
    }
    const picture = imageInput(input, format, card);
    if ("reason" in picture) return { reasons: [picture.reason] };
    const paired = pairHeads(signature, picture.size);
    if ("reasons" in paired) return paired;
    const { heads, classes, bins } = paired;
    const pixels = pixelFormat(format, card);
    return {
      plan: {
        family: "nanodet",
        input: { name: input.name, fit: "letterbox", ...picture.size, ...pixels },
        classes,
        labels: cocoLabels(classes),
        threshold: 0.5,
        iou: 0.6,
        suppress: true,
        feeds: (data) => ({ [input.name]: imageTensor(data, picture.size, pixels) }),
        decode: (outputs, placement, threshold) =>
          heads.flatMap((head) =>
            decodeHead(head, outputs, classes, bins, threshold).map((found) => ({
              ...found,
              box: toImage(found.box, placement),
            })),
          ),
      },
    };
  },
};

function pairHeads(
  { outputs }: Signature,
  size: Size,
): { heads: Head[]; classes: number; bins: number } | { reasons: string[] } {
  if (outputs.length !== 2 * strides.length) {
    return {
      reasons: [`has ${outputs.length} outputs instead of ${2 * strides.length} (scores and distances per stride)`],
    };
  }
  const strange = outputs.filter(({ type, shape }) => type !== "float32" || shape.length !== 3 || !canBe(shape[0], 1));
  if (strange.length > 0) {
    return { reasons: strange.map((output) => `output ${describeTensor(output)} is not float32[1,cells,channels]`) };
  }
  const heads = strides.map((stride) => {
    const columns = Math.ceil(size.width / stride);
    const cells = columns * Math.ceil(size.height / stride);
    return { stride, columns, cells, pair: outputs.filter(({ shape }) => shape[1] === cells) };
  });
  const incomplete = heads.filter(({ pair }) => pair.length !== 2);
  if (incomplete.length > 0) {
    return {
      reasons: incomplete.map(
        ({ stride, cells, pair }) => `stride ${stride} needs two outputs of ${cells} cells, found ${pair.length}`,
      ),
    };
  }
  const width = (tensor: TensorInfo | undefined): number =>
    typeof tensor?.shape[2] === "number" ? tensor.shape[2] : 0;
  const widths = heads.map(({ pair }) => pair.map(width).sort((a, b) => a - b));
  const shared = (widths[0] ?? []).filter((value) => widths.every((pair) => pair.includes(value)));
  // Distances are the width that is a multiple of four bins' worth; names break a tie.
  const distances = shared.filter((value) => value % 4 === 0 && value >= 8);
  const bins = distances.length === 1 ? distances[0] : distances.find((value) => value === 4 * 8 || value === 4 * 11);
  const classes = shared.find((value) => value !== bins);
  if (bins === undefined || classes === undefined || shared.length !== 2) {
    return {
      reasons: [
        `output widths ${widths.map((pair) => pair.join("+")).join(", ")} do not show one class count and one count of distance bins`,
      ],
    };
  }
  return {
    classes,
    bins: bins / 4,
    heads: heads.map(({ pair, ...head }) => ({
      ...head,
      scores: (pair.find((output) => width(output) === classes) as TensorInfo).name,
      distances: (pair.find((output) => width(output) === bins) as TensorInfo).name,
    })),
  };
}

function decodeHead(
  head: Head,
  outputs: Readonly<Record<string, PlainTensor>>,
  classes: number,
  bins: number,
  threshold: number,
): Candidate[] {
  const scores = (outputs[head.scores] as PlainTensor).data as Float32Array;
  const distances = (outputs[head.distances] as PlainTensor).data as Float32Array;
  return reaching(scores, 0, head.cells * classes, threshold).map((index) => ({
    classIndex: index % classes,
    score: scores[index] as number,
    box: boxOf(head, Math.floor(index / classes), distances, bins),
  }));
}

function boxOf({ stride, columns }: Head, cell: number, distances: Float32Array, bins: number): Box {
  const x = ((cell % columns) + 0.5) * stride;
  const y = (Math.floor(cell / columns) + 0.5) * stride;
  const side = (number: number): number => expectedBin(distances, (cell * 4 + number) * bins, bins) * stride;
  return [x - side(0), y - side(1), x + side(2), y + side(3)];
}

/** Expected bin of a softmax distribution. */
function expectedBin(values: Float32Array, offset: number, bins: number): number {
  let most = -Infinity;
  for (let bin = 0; bin < bins; bin++) most = Math.max(most, values[offset + bin] as number);
  let weights = 0;
  let sum = 0;
  for (let bin = 0; bin < bins; bin++) {
    const weight = Math.exp((values[offset + bin] as number) - most);
    weights += weight;
    sum += weight * bin;
  }
  return sum / weights;
}
