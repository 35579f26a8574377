import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from "fastify";
import { UnavailableError } from "../errors";
import type { Inference } from "../inference/inference";
import type { Settings } from "../settings";
import { bearer } from "./authentication";
import { replyWithError } from "./error-reply";
import { Metrics } from "./metrics";
import { modelReport } from "./model-report";
import { acceptPictures, pictureOf } from "./picture-body";

/** Milliseconds in which a client must have sent its whole request. */
const requestTimeout = 15_000;

/** The service's HTTP interface over an inference that may still be loading. */
export async function buildServer(
  inference: Inference,
  settings: Pick<Settings, "MAX_BYTES" | "AUTH_TOKEN">,
  log: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.MAX_BYTES,
    requestTimeout,
    keepAliveTimeout: 75_000,
    http: { connectionsCheckingInterval: 1000 },
  });
  const metrics = new Metrics(inference);
  const guard = settings.AUTH_TOKEN === undefined ? [] : [bearer(settings.AUTH_TOKEN)];
  acceptPictures(app, settings.MAX_BYTES);
  app.setErrorHandler((error, request, reply) => {
    request.log.debug({ code: (error as { code?: unknown }).code }, (error as Error).message);
    return replyWithError(reply, error);
  });

  app.get("/", (_request, reply) => reply.type("text/plain; charset=utf-8").send("Computer Vision module listening"));
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const { state } = inference;
    if (state.name === "ready") return { status: "ready", model: state.info.name };
    const message = state.name === "refused" ? state.failure.message : `the model is ${state.name}`;
    return replyWithError(reply, new UnavailableError("NOT_READY", message));
  });
  app.get("/model", { onRequest: guard }, () => modelReport(inference));
  app.get("/metrics", { onRequest: guard }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.post(
    "/image",
    {
      // A full queue is told before the body is read.
      onRequest: [
        ...guard,
        (_request, _reply, done) => {
          done(
            inference.full ? new UnavailableError("BUSY", "too many pictures are waiting; try again later") : undefined,
          );
        },
      ],
      onResponse: (_request, reply, done) => {
        metrics.requests.inc({ status: reply.statusCode });
        metrics.totalTime.observe(reply.elapsedTime / 1000);
        done();
      },
      onRequestAbort: (_request, done) => {
        metrics.requests.inc({ status: 499 });
        done();
      },
    },
    async (request, reply) => {
      const gone = whenGone(reply);
      const { detections, decodeTime, inferenceTime } = await inference.detect(pictureOf(request), gone);
      metrics.decodeTime.observe(decodeTime);
      metrics.inferenceTime.observe(inferenceTime);
      return detections;
    },
  );
  return app;
}

/** Aborted when the client closes the connection before it is answered. */
function whenGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
