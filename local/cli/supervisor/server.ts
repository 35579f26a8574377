import Fastify, { type FastifyInstance } from "fastify";
import type { ProcessSpec, StartFault } from "./protocol";
import type { Supervisor } from "./supervisor";

const processSpec = {
  type: "object",
  required: ["name", "script", "args", "env"],
  properties: {
    name: { type: "string", pattern: "^[A-Za-z0-9._-]+$" },
    script: { type: "string" },
    args: { type: "array", items: { type: "string" } },
    env: { type: "object", additionalProperties: { type: "string" } },
  },
};

/** The supervisor's API, served on a unix socket that only its user can open. */
export function createSupervisorServer(supervisor: Supervisor, onShutdown: () => void): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  server.get("/status", () => supervisor.status());
  server.put<{ Body: ProcessSpec }>("/processes", { schema: { body: processSpec } }, async (request, reply) => {
    try {
      return await supervisor.start(request.body);
    } catch (error) {
      const fault: StartFault = { error: (error as Error).message };
      return reply.code(409).send(fault);
    }
  });
  server.delete<{ Params: { name: string } }>("/processes/:name", async (request, reply) => {
    await supervisor.stop(request.params.name);
    return reply.code(204).send();
  });
  server.post("/shutdown", async (_request, reply) => {
    await supervisor.end();
    reply.raw.once("close", onShutdown);
    return reply.code(204).send();
  });
  return server;
}
