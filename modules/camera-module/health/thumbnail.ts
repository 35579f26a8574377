import sharp from "sharp";

/** A small grey picture, row by row, 0…255. */
export interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export const thumbnailWidth = 96;
export const thumbnailHeight = 72;

/**
 * Shrinks a JPEG to what picture health needs.
 *
 * @throws when the picture cannot be decoded
 */
export async function makeThumbnail(jpeg: Buffer): Promise<Thumbnail> {
  const pixels = await sharp(jpeg, { failOn: "error" })
    .resize(thumbnailWidth, thumbnailHeight, { fit: "fill", fastShrinkOnLoad: true })
    .greyscale()
    .raw()
    .toBuffer();
  return { width: thumbnailWidth, height: thumbnailHeight, pixels: new Uint8Array(pixels) };
}
