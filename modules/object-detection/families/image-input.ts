import type { ModelCard } from "../model/card";
import { canBe, describeTensor, type TensorInfo } from "../model/signature";
import type { Size } from "../picture/letterbox";
import type { PixelFormat, TensorData } from "../picture/tensor";
import type { PlainTensor } from "./family";

/** Sides up to this are believed; anything above is a mistake or an attack. */
const largestSide = 4096;

export type ImageInput = { size: Size } | { reason: string };

/**
 * Reads the size of a picture input `[1,3,H,W]` or `[1,H,W,3]`. Open sides come from the card, then from the family's
 * own default.
 */
export function imageInput(
  tensor: TensorInfo,
  expected: Pick<PixelFormat, "type" | "layout">,
  card: ModelCard,
  fallback?: Size,
): ImageInput {
  const { shape, type } = tensor;
  const form = expected.layout === "nchw" ? "[1,3,height,width]" : "[1,height,width,3]";
  const [channels, height, width] =
    expected.layout === "nchw" ? [shape[1], shape[2], shape[3]] : [shape[3], shape[1], shape[2]];
  if (type !== expected.type || shape.length !== 4 || !canBe(shape[0], 1) || !canBe(channels, 3)) {
    return { reason: `input ${describeTensor(tensor)} is not ${expected.type}${form}` };
  }
  const side = (value: number | string | undefined, name: "width" | "height"): number | undefined =>
    typeof value === "number" ? value : (card.input?.[name] ?? fallback?.[name]);
  const size = { width: side(width, "width"), height: side(height, "height") };
  if (size.width === undefined || size.height === undefined) {
    return {
      reason:
        `input ${describeTensor(tensor)} leaves the picture's size open; ` +
        `give input.width and input.height in the card`,
    };
  }
  for (const name of ["width", "height"] as const) {
    const inModel = name === "width" ? width : height;
    const inCard = card.input?.[name];
    if (inCard !== undefined && typeof inModel === "number" && inCard !== inModel) {
      return { reason: `the card says input.${name} ${inCard}, but input ${describeTensor(tensor)} has ${inModel}` };
    }
  }
  if (size.width < 1 || size.height < 1 || size.width > largestSide || size.height > largestSide) {
    return { reason: `input ${describeTensor(tensor)} has a side outside 1 to ${largestSide}` };
  }
  return { size: { width: size.width, height: size.height } };
}

/** A family's pixel format with what the card changes in it. */
export function pixelFormat(defaults: PixelFormat, card: ModelCard): PixelFormat {
  const { channels, mean, scale, pad } = card.input ?? {};
  return {
    ...defaults,
    channels: channels ?? defaults.channels,
    mean: mean ?? defaults.mean,
    scale: scale ?? defaults.scale,
    pad: pad ?? defaults.pad,
  };
}

/** The picture as the tensor of a model's input. */
export function imageTensor(data: TensorData, { width, height }: Size, format: PixelFormat): PlainTensor {
  return {
    type: format.type,
    data,
    dims: format.layout === "nchw" ? [1, 3, height, width] : [1, height, width, 3],
  };
}
