import { connect } from "node:net";
import { deflateSync } from "node:zlib";

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Attack {
  name: string;
  /** Statuses that are right for it. A fuzzed picture may still be one. */
  allowed: readonly number[];
  /** Answers the status, or nothing when the connection ended without one. */
  send(address: string, next: () => number): Promise<number | undefined>;
}

const octets = "application/octet-stream";

/** All kinds of hostile requests. */
export function attacks(pictures: readonly Buffer[]): Attack[] {
  const pick = (next: () => number): Buffer => pictures[Math.floor(next() * pictures.length)] as Buffer;
  const body = (
    name: string,
    allowed: readonly number[],
    make: (next: () => number) => Buffer,
    type = octets,
  ): Attack => ({
    name,
    allowed,
    send: async (address, next) => post(address, make(next), type),
  });
  const boundary = "multipart/form-data; boundary=b";
  const png = bomb(20_000, 20_000);
  const flat = bomb(5000, 4900);
  return [
    body("fuzzed JPEG", [200, 400, 413], (next) => fuzz(pick(next), next)),
    body("truncated JPEG", [400], (next) => {
      const picture = pick(next);
      return picture.subarray(0, 20 + Math.floor(next() * (picture.length / 2)));
    }),
    body("fuzzed PNG", [200, 400, 413], (next) => fuzz(bomb(64, 64), next)),
    body("bytes that begin like WebP", [400, 413], (next) =>
      Buffer.concat([Buffer.from("RIFF\x20\x00\x00\x00WEBPVP8 ", "latin1"), noise(200, next)]),
    ),
    body("SVG", [400], () => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>`)),
    body("noise", [400], (next) => noise(5000, next)),
    body("PNG of 400 megapixels in some bytes", [413], () => png),
    body("PNG of 24.5 megapixels in some bytes", [200], () => flat),
    body("too many bytes", [413], () => Buffer.alloc(11 * 1024 * 1024)),
    body("nothing", [400], () => Buffer.alloc(0)),
    body("another content type", [415], () => Buffer.from("{}"), "application/json"),
    body(
      "multipart without end",
      [400],
      () => Buffer.from('--b\r\ncontent-disposition: form-data; name="imageData"; filename="a"\r\n\r\nabc'),
      boundary,
    ),
    body("multipart of a thousand parts", [400, 413], () => Buffer.from(parts(1000)), boundary),
    body("multipart without boundary", [400, 406, 415], () => Buffer.from("abc"), "multipart/form-data"),
    raw("a length that is too great", (address, next) => head(address, 100_000) + noise(100, next).toString("latin1")),
    raw("two lengths", (address) => head(address, 5).replace("\r\n\r\n", "\r\ncontent-length: 7\r\n\r\n") + "abcde"),
    raw(
      "a chunk that is none",
      (address) => head(address, 0).replace("content-length: 0", "transfer-encoding: chunked") + "zz\r\nabc\r\n",
    ),
    raw("half a header", () => "POST /image HTTP/1.1\r\nhost: a\r\nx-"),
    raw("no HTTP", (_address, next) => noise(300, next).toString("latin1")),
    {
      name: "a client that goes away",
      allowed: [],
      send: async (address, next) => abandon(address, pick(next), next),
    },
  ];
}

async function post(address: string, content: Buffer, type: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${address}/image`, {
      method: "POST",
      body: new Uint8Array(content),
      headers: { "content-type": type },
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // An answer that comes before the whole body was read may end the connection.
    return undefined;
  }
}

function raw(name: string, text: (address: string, next: () => number) => string): Attack {
  return {
    name,
    allowed: [400, 408],
    send: async (address, next) => exchange(address, Buffer.from(text(address, next), "latin1"), 300),
  };
}

/** Sends bytes and waits a little for a status before it hangs up. */
async function exchange(address: string, bytes: Buffer, patience: number): Promise<number | undefined> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    const end = (): void => {
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
      resolve(status === undefined ? undefined : Number(status));
    };
    const timer = setTimeout(end, patience);
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      end();
    });
    socket.write(bytes);
  });
}

/** Sends a whole picture, or a part of it, and goes away at once. */
async function abandon(address: string, picture: Buffer, next: () => number): Promise<undefined> {
  const bytes = Buffer.concat([Buffer.from(head(address, picture.length)), picture]);
  await exchange(address, next() < 0.5 ? bytes : bytes.subarray(0, bytes.length / 2), Math.floor(next() * 40));
  return undefined;
}

function head(address: string, length: number): string {
  const { host } = new URL(address);
  return `POST /image HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${octets}\r\ncontent-length: ${length}\r\n\r\n`;
}

function noise(length: number, next: () => number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

/** Changes a few bytes after the first sixteen. */
function fuzz(picture: Buffer, next: () => number): Buffer {
  const fuzzed = Buffer.from(picture);
  for (let change = 0; change < 1 + next() * 30; change++) {
    fuzzed[16 + Math.floor(next() * (fuzzed.length - 16))] = Math.floor(next() * 256);
  }
  return fuzzed;
}

function parts(count: number): string {
  return `${'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\ny\r\n'.repeat(count)}--b--\r\n`;
}

/** A black grey-scale PNG: megapixels in a few kilobytes. */
function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width + 1) * height > 1e8 ? 1000 : (width + 1) * height));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, check]);
}

function crc32(data: Buffer): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
