import type { Socket } from "node:net";

/** What a peer announces as the largest frame, and what is taken. */
export const maximumFrameSize = 64 * 1024;
const headerLength = 8;

/**
 * Ends a connection that announces a frame that is too small or too large, before its body is buffered. AMQP 1.0,
 * 2.3: a protocol header of eight bytes, then frames that start with their size; a second header follows SASL.
 */
export function guardFrames(socket: Socket): void {
  const start = Buffer.alloc(headerLength);
  let have = 0;
  let remaining = 0;
  socket.prependListener("data", (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length) {
      if (remaining > 0) {
        const taken = Math.min(remaining, chunk.length - at);
        remaining -= taken;
        at += taken;
        continue;
      }
      start[have++] = chunk[at++] ?? 0;
      if (have < headerLength) continue;
      have = 0;
      if (start.toString("latin1", 0, 4) === "AMQP") continue;
      const size = start.readUInt32BE();
      if (size < headerLength || size > maximumFrameSize) {
        socket.destroy();
        return;
      }
      remaining = size - headerLength;
    }
  });
}
