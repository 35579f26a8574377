import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { sign } from "../../protocol/sas";
import type { IdentityService } from "../identity/identity-service";

export interface WorkloadApiOptions {
  /** Folder of the sockets, one a module. */
  folder: string;
  identities: IdentityService;
  /** What modules check edgeHub's certificate against, in PEM. */
  trustBundle: string;
  log: Logger;
}

const apiVersions = ["2018-06-28", "2019-01-30", "2019-10-22", "2020-07-07", "2022-08-03"];
const bodyLimit = 64 * 1024;
const longestName = 36;

interface SignRequest {
  Params: { moduleId: string; generationId: string };
  Body: { data?: unknown } | undefined;
}

/** A call that is refused, with HTTP's status. */
class WorkloadError extends Error {
  override readonly name = "WorkloadError";
  readonly code = "WORKLOAD_CALL_REFUSED";
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a module may ask the runtime: the trust bundle, and to have its token signed with a key that it never sees. Each
 * module has a socket of its own, and on it only its own name is served.
 */
export class WorkloadApi {
  private readonly servers = new Map<string, { server: FastifyInstance; uri: string }>();

  constructor(private readonly options: WorkloadApiOptions) {}

  /** Serves a module; again for the same module is the same address. */
  async serve(moduleId: string): Promise<string> {
    const known = this.servers.get(moduleId);
    if (known !== undefined) return known.uri;
    const { folder } = this.options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const socket = path.join(folder, socketName(moduleId));
    // What a killed runtime left behind.
    await rm(socket, { force: true });
    const server = createServer(moduleId, this.options);
    await server.listen({ path: socket });
    const uri = `unix://${socket}`;
    this.servers.set(moduleId, { server, uri });
    return uri;
  }

  async end(moduleId: string): Promise<void> {
    const known = this.servers.get(moduleId);
    this.servers.delete(moduleId);
    await known?.server.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.keys()].map((moduleId) => this.end(moduleId)));
    await rm(this.options.folder, { recursive: true, force: true });
  }
}

/** A socket's path is short; a module's id may have 128 characters. */
function socketName(moduleId: string): string {
  if (moduleId.length <= longestName) return `${moduleId}.sock`;
  return `${createHash("sha256").update(moduleId).digest("hex").slice(0, longestName)}.sock`;
}

function createServer(owner: string, { identities, trustBundle, log }: WorkloadApiOptions): FastifyInstance {
  const server = fastify({ bodyLimit, forceCloseConnections: true });
  // Some SDKs send no content type, and one that they send says nothing new.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(new WorkloadError(400, "The body is not JSON."));
    }
  });
  server.addHook<{ Querystring: { "api-version"?: string } }>("preValidation", (request, _reply, done) => {
    const version = request.query["api-version"];
    if (version !== undefined && apiVersions.includes(version)) done();
    else
      done(
        new WorkloadError(
          400,
          `api-version is ${JSON.stringify(version)}; it must be one of ${apiVersions.join(", ")}.`,
        ),
      );
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    log.warn({ module: owner }, `workload API: ${error.message}`);
    return reply.code(error.statusCode ?? 500).send({ message: error.message });
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `${request.method} ${request.url.split("?")[0] ?? ""} is not served in the local world: only /trust-bundle and sign are.`;
    log.warn({ module: owner }, `workload API: ${message}`);
    return reply.code(404).send({ message });
  });

  server.get("/trust-bundle", () => ({ certificate: trustBundle }));
  server.post<SignRequest>("/modules/:moduleId/genid/:generationId/sign", async (request) => {
    const { moduleId, generationId } = request.params;
    if (moduleId !== owner) throw new WorkloadError(403, `This socket is ${owner}'s, not ${moduleId}'s.`);
    const data = request.body?.data;
    if (typeof data !== "string" || data === "") throw new WorkloadError(400, "data must be text in base64.");
    const identity = await identities.get(owner);
    if (identity.generationId !== generationId) {
      throw new WorkloadError(404, `${owner} has generation ${identity.generationId}, not ${generationId}.`);
    }
    return { digest: sign(identity.primaryKey, "base64", Buffer.from(data, "base64")) };
  });
  return server;
}
