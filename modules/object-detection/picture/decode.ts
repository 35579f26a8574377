import sharp from "sharp";
import { PictureError } from "../errors";
import { plainJpegSize } from "./jpeg-size";
import type { Placement, Size } from "./letterbox";
import type { Pixels } from "./tensor";

/** Only these ever reach a decoder: no SVG, PDF, TIFF or any other format that a library might know. */
const formats: readonly { name: string; matches: (head: Buffer) => boolean }[] = [
  { name: "JPEG", matches: (head) => head.length > 2 && head.readUIntBE(0, 3) === 0xffd8ff },
  { name: "PNG", matches: (head) => head.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex")) },
  {
    name: "WebP",
    matches: (head) => head.toString("latin1", 0, 4) === "RIFF" && head.toString("latin1", 8, 12) === "WEBP",
  },
];

export interface DecodeLimits {
  /** Most pixels (width × height) that are decoded. */
  pixels: number;
}

export interface Decoded {
  /** The picture, upright and resized to `placement.content`. */
  pixels: Pixels;
  placement: Placement;
}

/** Sets libvips up for a process that serves many small requests. Call once before the first picture. */
export function prepareDecoder(threads: number): void {
  sharp.cache(false);
  sharp.concurrency(threads);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({
    operation: ["VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer", "VipsForeignLoadWebpBuffer"],
  });
}

/**
 * Reads a JPEG, PNG or WebP picture, turns it upright (EXIF orientation) and resizes it for a model's input.
 *
 * @throws PictureError when it is no such picture, damaged, or has too many pixels.
 */
export async function decodePicture(
  bytes: Buffer,
  place: (image: Size) => Placement,
  limits: DecodeLimits,
): Promise<Decoded> {
  const format = formats.find(({ matches }) => matches(bytes));
  if (!format) {
    throw new PictureError(
      "NOT_AN_IMAGE",
      bytes.length === 0
        ? "the body is empty; post a JPEG, PNG or WebP picture"
        : `the body (${bytes.length} bytes) is not a JPEG, PNG or WebP picture`,
    );
  }
  const { image, hasAlpha } = await header(bytes, format.name);
  if (image.width * image.height > limits.pixels) {
    throw new PictureError(
      "PICTURE_TOO_LARGE",
      `the picture has ${megapixels(image.width * image.height)} megapixels (${image.width} × ${image.height}); ` +
        `at most ${megapixels(limits.pixels)} are accepted, so scale it down before posting it (MAX_PIXELS sets the limit)`,
    );
  }
  const placement = place(image);
  try {
    const picture = sharp(bytes, {
      limitInputPixels: limits.pixels,
      failOn: "error",
      sequentialRead: true,
      autoOrient: true,
      // Models are trained on pixels as they are; converting a colour profile also takes as long as the rest.
      ignoreIcc: true,
    }).resize({ ...placement.content, fit: "fill", kernel: "linear" });
    const { data, info } = await (hasAlpha ? picture.flatten({ background: "black" }) : picture)
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { pixels: { data, width: info.width, height: info.height }, placement };
  } catch (error) {
    throw damaged(format.name, bytes, error);
  }
}

async function header(bytes: Buffer, format: string): Promise<{ image: Size; hasAlpha: boolean }> {
  const plain = format === "JPEG" ? plainJpegSize(bytes) : undefined;
  if (plain) return { image: plain, hasAlpha: false };
  try {
    const { autoOrient, hasAlpha } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { image: autoOrient, hasAlpha };
  } catch (error) {
    throw damaged(format, bytes, error);
  }
}

function damaged(format: string, bytes: Buffer, error: unknown): PictureError {
  const reason = String((error as { message?: unknown }).message).split("\n")[0] ?? "";
  return new PictureError(
    "PICTURE_DAMAGED",
    `the ${format} picture (${bytes.length} bytes) is damaged or incomplete: ${reason}`,
  );
}

function megapixels(pixels: number): string {
  return (pixels / 1e6).toFixed(1);
}
