import sharp from "sharp";
import { decodePicture } from "./decode";
import { letterbox, type Placement, type Size } from "./letterbox";

const place = (image: Size): Placement => letterbox(image, { width: 64, height: 64 });
const limits = { pixels: 1_000_000 };
const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: "#f00" } });

describe("decodePicture", () => {
  it.each(["jpeg", "png", "webp"] as const)("reads %s", async (format) => {
    const { pixels, placement } = await decodePicture(await picture.clone().toFormat(format).toBuffer(), place, limits);
    expect(placement.image).toEqual({ width: 40, height: 20 });
    expect(pixels).toMatchObject({ width: 64, height: 32 });
    expect(pixels.data).toHaveLength(64 * 32 * 3);
    expect(pixels.data[0]).toBeGreaterThan(250);
    expect(pixels.data[1]).toBeLessThan(5);
  });

  it("turns a picture upright", async () => {
    const turned = await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { pixels, placement } = await decodePicture(turned, place, limits);
    expect(placement.image).toEqual({ width: 20, height: 40 });
    expect(pixels).toMatchObject({ width: 32, height: 64 });
  });

  it("takes the numbers of a picture as they are, whatever its colour profile says", async () => {
    const wide = await picture.clone().withIccProfile("p3").png().toBuffer();
    const { data } = await sharp(wide, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
    const { pixels } = await decodePicture(wide, place, limits);
    expect([...pixels.data.subarray(0, 3)]).toEqual([...data.subarray(0, 3)]);
    expect(pixels.data[0]).toBeLessThan(250);
  });

  it.each([
    ["grey", picture.clone().greyscale().toColourspace("b-w").png()],
    ["with transparency", picture.clone().ensureAlpha(0.5).png()],
    ["with 16 bits", picture.clone().toColourspace("rgb16").png()],
    ["in CMYK", picture.clone().toColourspace("cmyk").jpeg()],
  ])("answers three channels of 8 bits for a picture %s", async (_, source) => {
    const { pixels } = await decodePicture(await source.toBuffer(), place, limits);
    expect(pixels.data).toHaveLength(64 * 32 * 3);
  });

  it.each([
    ["an empty body", Buffer.alloc(0), "NOT_AN_IMAGE", "the body is empty; post a JPEG, PNG or WebP picture"],
    ["text", Buffer.from("hello"), "NOT_AN_IMAGE", "the body (5 bytes) is not a JPEG, PNG or WebP picture"],
    [
      "SVG",
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'),
      "NOT_AN_IMAGE",
      "the body (62 bytes) is not a JPEG, PNG or WebP picture",
    ],
    [
      "the mere beginning of a JPEG",
      Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
      "PICTURE_DAMAGED",
      expect.stringMatching(/^the JPEG picture \(4 bytes\) is damaged or incomplete: /) as string,
    ],
  ])("refuses %s", async (_, bytes, code, message) => {
    await expect(decodePicture(bytes, place, limits)).rejects.toMatchObject({ code, message });
  });

  it.each(["jpeg", "png", "webp"] as const)("refuses a truncated %s", async (format) => {
    const noise = {
      create: { width: 200, height: 200, channels: 3, noise: { type: "gaussian", mean: 128, sigma: 30 } },
    };
    const bytes = await sharp(noise as sharp.SharpOptions)
      .toFormat(format)
      .toBuffer();
    await expect(decodePicture(bytes.subarray(0, bytes.length / 2), place, limits)).rejects.toMatchObject({
      code: "PICTURE_DAMAGED",
    });
  });

  it("refuses too many pixels before it decodes one", async () => {
    const bomb = await sharp({ create: { width: 10_000, height: 5_000, channels: 3, background: "#000" } })
      .png()
      .toBuffer();
    await expect(decodePicture(bomb, place, limits)).rejects.toMatchObject({
      code: "PICTURE_TOO_LARGE",
      message:
        "the picture has 50.0 megapixels (10000 × 5000); at most 1.0 are accepted, so scale it down before posting it " +
        "(MAX_PIXELS sets the limit)",
    });
  });
});
