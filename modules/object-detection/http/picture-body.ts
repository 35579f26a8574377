import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { PictureError } from "../errors";

/** Name of the multipart field that holds the picture. */
const field = "imageData";

/** Makes an app read pictures as raw bodies and as multipart, up to `maxBytes`. */
export async function acceptPictures(app: FastifyInstance, maxBytes: number): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^(application\/octet-stream|image\/)/,
    { parseAs: "buffer", bodyLimit: maxBytes },
    (_request, body, done) => {
      done(null, body);
    },
  );
  await app.register(multipart, {
    limits: { fileSize: maxBytes, files: 1, fields: 4, fieldSize: 1024, parts: 5, headerPairs: 32 },
  });
}

/**
 * The picture that was posted.
 *
 * @throws PictureError `NOT_AN_IMAGE` when there is none
 */
export async function pictureOf(request: FastifyRequest): Promise<Buffer> {
  if (!request.isMultipart()) {
    if (Buffer.isBuffer(request.body)) return request.body;
    throw new PictureError("NOT_AN_IMAGE", "the body is empty; post a JPEG, PNG or WebP picture");
  }
  const picture = await filePart(request);
  if (picture) return picture;
  throw new PictureError("NOT_AN_IMAGE", `the multipart body has no file in the field ${field}`);
}

async function filePart(request: FastifyRequest): Promise<Buffer | undefined> {
  try {
    for await (const part of request.parts()) {
      if (part.type === "file" && part.fieldname === field) return await part.toBuffer();
      if (part.type === "file") part.file.resume();
    }
    return undefined;
  } catch (error) {
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode !== undefined) throw error;
    throw new PictureError("NOT_AN_IMAGE", `the multipart body cannot be read: ${message}`);
  }
}
