import { chmodSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { identityOf } from "../process-identity";
import { writeState } from "../state-file";
import { createSupervisorServer } from "./server";
import { Supervisor } from "./supervisor";

/**
 * The process that owns the local world: `main.js --socket PATH --record FILE --logs FOLDER [--with-parent]`.
 * It runs in a session of its own, so that a terminal's Ctrl-C reaches only the command.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      socket: { type: "string" },
      record: { type: "string" },
      logs: { type: "string" },
      "with-parent": { type: "boolean", default: false },
    },
  });
  const { socket, record, logs } = values;
  if (socket === undefined || record === undefined || logs === undefined) {
    throw new Error("--socket, --record and --logs are needed");
  }
  const supervisor = new Supervisor(logs);
  const leave = (): void => {
    rmSync(record, { force: true });
    rmSync(socket, { force: true });
    process.exit(0);
  };
  const end = (): void => {
    void supervisor.end().finally(leave);
  };
  process.on("SIGTERM", end).on("SIGINT", end).on("SIGHUP", end);
  if (values["with-parent"]) process.stdin.resume().on("error", end).once("close", end);
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);

  rmSync(socket, { force: true });
  const server = createSupervisorServer(supervisor, leave);
  await server.listen({ path: socket });
  chmodSync(socket, 0o600);
  writeState(record, { ...identityOf(process.pid), socket });
  process.stdout.write(`${JSON.stringify({ ready: true, ports: {} })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`supervisor: ${(error as Error).message}\n`);
  process.exit(1);
});
