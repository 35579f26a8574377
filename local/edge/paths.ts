import { createHash } from "node:crypto";
import os from "node:os";
import path from "node:path";

/** Where one device's runtime keeps what it must not forget. All below its state folder. */
export interface EdgePaths {
  state: string;
  /** Whose state it is: device and hub. */
  owner: string;
  /** `status.json`: what `edge-vision status` shows. */
  status: string;
  /** Module identities with their keys (0600), so that modules can start without the hub. */
  identities: string;
  /** The last deployment that was applied. */
  deployment: string;
  /** The last known `$edgeHub` twin. */
  hubConfiguration: string;
  /** Loopback ports, kept over restarts. */
  ports: string;
  /** Process ids with start times, to end what a killed runtime left behind. */
  processes: string;
  certificates: string;
  /** Messages that wait for the hub or for a module. */
  messages: string;
  twins: string;
  logs: string;
  volumes: string;
  /** The folder of the workload API's sockets. */
  sockets: string;
}

/** The longest path a unix socket can have is 107 bytes on Linux and 103 on macOS. */
const socketFolderLimit = 60;

export function edgePaths(state: string): EdgePaths {
  const inState = (name: string): string => path.join(state, name);
  return {
    state,
    owner: inState("device.json"),
    status: inState("status.json"),
    identities: inState("identities.json"),
    deployment: inState("deployment.json"),
    hubConfiguration: inState("edge-hub.json"),
    ports: inState("ports.json"),
    processes: inState("processes.json"),
    certificates: inState("certificates"),
    messages: inState("messages"),
    twins: inState("twins"),
    logs: inState("logs"),
    volumes: inState("volumes"),
    sockets: socketFolder(state),
  };
}

/**
 * The sockets are in the state folder, or in the system's temporary folder where that path is too long for a socket or
 * has characters that would be escaped in the `unix://` address (the SDKs do not decode it).
 */
function socketFolder(state: string): string {
  const folder = path.join(state, "workload");
  if (Buffer.byteLength(folder) <= socketFolderLimit && /^[\w./-]+$/.test(folder)) return folder;
  const digest = createHash("sha256").update(state).digest("hex").slice(0, 12);
  return path.join(os.tmpdir(), `edge-vision-${digest}`);
}
