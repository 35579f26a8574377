import { letterbox } from "./letterbox";
import { TensorWriter, type PixelFormat } from "./tensor";

const format: PixelFormat = {
  type: "float32",
  layout: "nchw",
  channels: "rgb",
  mean: [0, 0, 0],
  scale: [255, 255, 255],
  pad: 51,
};
const input = { width: 2, height: 2 };
const row = letterbox({ width: 2, height: 1 }, input);
const pixels = { width: 2, height: 1, data: Uint8Array.of(255, 102, 0, 204, 0, 153) };

const rounded = (data: ArrayLike<number>): number[] => Array.from(data, (value) => Math.round(value * 1e5) / 1e5);

describe("TensorWriter", () => {
  it("writes channel after channel, with grey around the picture", () => {
    expect(rounded(new TensorWriter(input, format).write(pixels, row))).toEqual([
      ...[1, 0.8, 0.2, 0.2],
      ...[0.4, 0, 0.2, 0.2],
      ...[0, 0.6, 0.2, 0.2],
    ]);
  });

  it("writes bytes pixel after pixel", () => {
    const writer = new TensorWriter(input, { ...format, type: "uint8", layout: "nhwc", scale: [1, 1, 1] });
    expect([...writer.write(pixels, row)]).toEqual([255, 102, 0, 204, 0, 153, 51, 51, 51, 51, 51, 51]);
  });

  it("takes mean and scale in the order of the channels", () => {
    const writer = new TensorWriter(input, { ...format, channels: "bgr", mean: [10, 20, 30], scale: [1, 2, 3] });
    expect(rounded(writer.write(pixels, row))).toEqual([
      ...[-10, 143, 41, 41],
      ...[41, -10, 15.5, 15.5],
      ...[75, 58, 7, 7],
    ]);
  });

  it("leaves nothing of the picture that it writes over", () => {
    const column = letterbox({ width: 1, height: 2 }, { width: 4, height: 2 });
    for (const [size, placement] of [
      [input, row],
      [{ width: 4, height: 2 }, column],
    ] as const) {
      const writer = new TensorWriter(size, format);
      const { width, height } = placement.content;
      const small = { width, height, data: Uint8Array.from({ length: 3 * width * height }, (_, at) => 10 * at) };
      const full = { ...size, data: new Uint8Array(3 * size.width * size.height).fill(255) };
      const used = writer.write(full, letterbox(size, size));
      expect(writer.write(small, placement, used)).toBe(used);
      expect(rounded(used)).toEqual(rounded(writer.write(small, placement)));
    }
  });
});
