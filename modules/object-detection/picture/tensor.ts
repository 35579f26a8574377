import type { Placement, Size } from "./letterbox";

/** How pixels become numbers: what a model was trained on. */
export interface PixelFormat {
  type: "float32" | "uint8";
  layout: "nchw" | "nhwc";
  channels: "rgb" | "bgr";
  /** Taken from each channel, in the order of `channels`, on the scale 0 to 255. */
  mean: readonly [number, number, number];
  /** Divides each channel after that, in the order of `channels`. */
  scale: readonly [number, number, number];
  /** Grey level around the picture, 0 to 255. */
  pad: number;
}

/** A picture that was resized to fit a model's input: RGB, 8 bits, without padding. */
export interface Pixels extends Size {
  data: Uint8Array;
}

export type TensorData = Float32Array | Uint8Array;

/** Writes pictures into a model's input. */
export class TensorWriter {
  /** What the levels 0 to 255 of red, green and blue become. */
  readonly #tables: [Float32Array, Float32Array, Float32Array];

  constructor(
    private readonly input: Size,
    private readonly format: PixelFormat,
  ) {
    const table = (channel: number): Float32Array =>
      Float32Array.from({ length: 256 }, (_, level) => this.#value(level, channel));
    this.#tables = format.channels === "rgb" ? [table(0), table(1), table(2)] : [table(2), table(1), table(0)];
  }

  /** @param target what was written for an earlier picture that is done with; it is written over */
  write(pixels: Pixels, placement: Placement, target = this.#tensor()): TensorData {
    this.#pad(target, placement);
    const { data, width, height } = pixels;
    const { pixelStep, channelStep } = this.#steps();
    const [red, green, blue] = this.#tables;
    const [toRed, toGreen, toBlue] = this.format.channels === "rgb" ? [0, 1, 2] : [2, 1, 0];
    // All three channels in one pass: a third less time than one after the other.
    for (let row = 0, from = 0; row < height; row++) {
      let to = ((row + placement.top) * this.input.width + placement.left) * pixelStep;
      for (const end = to + width * pixelStep; to < end; to += pixelStep, from += 3) {
        target[to + toRed * channelStep] = red[data[from] as number] as number;
        target[to + toGreen * channelStep] = green[data[from + 1] as number] as number;
        target[to + toBlue * channelStep] = blue[data[from + 2] as number] as number;
      }
    }
    return target;
  }

  #tensor(): TensorData {
    const length = 3 * this.input.width * this.input.height;
    return this.format.type === "float32" ? new Float32Array(length) : new Uint8Array(length);
  }

  #value(level: number, channel: number): number {
    return (level - (this.format.mean[channel] as number)) / (this.format.scale[channel] as number);
  }

  #steps(): { pixelStep: number; channelStep: number } {
    return this.format.layout === "nhwc"
      ? { pixelStep: 3, channelStep: 1 }
      : { pixelStep: 1, channelStep: this.input.width * this.input.height };
  }

  #pad(target: TensorData, { content, left, top }: Placement): void {
    const { width, height } = this.input;
    const right = left + content.width;
    const bottom = top + content.height;
    this.#fill(target, 0, top * width);
    this.#fill(target, bottom * width, height * width);
    if (content.width === width) return;
    for (let row = top; row < bottom; row++) {
      this.#fill(target, row * width, row * width + left);
      this.#fill(target, row * width + right, (row + 1) * width);
    }
  }

  /** Writes the padding's grey into the pixels `from` to before `to`. */
  #fill(target: TensorData, from: number, to: number): void {
    const { pixelStep, channelStep } = this.#steps();
    for (let channel = 0; channel < 3; channel++) {
      const value = this.#value(this.format.pad, channel);
      const offset = channel * channelStep;
      if (pixelStep === 1) target.fill(value, offset + from, offset + to);
      else for (let pixel = from; pixel < to; pixel++) target[pixel * pixelStep + offset] = value;
    }
  }
}
