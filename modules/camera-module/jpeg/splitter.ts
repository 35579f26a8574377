/** One whole JPEG picture and its size in pixels. */
export interface Picture {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

export interface JpegSplitterOptions {
  /** Pictures above this many bytes are discarded. @default 8388608 */
  maxBytes?: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const sliceBytes = 65_536;

/**
 * Cuts a byte stream of JPEG pictures (MJPEG as cameras write it) into pictures, whatever the chunks are.
 *
 * The markers are followed as ITU-T T.81 B.1.1 defines them: segments are skipped by their length, so that a
 * thumbnail inside one is not taken for a picture; stuffed bytes and restart markers belong to the scan. After
 * garbage or a cut picture the splitter finds the next start. What a discarded start had swallowed is searched again;
 * a picture found there counts only when it has the size of the picture before, which an embedded thumbnail has not.
 */
export class JpegSplitter {
  /** Bytes that belonged to no picture. */
  discardedBytes = 0;
  /** Pictures that began and did not end well. */
  discardedPictures = 0;

  readonly #maxBytes: number;
  #buffer = Buffer.allocUnsafe(2 * sliceBytes);
  #end = 0;
  /** Where the current picture starts, -1 while searching. */
  #start = -1;
  /** Next byte to look at; may lie behind the end while a segment is skipped. */
  #at = 0;
  #inScan = false;
  #sawScan = false;
  #size: { width: number; height: number } | undefined;
  #lastSize: { width: number; height: number } | undefined;
  /** Pictures that start before this offset lie inside a discarded one. */
  #searchedAgainUntil = 0;

  constructor(options: JpegSplitterOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 8 * 1024 * 1024;
  }

  /** Takes the next bytes of the stream and returns the pictures that they complete. */
  push(chunk: Uint8Array): Picture[] {
    const pictures: Picture[] = [];
    for (let offset = 0; offset < chunk.length; offset += sliceBytes) {
      this.#append(chunk.subarray(offset, offset + sliceBytes));
      this.#split(pictures);
      this.#compact();
    }
    return pictures;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#end + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#end);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end = needed;
  }

  #split(pictures: Picture[]): void {
    const bytes = this.#buffer.subarray(0, this.#end);
    while (this.#start >= 0 || this.#findStart(bytes)) {
      const waiting = this.#inScan ? this.#followScan(bytes) : this.#followMarker(bytes, pictures);
      if (!waiting) continue;
      if (this.#end - this.#start <= this.#maxBytes) return;
      this.#discard(this.#start + 2);
    }
  }

  #findStart(bytes: Buffer): boolean {
    const from = this.#at;
    let found = bytes.indexOf(0xff, from);
    while (found >= 0 && found + 2 < this.#end && !(bytes[found + 1] === SOI && bytes[found + 2] === 0xff)) {
      found = bytes.indexOf(0xff, found + 1);
    }
    if (found < 0) found = this.#end;
    this.discardedBytes += found - from;
    this.#at = found;
    if (found + 2 >= this.#end) return false;
    this.#start = found;
    this.#at = found + 2;
    this.#inScan = this.#sawScan = false;
    this.#size = undefined;
    return true;
  }

  /** Entropy-coded data up to the next real marker. Returns whether more bytes are needed. */
  #followScan(bytes: Buffer): boolean {
    for (;;) {
      const found = this.#at < this.#end ? bytes.indexOf(0xff, this.#at) : -1;
      if (found < 0) {
        this.#at = Math.max(this.#at, this.#end);
        return true;
      }
      this.#at = found;
      const marker = bytes[found + 1];
      if (marker === undefined) return true;
      if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) this.#at += 2;
      else if (marker === 0xff) this.#at += 1;
      else {
        this.#inScan = false;
        return false;
      }
    }
  }

