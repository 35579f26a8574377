import path from "node:path";
import { pathsOf, type Project } from "../project";
import { readState } from "../state-file";

/** One module as its edge runtime runs it. */
export interface EdgeModuleStatus {
  type: "system" | "custom";
  state: "running" | "backoff" | "stopped" | "failed";
  restarts: number;
  image: string;
  pid?: number;
  startedAt?: string;
  lastExit?: { code: number | null; signal: string | null; at: string };
  /** Where a port of the module is reached: `{"8885/tcp": "127.0.0.1:41234"}`. */
  ports?: Record<string, string>;
  log?: string;
  /** Why it failed. */
  reason?: string;
  /** What was replaced or left out because it runs as a process. */
  notes?: string[];
}

/** What an edge runtime writes about itself after each change. */
export interface EdgeStatus {
  deviceId: string;
  modules: Record<string, EdgeModuleStatus>;
  edgeHub?: { queued: number; delivered: number };
  /** What edgeAgent thinks of its deployment: 200, or why not. */
  deployment?: { code: number; description: string; version?: number };
}

/** The latest status of a device's runtime; nothing before it wrote its first. */
export function readEdgeStatus(project: Project, deviceId: string): EdgeStatus | undefined {
  return readState(path.join(pathsOf(project).edge(deviceId), "status.json")) as EdgeStatus | undefined;
}
