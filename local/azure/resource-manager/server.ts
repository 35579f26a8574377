import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { isPropertyMap, type PropertyMap } from "@edge-vision/iotedge/kit";
import { ArmError } from "../arm/errors";
import { ResourceStore } from "../arm/resource-store";
import { RegistryTokens } from "./registry-tokens";

const registry = String.raw`/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ContainerRegistry/registries/[^/]+`;
const tokenPath = new RegExp(`^${registry}/tokens/[^/]+$`, "i");
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

  app.addHook("onRequest", async (request) => {
    if ((request.query as Record<string, unknown>)["api-version"] !== undefined) return;
    throw new ArmError("MissingApiVersionParameter", "The api-version query parameter is required for all requests.");
  });
  app.get("/subscriptions/*", (request, reply) => {
    const path = pathOf(request);
    return tokenPath.test(path) ? tokens.get(path) : reply.callNotFound();
  });
  app.patch("/subscriptions/*", (request, reply) => {
    const path = pathOf(request);
    return tokenPath.test(path) ? tokens.patch(path, bodyOf(request)) : reply.callNotFound();
  });
  app.post("/subscriptions/*", (request, reply) => {
    const [, registryId] = generatePath.exec(pathOf(request)) ?? [];
    return registryId === undefined ? reply.callNotFound() : tokens.generate(registryId, bodyOf(request));
  });
  return app;
}

function pathOf(request: FastifyRequest): string {
  return decodeURIComponent(request.url.split("?", 1)[0] ?? "");
}

function bodyOf(request: FastifyRequest): PropertyMap {
  return isPropertyMap(request.body) ? request.body : {};
}

function statusOf(code: string): number {
  return code.endsWith("NotFound") ? 404 : 400;
}
