import type { Box } from "@edge-vision/messages";
import fc from "fast-check";
import { clip, letterbox, stretch, toImage, toInput } from "./letterbox";

const side = fc.integer({ min: 1, max: 8000 });
const size = fc.record({ width: side, height: side });
const part = fc.double({ min: 0, max: 1, noNaN: true });

describe("letterbox", () => {
  it.each([
    [{ width: 768, height: 576 }, { width: 416, height: 312 }, 0, 52],
    [{ width: 576, height: 768 }, { width: 312, height: 416 }, 52, 0],
    [{ width: 100, height: 100 }, { width: 416, height: 416 }, 0, 0],
    [{ width: 4000, height: 1 }, { width: 416, height: 1 }, 0, 207],
  ])("places %j as %j", (image, content, left, top) => {
    expect(letterbox(image, { width: 416, height: 416 })).toMatchObject({ content, left, top });
  });

  it("keeps every picture inside the input, touching it on two sides, in its aspect ratio to half a pixel", () => {
    fc.assert(
      fc.property(size, size, (image, input) => {
        const { content, left, top } = letterbox(image, input);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(left + content.width).toBeLessThanOrEqual(input.width);
        expect(top + content.height).toBeLessThanOrEqual(input.height);
        expect(content.width === input.width || content.height === input.height).toBe(true);
        const scale = Math.min(input.width / image.width, input.height / image.height);
        expect(Math.abs(content.width - Math.max(1, image.width * scale))).toBeLessThanOrEqual(0.5 + 1e-9);
        expect(Math.abs(content.height - Math.max(1, image.height * scale))).toBeLessThanOrEqual(0.5 + 1e-9);
      }),
    );
  });
});

it.each([
  ["letterbox", letterbox],
  ["stretch", stretch],
])("%s: a box drawn anywhere in any aspect ratio comes back where it was", (_, place) => {
  fc.assert(
    fc.property(size, size, fc.tuple(part, part, part, part), (image, input, [a, b, c, d]) => {
      const box: Box = [
        Math.min(a, c) * image.width,
        Math.min(b, d) * image.height,
        Math.max(a, c) * image.width,
        Math.max(b, d) * image.height,
      ];
      const placement = place(image, input);
      const drawn = toInput(box, placement);
      expect(drawn).toEqual(clip(drawn, input).map((value) => expect.closeTo(value, 6) as number));
      expect(toImage(drawn, placement)).toEqual(box.map((value) => expect.closeTo(value, 6) as number));
    }),
  );
});

it("clips a box to its picture", () => {
  expect(clip([-5, 10, 120, 90], { width: 100, height: 80 })).toEqual([0, 10, 100, 80]);
});