  /** One marker and its segment. Returns whether more bytes are needed. */
  #followMarker(bytes: Buffer, pictures: Picture[]): boolean {
    const marker = bytes[this.#at + 1];
    if (marker === undefined) return true;
    if (bytes[this.#at] !== 0xff) return this.#discard(this.#start + 2);
    if (marker === 0xff) {
      this.#at += 1;
      return false;
    }
    if (marker === EOI) return this.#finish(bytes, pictures);
    // A picture was cut off and the next begins.
    if (marker === SOI) return this.#discard(this.#sawScan ? this.#at : this.#start + 2);
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd7)) return this.#discard(this.#start + 2);
    if (this.#at + 4 > this.#end) return true;
    const length = bytes.readUInt16BE(this.#at + 2);
    if (length < 2) return this.#discard(this.#start + 2);
    if (startsFrame(marker) || marker === SOS) {
      if (this.#at + 2 + length > this.#end) return true;
      const segment = bytes.subarray(this.#at + 4, this.#at + 2 + length);
      if (marker === SOS) {
        if (!isScanHeader(segment)) return this.#discard(this.#start + 2);
        this.#inScan = this.#sawScan = true;
      } else {
        this.#size = frameSize(segment);
        if (!this.#size) return this.#discard(this.#start + 2);
      }
    }
    this.#at += 2 + length;
    return false;
  }

  #finish(bytes: Buffer, pictures: Picture[]): boolean {
    const size = this.#size;
    const end = this.#at + 2;
    if (!size || !this.#sawScan || end - this.#start > this.#maxBytes) return this.#discard(this.#start + 2);
    const expected = this.#start < this.#searchedAgainUntil ? this.#lastSize : undefined;
    if (expected && (expected.width !== size.width || expected.height !== size.height)) return this.#discard(end);
    pictures.push({ jpeg: Buffer.from(bytes.subarray(this.#start, end)), ...size });
    this.#lastSize = size;
    this.#start = -1;
    this.#at = end;
    return false;
  }

  /** Gives the current picture up and searches on from `resume`. */
  #discard(resume: number): boolean {
    this.discardedPictures += 1;
    this.discardedBytes += resume - this.#start;
    this.#searchedAgainUntil = Math.max(this.#searchedAgainUntil, Math.min(this.#at, this.#end));
    if (resume === this.#at) this.#searchedAgainUntil = resume;
    this.#start = -1;
    this.#at = resume;
    this.#inScan = false;
    return false;
  }

  /** Moves what is still needed to the front, and gives memory back after a large picture. */
  #compact(): void {
    const keep = this.#start >= 0 ? this.#start : Math.min(this.#at, this.#end);
    if (keep === 0) return;
    this.#buffer.copy(this.#buffer, 0, keep, this.#end);
    this.#end -= keep;
    this.#at -= keep;
    this.#searchedAgainUntil = Math.max(0, this.#searchedAgainUntil - keep);
    if (this.#start >= 0) this.#start = 0;
  }
}

/** SOF0…SOF15 without DHT, JPG and DAC, which lie between them. */
function startsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Size from a frame header (T.81 B.2.2), undefined when it is none. */
function frameSize(segment: Buffer): { width: number; height: number } | undefined {
  const components = segment[5] ?? 0;
  if (components < 1 || components > 4 || segment.length !== 6 + 3 * components) return undefined;
  const precision = segment[0] ?? 0;
  const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
  if (precision < 2 || precision > 16 || height === 0 || width === 0) return undefined;
  for (let at = 6; at < segment.length; at += 3) {
    const [sampling, table] = [segment[at + 1] ?? 0, segment[at + 2] ?? 0];
    if (sampling >> 4 < 1 || sampling >> 4 > 4 || (sampling & 15) < 1 || (sampling & 15) > 4 || table > 3)
      return undefined;
  }
  return { width, height };
}

/** Whether this is a scan header (T.81 B.2.3). */
function isScanHeader(segment: Buffer): boolean {
  const components = segment[0] ?? 0;
  if (components < 1 || components > 4 || segment.length !== 4 + 2 * components) return false;
  for (let at = 1; at < 1 + 2 * components; at += 2) {
    const tables = segment[at + 1] ?? 0;
    if (tables >> 4 > 3 || (tables & 15) > 3) return false;
  }
  const [from, to, bits] = [...segment.subarray(-3)] as [number, number, number];
  return from <= 63 && to <= 63 && bits >> 4 <= 13 && (bits & 15) <= 13;
}
