import fastify, { type FastifyInstance } from "fastify";
import type { Frame } from "../flow/frame";
import type { FrameHistory } from "./frame-history";
import type { Metrics } from "./metrics";

export interface HttpServerOptions {
  metrics: Metrics;
  /** Why the module is not ready; empty when it is. */
  notReady: () => string[];
  /** Why the module must be started again; empty when it is well. */
  unhealthy: () => string[];
  /** Frames for the preview; undefined keeps every picture inside. */
  preview: FrameHistory | undefined;
}

/** Health, metrics and, where it is switched on, the preview. */
export function createHttpServer({ metrics, notReady, unhealthy, preview }: HttpServerOptions): FastifyInstance {
  const server = fastify();
  server.get("/healthz", (_request, reply) => {
    const reasons = unhealthy();
    return reply.code(reasons.length === 0 ? 200 : 503).send({ healthy: reasons.length === 0, reasons });
  });
  server.get("/readyz", (_request, reply) => {
    const reasons = notReady();
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });
  server.get("/metrics", async (_request, reply) => {
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  if (preview) {
    server.get<{ Querystring: { at?: string } }>("/snapshot.jpg", (request, reply) => {
      const { at } = request.query;
      const frame: Frame | undefined = at === undefined ? preview.latest : preview.at(Date.parse(at));
      reply.header("cache-control", "no-store");
      if (!frame)
        return reply.code(at === undefined ? 503 : 404).send({ error: "there is no such picture (any more)" });
      return reply
        .header("x-captured-at", new Date(frame.capturedAt).toISOString())
        .type("image/jpeg")
        .send(frame.jpeg);
    });
  }
  return server;
}
