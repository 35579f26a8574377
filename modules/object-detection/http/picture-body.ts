import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { PictureError } from "../errors";
import { multipartPicture } from "./multipart";

/** Makes an app read pictures as raw bodies and as multipart, up to `maxBytes`. */
export function acceptPictures(app: FastifyInstance, maxBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^(application\/octet-stream|image\/)/,
    { parseAs: "buffer", bodyLimit: maxBytes },
    (_request, body, done) => {
      done(null, body);
    },
  );
  app.addContentTypeParser("multipart/form-data", async (_request: FastifyRequest, body: IncomingMessage) =>
    multipartPicture(body, maxBytes),
  );
}

/**
 * The picture that was posted.
 *
 * @throws PictureError `NOT_AN_IMAGE` when there is none
 */
export function pictureOf(request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body)) return request.body;
  throw new PictureError("NOT_AN_IMAGE", "the body is empty; post a JPEG, PNG or WebP picture");
}
