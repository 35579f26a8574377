import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Lets only requests pass that bear the token. Compared in constant time. */
export function bearer(token: string): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const expected = digest(`Bearer ${token}`);
  return async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return;
    await reply
      .code(401)
      .header("www-authenticate", "Bearer")
      .send({ code: "UNAUTHORIZED", message: "this service wants the header Authorization: Bearer <token>" });
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
