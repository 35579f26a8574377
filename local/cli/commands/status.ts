import pc from "picocolors";
import { findProject, type Project } from "../project";
import { SupervisorClient } from "../supervisor/client";
import type { LastExit, ProcessStatus } from "../supervisor/protocol";
import { readEdgeStatus, type EdgeModuleStatus } from "../world/edge-status";
import { readWorld } from "../world/world";

/** A module in `status --json`. */
export interface ModuleReport {
  deviceId: string;
  moduleId: string;
  type: "system" | "custom";
  state: string;
  restarts: number;
  image: string;
  pid?: number;
  startedAt?: string;
  lastExit?: { code: number | null; signal: string | null; at: string };
  /** Loopback address of each port that the module serves. */
  ports: Record<string, string>;
  /** Why it failed. */
  reason?: string;
  /** How its process differs from the container that the manifest describes. */
  notes: string[];
}

/** What `status --json` prints. */
export interface StatusReport {
  /** `stopped`: nothing runs; `degraded`: something that should run does not. */
  state: "running" | "degraded" | "stopped";
  page?: string;
  hub?: string;
  /** The local world's own processes: hub, runtimes, page. */
  processes: ProcessStatus[];
  modules: ModuleReport[];
  /** Each device's edgeHub and what edgeAgent says of its deployment. */
  devices: {
    deviceId: string;
    queued: number;
    delivered: number;
    deployment?: { code: number; description: string };
  }[];
}

/** Prints what runs. The exit code is 0 when everything does, else 1. */
export async function status(options: { json?: boolean }): Promise<number> {
  const report = await readStatus(findProject());
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : table(report));
  return report.state === "running" ? 0 : 1;
}

/** Everything that is known of a project's local world. */
export async function readStatus(project: Project): Promise<StatusReport> {
  const supervisor = SupervisorClient.find(project);
  const world = readWorld(project);
  if (!supervisor) return { state: "stopped", processes: [], modules: [], devices: [] };
  const { processes } = await supervisor.status();
  const statuses = (world?.devices ?? []).flatMap((device) => readEdgeStatus(project, device) ?? []);
  const modules = statuses.flatMap(({ deviceId, modules }) =>
    Object.entries(modules).map(([moduleId, module]) => moduleReport(deviceId, moduleId, module)),
  );
  const port = processes.find(({ name }) => name === "monitor")?.ports["http"];
  const whole =
    processes.some(({ name }) => name === "hub") &&
    modules.length > 0 &&
    [...processes, ...modules].every(({ state }) => state === "running");
  return {
    state: whole ? "running" : "degraded",
    ...(port !== undefined && { page: `http://127.0.0.1:${port}/` }),
    ...(world && { hub: world.hubHostName }),
    processes,
    modules,
    devices: statuses.map(({ deviceId, edgeHub, deployment }) => ({
      deviceId,
      queued: edgeHub?.queued ?? 0,
      delivered: edgeHub?.delivered ?? 0,
      ...(deployment && { deployment }),
    })),
  };
}

function moduleReport(deviceId: string, moduleId: string, module: EdgeModuleStatus): ModuleReport {
  const { type, state, restarts, image, pid, startedAt, lastExit, ports = {}, reason, notes = [] } = module;
  return {
    deviceId,
    moduleId,
    type,
    state,
    restarts,
    image,
    ...(pid !== undefined && { pid }),
    ...(startedAt !== undefined && { startedAt }),
    ...(lastExit && { lastExit }),
    ports,
    ...(reason !== undefined && { reason }),
    notes,
  };
}

function table(report: StatusReport): string {
  if (report.state === "stopped") return "Nothing runs here. Start it with: edge-vision up\n";
  const rows = [
    ["", "STATE", "RESTARTS", "LAST END", "ADDRESS"],
    ...report.processes.map((kept) => [
      kept.name,
      kept.state,
      String(kept.restarts),
      exitText(kept.lastExit),
      Object.entries(kept.ports)
        .map(([name, port]) => `${name} ${port}`)
        .join(", "),
    ]),
    ...report.modules.map((module) => [
      `${module.deviceId}/${module.moduleId}`,
      module.state,
      String(module.restarts),
      exitText(module.lastExit),
      Object.entries(module.ports)
        .map(([port, address]) => `${port} → ${address}`)
        .join(", "),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row, index) => {
    const text = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
    if (index === 0) return pc.dim(text);
    return row[1] === "running" ? text : pc.yellow(text);
  });
  const devices = report.devices.map(
    ({ deviceId, queued, delivered, deployment }) =>
      `${deviceId}: ${delivered} messages delivered, ${queued} waiting` +
      (deployment && deployment.code !== 200 ? `; deployment ${deployment.code}: ${deployment.description}` : ""),
  );
  const remarks = report.modules.flatMap(({ deviceId, moduleId, reason, notes }) =>
    [...(reason === undefined ? [] : [reason]), ...notes].map((remark) => `${deviceId}/${moduleId}: ${remark}`),
  );
  return [
    ...lines,
    "",
    ...remarks,
    ...devices,
    ...(report.page === undefined ? [] : [`Page: ${report.page}`]),
    "",
  ].join("\n");
}

function exitText(exit: LastExit | undefined): string {
  if (!exit) return "";
  return `${exit.signal ?? `code ${String(exit.code)}`} at ${exit.at.slice(11, 19)}`;
}
