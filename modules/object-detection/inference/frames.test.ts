import { PassThrough } from "node:stream";
import fc from "fast-check";
import { FrameReader, writeFrame } from "./frames";

it("puts frames together from chunks of any size", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(0xffffffff), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }),
      (frames, cuts) => {
        const stream = new PassThrough({ highWaterMark: 1 << 20 });
        for (const [id, bytes] of frames) writeFrame(stream, id, Buffer.from(bytes));
        const sent = (stream.read() as Buffer | null) ?? Buffer.alloc(0);
        const received: [number, number[]][] = [];
        const reader = new FrameReader((id, bytes) => received.push([id, [...bytes]]));
        for (let from = 0, cut = 0; from < sent.length; cut++) {
          const length = cuts[cut % cuts.length] as number;
          reader.push(sent.subarray(from, from + length));
          from += length;
        }
        expect(received).toEqual(frames.map(([id, bytes]) => [id, [...bytes]]));
      },
    ),
  );
});
