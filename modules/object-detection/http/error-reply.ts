import type { FastifyReply } from "fastify";
import { AbandonedError, InferenceError, PictureError, UnavailableError } from "../errors";

/** Seconds after which a client may try again, by the reason why it could not be served. */
const retryAfter: Record<UnavailableError["code"], number> = {
  BUSY: 1,
  // A model that lies on the device is loaded in about a second.
  NOT_READY: 1,
  DEADLINE_EXCEEDED: 2,
  SHUTTING_DOWN: 5,
};

/** The text that the field's clients know. */
const processingFailed = "Error processing image";

/** Answers a request with the status and the text of what went wrong. */
export function replyWithError(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof UnavailableError) {
    const status = error.code === "BUSY" ? 429 : 503;
    return send(reply.header("retry-after", retryAfter[error.code]), status, error.code, error.message);
  }
  if (error instanceof PictureError) {
    return send(reply, error.code === "PICTURE_TOO_LARGE" ? 413 : 400, error.code, error.message);
  }
  if (error instanceof AbandonedError) return send(reply, 499, error.code, error.message);
  if (error instanceof InferenceError) return reply.code(500).type("text/plain; charset=utf-8").send(processingFailed);
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return send(reply, statusCode, code ?? "BAD_REQUEST", message ?? "the request cannot be read");
  }
  return reply.code(500).type("text/plain; charset=utf-8").send(processingFailed);
}

function send(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ code, message });
}
