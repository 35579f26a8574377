import { randomUUID } from "node:crypto";
import { createServer } from "node:https";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { authenticate } from "../authentication/callers";
import { HubError, refuse } from "../errors";
import type { Hub } from "../hub";
import type { Hubs } from "../hubs";
import { configurationOperations } from "./configurations";
import { deviceOperations } from "./devices";
import { moduleOperations } from "./modules";
import type { HubRequest, Operation } from "./operation";
import { queryOperations } from "./queries";
import { statisticsOperations } from "./statistics";
import { twinOperations } from "./twins";

const operations: readonly Operation[] = [
  ...deviceOperations,
  ...moduleOperations,
  ...twinOperations,
  ...configurationOperations,
  ...queryOperations,
  ...statisticsOperations,
];

/** Bytes of a body: a hundred identities, or twins of fifty modules, fit well. */
const bodyLimit = 2 * 1024 * 1024;
const maximumIdLength = 400;

/** The service API over HTTPS; it is not listening yet. */
export function createHttpsServer(hubs: Hubs, tls: { cert: string; key: string }, logger: Logger): FastifyInstance {
  const app = Fastify({
    serverFactory: (handler) => {
      const server = createServer(tls, handler);
      server.headersTimeout = 10_000;
      server.requestTimeout = 30_000;
      // fastify's type wants plain HTTP; the two differ in nothing that it uses.
      return server;
    },
    bodyLimit,
    // azure-iothub lists at /devices/.
    routerOptions: { maxParamLength: maximumIdLength, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => {
      send(reply, toHubError(error, logger));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, text, done) => {
    try {
      done(null, text === "" ? undefined : JSON.parse(text.toString()));
    } catch {
      done(refuse.argument("The body is not JSON."));
    }
  });
  for (const operation of operations) {
    app.route({
      method: operation.method,
      url: operation.path,
      handler: (request, reply) => serve(hubs, operation, request, reply),
    });
  }
  app.setNotFoundHandler((request, reply) => {
    send(reply, refuse.notFound(`${request.method} ${request.url.split("?")[0] ?? ""}`));
  });
  app.setErrorHandler((error, _request, reply) => {
    send(reply, toHubError(error, logger));
  });
  return app;
}

async function serve(hubs: Hubs, operation: Operation, raw: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { authorization } = raw.headers;
  const hub = await chooseHub(hubs, raw.headers.host ?? "", authorization);
  const caller = authenticate(hub, authorization, raw.url.split("?")[0] ?? "");
  const request: HubRequest = {
    hub,
    caller,
    params: raw.params as Record<string, string>,
    query: raw.query as Record<string, string>,
    header: (name) => {
      const value = raw.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: raw.body,
  };
  const allowed =
    caller.kind === "policy"
      ? operation.rights.some((right) => caller.rights.has(right))
      : operation.allowsDevice?.(request, caller) === true;
  if (!allowed) {
    const who = caller.kind === "policy" ? `The policy ${caller.keyName}` : `${caller.deviceId}'s own key`;
    throw refuse.unauthorized(
      `${who} does not grant ${operation.method} ${operation.path}; it needs ${operation.rights.join(" or ")}.`,
    );
  }
  hub.throttle?.take(operation.throttledAs);
  const { status, body, headers } = await operation.run(request);
  reply.code(status).headers(headers ?? {});
  if (body === undefined) await reply.send();
  else await reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(body));
}

/** The host that the client asked for; when that is a loopback name, the one that its token is for. */
async function chooseHub(hubs: Hubs, host: string, authorization: string | undefined): Promise<Hub> {
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host)) return hubs.byHostName(host);
  const resource = /[ &]sr=([^&]*)/.exec(authorization ?? "")?.[1] ?? "";
  return hubs.byHostName(resource.split(/%2F|\//i)[0] ?? "");
}

function toHubError(error: unknown, logger: Logger): HubError {
  if (error instanceof HubError) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 413) return refuse.tooLarge(`The body is larger than ${bodyLimit} bytes.`);
  if (statusCode !== undefined && statusCode < 500) return refuse.argument(message ?? "The request cannot be read.");
  logger.error({ err: error }, "a request failed");
  return refuse.internal("The local hub failed; its log says why.");
}

function send(reply: FastifyReply, error: HubError): void {
  const body = {
    Message: `ErrorCode:${error.code};${error.message}`,
    ExceptionMessage: `Tracking ID:${randomUUID().replaceAll("-", "")}-TimeStamp:${new Date().toISOString()}`,
  };
  if (error.retryAfter !== undefined) reply.header("retry-after", String(error.retryAfter));
  void reply
    .code(error.status)
    .header("content-type", "application/json; charset=utf-8")
    .header("iothub-errorcode", error.code)
    .send(JSON.stringify(body));
}
