import type { Size } from "./letterbox";

/**
 * The size of a JPEG picture as its frame header says it (ITU-T T.81, B.2), for what cameras send all day: three colours
 * of 8 bits, and upright. `undefined` for everything else, which is for a whole decoder to say; to ask it takes a tenth
 * of the time of decoding.
 */
export function plainJpegSize(bytes: Buffer): Size | undefined {
  let exif = false;
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] as number;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    const segment = bytes.subarray(at + 4, end);
    if (beginsFrame(marker)) return frameSize(segment);
    // Before the frame there are only application data, tables and comments.
    if (marker < 0xc4 || (marker >= 0xd0 && marker <= 0xda)) return undefined;
    if (marker === 0xe1 && segment.toString("latin1", 0, 6) === "Exif\0\0") {
      if (exif || !upright(segment.subarray(6))) return undefined;
      exif = true;
    }
    at = end;
  }
  return undefined;
}

/** SOF0 to SOF15, among which DHT, JPG and DAC have their numbers. */
function beginsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function frameSize(frame: Buffer): Size | undefined {
  if (frame.length < 6 || frame[0] !== 8 || frame[5] !== 3) return undefined;
  const [height, width] = [frame.readUInt16BE(1), frame.readUInt16BE(3)];
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** Whether EXIF data say so in its first directory (EXIF 2.32, 4.6). */
function upright(tiff: Buffer): boolean {
  const order = tiff.toString("latin1", 0, 2);
  if ((order !== "MM" && order !== "II") || tiff.length < 8) return false;
  const short = (at: number): number =>
    at + 2 > tiff.length ? 0 : order === "MM" ? tiff.readUInt16BE(at) : tiff.readUInt16LE(at);
  const directory = order === "MM" ? tiff.readUInt32BE(4) : tiff.readUInt32LE(4);
  for (let entry = 0; entry < short(directory); entry++) {
    const at = directory + 2 + 12 * entry;
    if (short(at) === 0x0112) return short(at + 2) === 3 && short(at + 8) === 1;
  }
  return false;
}
