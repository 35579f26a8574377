import sharp from "sharp";
import { plainJpegSize } from "./jpeg-size";

const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: "#f00" } });

describe("plainJpegSize", () => {
  it.each([
    ["of a camera", picture.clone().jpeg()],
    ["with several scans", picture.clone().jpeg({ progressive: true })],
    ["with a colour profile", picture.clone().withIccProfile("p3").jpeg()],
    ["whose EXIF data say that it is upright", picture.clone().withMetadata({ orientation: 1 }).jpeg()],
  ])("reads a picture %s", async (_, source) => {
    expect(plainJpegSize(await source.toBuffer())).toEqual({ width: 40, height: 20 });
  });

  it.each([
    ["is turned", picture.clone().withMetadata({ orientation: 6 }).jpeg()],
    ["is grey", picture.clone().greyscale().toColourspace("b-w").jpeg()],
    ["is in CMYK", picture.clone().toColourspace("cmyk").jpeg()],
  ])("leaves a picture that %s to a decoder", async (_, source) => {
    expect(plainJpegSize(await source.toBuffer())).toBeUndefined();
  });

  it("leaves a picture whose EXIF data do not say how it lies to a decoder", async () => {
    const bytes = await picture.clone().withMetadata({ orientation: 1 }).jpeg().toBuffer();
    const exif = bytes.indexOf("Exif");
    const orientation = bytes
      .subarray(exif)
      .findIndex((_, at) => [0x0112, 0x1201].includes(bytes.readUInt16BE(exif + at)));
    bytes[exif + orientation] = 0xee;
    expect(plainJpegSize(bytes)).toBeUndefined();
  });

  it("reads no further than the picture is long, wherever that ends and whatever it holds", async () => {
    const whole = await picture.clone().withMetadata({ orientation: 1 }).jpeg().toBuffer();
    for (let length = 0; length < whole.length; length++) {
      const cut = plainJpegSize(whole.subarray(0, length));
      if (cut) expect(cut).toEqual({ width: 40, height: 20 });
      const changed = Buffer.from(whole);
      changed[length] = 0xff - (changed[length] as number);
      expect(() => plainJpegSize(changed)).not.toThrow();
    }
  });
});
