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

/**
 * Writes a picture into a model's input. `target` is reused from picture to picture; the padding is written only when
 * the placement changes.
 */
export class TensorWriter {
  readonly target: TensorData;
  readonly #tables: readonly Float32Array[];
  #padded = "";

  constructor(
    private readonly input: Size,
    private readonly format: PixelFormat,
  ) {
    const length = 3 * input.width * input.height;
    this.target = format.type === "float32" ? new Float32Array(length) : new Uint8Array(length);
    this.#tables = [0, 1, 2].map((channel) =>
      Float32Array.from({ length: 256 }, (_, level) => this.#value(level, channel)),
    );
  }

  write(pixels: Pixels, placement: Placement): TensorData {
    this.#pad(placement);
    const { data, width, height } = pixels;
    const { pixelStep, channelStep } = this.#steps();
    const target = this.target;
    for (let channel = 0; channel < 3; channel++) {
      const table = this.#tables[channel] as Float32Array;
      const source = this.format.channels === "rgb" ? channel : 2 - channel;
      for (let row = 0; row < height; row++) {
        let from = row * width * 3 + source;
        let to = ((row + placement.top) * this.input.width + placement.left) * pixelStep + channel * channelStep;
        for (let column = 0; column < width; column++, from += 3, to += pixelStep) {
          target[to] = table[data[from] as number] as number;
        }
      }
    }
    return target;
  }

  #value(level: number, channel: number): number {
    return (level - (this.format.mean[channel] as number)) / (this.format.scale[channel] as number);
  }

  #steps(): { pixelStep: number; channelStep: number } {
    return this.format.layout === "nhwc"
      ? { pixelStep: 3, channelStep: 1 }
      : { pixelStep: 1, channelStep: this.input.width * this.input.height };
  }

  #pad({ content, left, top }: Placement): void {
    const key = [content.width, content.height, left, top].join();
    if (key === this.#padded) return;
    this.#padded = key;
    const { pixelStep, channelStep } = this.#steps();
    const pixels = this.input.width * this.input.height;
    for (let channel = 0; channel < 3; channel++) {
      const value = this.#value(this.format.pad, channel);
      for (let pixel = 0; pixel < pixels; pixel++) this.target[pixel * pixelStep + channel * channelStep] = value;
    }
  }
}
