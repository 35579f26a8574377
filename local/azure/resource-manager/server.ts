import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { isPropertyMap, type PropertyMap } from "@edge-vision/iotedge/kit";
import { ArmError } from "../arm/errors";
import { ResourceStore } from "../arm/resource-store";
import { RegistryTokens } from "./registry-tokens";

const registry = String.raw`/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ContainerRegistry/registries/[^/]+`;
const tokenPath = new RegExp(`^(${registry}/tokens/[^/]+)$`, "i");
const generatePath = new RegExp(`^(${registry})/generateCredentials$`, "i");

/** The part of Azure's resource manager that programs call beside their Pulumi resources. */
export function resourceManager(stateFolder: string): FastifyInstance {
  const tokens = new RegistryTokens(new ResourceStore(stateFolder));
  const app = fastify({ routerOptions: { ignoreTrailingSlash: true, caseSensitive: false } });

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ArmError) {
      return reply.code(statusOf(error.code)).send({ error: { code: error.code, message: error.plainMessage } });
    }
    const { statusCode = 500, message } = error as { statusCode?: number; message: string };
    const code = statusCode < 500 ? "InvalidRequestContent" : "InternalServerError";
    return reply.code(statusCode).send({ error: { code, message } });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: { code: "InvalidResourceType", message: `${request.method} ${pathOf(request)}` } }),
  );

  app.addHook("onRequest", (request, _reply, done) => {
    const asked = (request.query as Record<string, unknown>)["api-version"] !== undefined;
    const message = "The api-version query parameter is required for all requests.";
    done(asked ? undefined : new ArmError("MissingApiVersionParameter", message));
  });
  app.get("/subscriptions/*", (request) => tokens.get(matched(tokenPath, request)));
  app.patch("/subscriptions/*", (request) => tokens.patch(matched(tokenPath, request), bodyOf(request)));
  app.post("/subscriptions/*", (request) => tokens.generate(matched(generatePath, request), bodyOf(request)));
  return app;
}

/** The id in the path of a request; others are nothing that this resource manager has. */
function matched(pattern: RegExp, request: FastifyRequest): string {
  const id = pattern.exec(pathOf(request))?.[1];
  if (id === undefined) throw new ArmError("InvalidResourceType", `${request.method} ${pathOf(request)}`);
  return id;
}

function pathOf(request: FastifyRequest): string {
  return decodeURIComponent(request.url.split("?", 1)[0] ?? "");
}

function bodyOf(request: FastifyRequest): PropertyMap {
  return isPropertyMap(request.body) ? request.body : {};
}

function statusOf(code: string): number {
  return code.endsWith("NotFound") || code === "InvalidResourceType" ? 404 : 400;
}
