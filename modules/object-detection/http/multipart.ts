import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import { PictureError } from "../errors";

/** Name of the multipart field that holds the picture. */
const field = "imageData";
const limits = { files: 1, parts: 5, fieldSize: 1024, headerPairs: 32, headerSize: 8192 };
/** Bytes that may surround the picture: the other parts, headers and boundaries. */
const envelope = 64 * 1024;
/** Bytes that are parsed at once, so that a body of very many parts ends at its limit and not after a whole chunk. */
const slice = 4096;

/**
 * The picture in a multipart body.
 *
 * @param maxBytes limit of the picture
 * @throws PictureError `NOT_AN_IMAGE` when the body cannot be read or has no picture, `PICTURE_TOO_LARGE` when it has
 *   too many bytes or parts
 */
export async function multipartPicture(body: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const picture: Buffer[] = [];
  try {
    const parser = new Busboy({ headers: body.headers as BusboyHeaders, limits: { ...limits, fileSize: maxBytes } });
    for (const limit of ["partsLimit", "filesLimit"]) parser.on(limit, () => void parser.destroy(tooManyParts()));
    parser.on("file", (name, file) => {
      file.on("data", (bytes: Buffer) => {
        if (name === field) picture.push(bytes);
      });
      file.on("limit", () => void parser.destroy(tooManyBytes(maxBytes)));
      // What ends early is told by the parser, too.
      file.on("error", () => undefined);
    });
    await pipeline(() => slices(body, maxBytes), parser);
  } catch (error) {
    if (error instanceof PictureError) throw error;
    throw new PictureError("NOT_AN_IMAGE", `the multipart body cannot be read: ${(error as Error).message}`);
  } finally {
    // The rest is read and dropped, so that the client gets its answer.
    body.resume();
  }
  if (picture.length > 0) return Buffer.concat(picture);
  throw new PictureError("NOT_AN_IMAGE", `the multipart body has no picture in the field ${field}`);
}

async function* slices(body: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > maxBytes + envelope) throw tooManyBytes(maxBytes);
    for (let at = 0; at < chunk.length; at += slice) yield chunk.subarray(at, at + slice);
  }
}

function tooManyParts(): PictureError {
  return new PictureError(
    "PICTURE_TOO_LARGE",
    `the multipart body has more than one file or more than ${limits.parts} parts; ` +
      `post the picture in the field ${field}, best alone`,
  );
}

function tooManyBytes(maxBytes: number): PictureError {
  return new PictureError(
    "PICTURE_TOO_LARGE",
    `the picture has more than ${maxBytes} bytes; scale it down before posting it (MAX_BYTES sets the limit)`,
  );
}
