import fc from "fast-check";
import sharp from "sharp";
import { JpegSplitter, type Picture } from "./splitter";

jest.setTimeout(120_000);
// The same cases each time: a chance find must not turn an unrelated change red.
fc.configureGlobal({ seed: 42 });

const marker = (code: number, body: number[] = []): number[] => [
  0xff,
  code,
  (body.length + 2) >> 8,
  (body.length + 2) & 0xff,
  ...body,
];

const frameHeader = (width: number, height: number): number[] =>
  marker(0xc0, [8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0]);

/** Scan data as an encoder writes it: 0xff only stuffed, or as a restart marker. */
const scanData = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 254 }).map((byte) => [byte]) },
      fc.constant([0xff, 0]),
      fc.integer({ min: 0xd0, max: 0xd7 }).map((code) => [0xff, code]),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.flat());

const scanHeader = marker(0xda, [1, 1, 0, 0, 63, 0]);
const zeros = Buffer.alloc(70_000);

function hex(pictures: Picture[]): string[] {
  return pictures.map(({ jpeg: bytes }) => bytes.toString("hex"));
}

const thumbnail = [0xff, 0xd8, ...frameHeader(16, 12), ...scanHeader, 1, 2, 3, 0xff, 0xd9];

const segments = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((body) => marker(0xe2, [...body])),
    fc.constant(marker(0xe1, thumbnail)),
  ),
  { maxLength: 3 },
);

/** A structurally valid JPEG of 64 × 48 without application segments. */
const plainJpeg = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.array(scanData, { minLength: 1, maxLength: 3 }))
  .map(([fill, scans]) =>
    Buffer.from([
      ...[0xff, 0xd8],
      ...Array<number>(fill).fill(0xff),
      ...frameHeader(64, 48),
      ...scans.flatMap((data) => [...marker(0xc4, [0]), ...scanHeader, ...data]),
      ...[0xff, 0xd9],
    ]),
  );

/** The same with application segments, some of which hold a thumbnail. */
const jpeg = fc
  .tuple(segments, plainJpeg)
  .map(([parts, plain]) => Buffer.concat([plain.subarray(0, 2), Buffer.from(parts.flat()), plain.subarray(2)]));

/** Anything but the two bytes that start a picture. */
const garbage = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes.map((byte, i) => (byte === 0xd8 && bytes[i - 1] === 0xff ? 0 : byte))));

function splitInto(stream: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });

describe("the JPEG splitter", () => {
  test("gives the same pictures for any chunking", () => {
    fc.assert(
      fc.property(fc.array(jpeg, { maxLength: 5 }), chunkSizes, (pictures, sizes) => {
        const splitter = new JpegSplitter();
        const found = splitInto(Buffer.concat(pictures), sizes).flatMap((chunk) => splitter.push(chunk));
        expect(found.map((picture) => picture.jpeg.toString("hex"))).toEqual(pictures.map((p) => p.toString("hex")));
        expect(found.every(({ width, height }) => width === 64 && height === 48)).toBe(true);
        expect(splitter.discardedBytes).toBe(0);
      }),
    );
  });

  test("skips garbage between pictures", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(garbage, jpeg), { minLength: 1, maxLength: 5 }), chunkSizes, (parts, sizes) => {
        const splitter = new JpegSplitter();
        const found = splitInto(Buffer.concat(parts.flat()), sizes).flatMap((chunk) => splitter.push(chunk));
        expect(hex(found)).toEqual(parts.map(([, picture]) => picture.toString("hex")));
        expect(splitter.discardedBytes).toBe(parts.reduce((sum, [bytes]) => sum + bytes.length, 0));
      }),
    );
  });

  test("finds the pictures that a false start had swallowed", () => {
    fc.assert(
      fc.property(
        jpeg,
        fc.array(jpeg, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 2, max: 900 }),
        chunkSizes,
        (first, rest, length, sizes) => {
          const swallowed = Buffer.concat([...rest, zeros]);
          // A length that happens to end at a marker gives bytes that are a picture by all rules.
          fc.pre(swallowed[length - 2] !== 0xff);
          const falseStart = Buffer.from([0xff, 0xd8, 0xff, 0xe0, length >> 8, length & 255]);
          const splitter = new JpegSplitter();
          const stream = Buffer.concat([first, falseStart, swallowed]);
          const found = splitInto(
            stream,
            sizes.map((size) => size * 20),
          ).flatMap((chunk) => splitter.push(chunk));
          expect(hex(found)).toEqual([first, ...rest].map((picture) => picture.toString("hex")));
        },
      ),
    );
  });

  test("drops a picture that is cut off and keeps the next", () => {
    fc.assert(
      fc.property(
        jpeg,
        plainJpeg,
        jpeg,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (first, cut, next, share) => {
          const splitter = new JpegSplitter();
          const stream = Buffer.concat([first, cut.subarray(0, Math.ceil(cut.length * share)), next, zeros]);
          fc.pre(cut.length * share < cut.length - 2);
          expect(hex(splitter.push(stream))).toEqual([first.toString("hex"), next.toString("hex")]);
        },
      ),
    );
  });

  test("does not take the thumbnail of a picture that was cut inside it", () => {
    const whole = Buffer.from([0xff, 0xd8, ...frameHeader(64, 48), ...scanHeader, 7, 0xff, 0xd9]);
    const cut = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0x7f, 0xff, ...thumbnail, 1, 2, 3]);
    expect(hex(new JpegSplitter().push(Buffer.concat([whole, cut, whole, zeros])))).toEqual([
      whole.toString("hex"),
      whole.toString("hex"),
    ]);
  });

  test("discards a picture above the bound and holds no more than that", () => {
    const splitter = new JpegSplitter({ maxBytes: 100_000 });
    const endless = Buffer.from([0xff, 0xd8, ...frameHeader(64, 48), ...scanHeader]);
    const good = Buffer.from([...endless, 1, 2, 3, 0xff, 0xd9]);
    expect(splitter.push(endless)).toEqual([]);
    for (let i = 0; i < 200; i++) expect(splitter.push(Buffer.alloc(10_000, 7))).toEqual([]);
    expect(splitter.discardedPictures).toBe(1);
    expect(splitter.push(good).map(({ jpeg: bytes }) => bytes)).toEqual([good]);
  });

  test("real pictures: baseline and progressive, with EXIF and a colour profile", async () => {
    const canvas = sharp({ create: { width: 320, height: 200, channels: 3, background: "#486" } });
    const pictures = await Promise.all([
      canvas.clone().jpeg().toBuffer(),
      canvas.clone().jpeg({ progressive: true }).toBuffer(),
      canvas
        .clone()
        .withExif({ IFD0: { Copyright: "none" } })
        .withIccProfile("p3")
        .jpeg()
        .toBuffer(),
    ]);
    const found = new JpegSplitter().push(Buffer.concat(pictures));
    expect(hex(found)).toEqual(pictures.map((picture) => picture.toString("hex")));
    expect(found.map(({ width, height }) => `${width} × ${height}`)).toEqual(Array(3).fill("320 × 200"));
  });
});
