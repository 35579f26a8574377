import path from "node:path";
import type { EdgeHub } from "../hub/edge-hub";
import type { PortKeeper } from "../process/ports";
import type { EdgeAgent } from "./edge-agent";
import type { FleetMember, ModuleFleet } from "./module-fleet";
import type { EdgeStatus, ModuleStatus } from "./status-file";

export interface StatusSources {
  deviceId: string;
  agent: EdgeAgent;
  fleet: ModuleFleet;
  hub: EdgeHub;
  ports: PortKeeper;
  logs: string;
  /** edgeHub's port. */
  port: number;
  startedAt: string;
  /** Whether edgeAgent is connected to the hub. */
  connected: boolean;
}

/** The device's status as it is now. */
export function readStatus(sources: StatusSources): EdgeStatus {
  const { deviceId, agent, fleet, hub, port, startedAt, connected } = sources;
  const { deploymentStatus, current } = agent;
  const system = (image: string | undefined, ports: Record<string, string>): ModuleStatus => ({
    type: "system",
    state: "running",
    restarts: 0,
    image: image ?? "",
    pid: process.pid,
    startedAt,
    ports,
  });
  return {
    deviceId,
    modules: {
      edgeAgent: system(current?.systemModules.edgeAgent?.image, {}),
      edgeHub: system(current?.systemModules.edgeHub?.image, { "8883/tcp": `127.0.0.1:${port}` }),
      ...Object.fromEntries(fleet.list().map((member) => [member.module.moduleId, customStatus(member, sources)])),
    },
    edgeHub: { queued: hub.queued, delivered: hub.delivered },
    hub: connected ? "connected" : "disconnected",
    ...(deploymentStatus === undefined ? {} : { deployment: deploymentStatus }),
  };
}

function customStatus({ module, process, image, notes }: FleetMember, { ports, logs }: StatusSources): ModuleStatus {
  const { state, restarts, pid, startedAt, lastExit, reason } = process.state;
  const own = Object.entries(ports.ports[module.moduleId] ?? {});
  return {
    type: "custom",
    state,
    restarts,
    // A process that runs may still be that of an earlier image.
    image: pid === undefined ? module.image : (image ?? module.image),
    pid,
    startedAt,
    lastExit,
    reason,
    ports: Object.fromEntries(own.map(([name, port]) => [name, `127.0.0.1:${port}`])),
    log: path.join(logs, `${module.moduleId}.log`),
    ...(notes.length === 0 ? {} : { notes }),
  };
}
