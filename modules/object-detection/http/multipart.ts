import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import { errorCodes } from "fastify";
import { PictureError } from "../errors";

/** Name of the multipart field that holds the picture. */
const field = "imageData";
/** Bytes that may surround the picture: the other parts, headers and boundaries. */
const envelope = 64 * 1024;
/** Bytes that are parsed at once, so that a body of very many parts ends at its limit and not after a whole chunk. */
const slice = 4096;

/**
 * The picture in a multipart body.
 *
 * @param maxBytes limit of the picture
 * @throws PictureError `NOT_AN_IMAGE` when the body cannot be read or has no picture
 * @throws FST_ERR_CTP_BODY_TOO_LARGE when the body has too many bytes or parts
 */
export async function multipartPicture(body: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const picture: Buffer[] = [];
  try {
    const parser = new Busboy({
      headers: body.headers as BusboyHeaders,
      limits: {
        fileSize: maxBytes,
        files: 1,
        fields: 4,
        fieldSize: 1024,
        parts: 5,
        headerPairs: 32,
        headerSize: 8192,
      },
    });
    const refuse = (): void => void parser.destroy(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    for (const limit of ["partsLimit", "filesLimit", "fieldsLimit"]) parser.on(limit, refuse);
    parser.on("file", (name, file) => {
      file.on("limit", refuse).on("data", (bytes: Buffer) => {
        if (name === field) picture.push(bytes);
      });
      // What ends early is told by the parser, too.
      file.on("error", () => undefined);
    });
    await pipeline(() => slices(body, maxBytes + envelope), parser);
  } catch (error) {
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode !== undefined) throw error;
    throw new PictureError("NOT_AN_IMAGE", `the multipart body cannot be read: ${message}`);
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
    if (read > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    for (let at = 0; at < chunk.length; at += slice) yield chunk.subarray(at, at + slice);
  }
}
