import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure";
import type { Project } from "../project";
import { readEdgeStatus, type EdgeModuleStatus, type EdgeStatus } from "./edge-status";

/** The port of a camera's preview, and of everything else that it answers over HTTP. */
export const cameraPort = "8886/tcp";
export const cameraModule = "camera-module";

const poll = 250;
/** A module that ended this often during the start will not come up by waiting. */
const hopeless = 3;
/** What a module that runs may say when it cannot work as it is configured. */
const hopelessCodes = new Set(["MODEL_REFUSED"]);

/** What a device has to run before messages can flow. */
export interface Expectation {
  deviceId: string;
  /** Module id → image, from the deployed manifest. */
  images: Record<string, string>;
}

/** How long to wait, and who wants to know. */
export interface WaitOptions {
  timeout: number;
  interrupted: AbortSignal;
  told: (line: string) => void;
}

/**
 * Waits until every device runs exactly the modules that its manifest names, and each says that it is ready.
 *
 * @throws {Failure} MODULES with the reason of each module that does not come up
 */
export async function waitForModules(project: Project, expected: Expectation[], options: WaitOptions): Promise<void> {
  const deadline = Date.now() + options.timeout;
  for (;;) {
    options.interrupted.throwIfAborted();
    const states = await Promise.all(expected.map((device) => deviceFaults(project, device)));
    const faults = states.flatMap(({ faults }) => faults);
    if (faults.length === 0) return;
    if (states.some(({ lost }) => lost) || Date.now() > deadline) throw new Failure("MODULES", faults.join("\n"));
    options.told(faults[0]?.split("\n")[0] ?? "");
    await sleep(poll, undefined, { signal: options.interrupted });
  }
}

async function deviceFaults(project: Project, expected: Expectation): Promise<{ faults: string[]; lost: boolean }> {
  const status = readEdgeStatus(project, expected.deviceId);
  if (!status) return { faults: [`${expected.deviceId}: the edge runtime has not started yet`], lost: false };
  const { deployment } = status;
  if (deployment && deployment.code >= 400) {
    return { faults: [`${expected.deviceId}: the deployment was refused: ${deployment.description}`], lost: true };
  }
  const faults: string[] = [];
  let lost = false;
  for (const [moduleId, image] of Object.entries(expected.images)) {
    const fault = await moduleFault(status.modules[moduleId], image);
    if (!fault) continue;
    faults.push(`${moduleId} on ${expected.deviceId}: ${fault.reason}`);
    lost ||= fault.lost;
  }
  const extra = Object.keys(status.modules).filter(
    (id) => status.modules[id]?.type === "custom" && !(id in expected.images),
  );
  faults.push(...extra.map((id) => `${id} on ${expected.deviceId}: still being removed`));
  return { faults, lost };
}

interface ModuleFault {
  reason: string;
  /** Waiting will not help. */
  lost: boolean;
}

async function moduleFault(module: EdgeModuleStatus | undefined, image: string): Promise<ModuleFault | undefined> {
  if (!module) return { reason: "not started yet", lost: false };
  if (module.image !== image) return { reason: "the new image is not rolled out yet", lost: false };
  if (module.state === "running") return notReady(module);
  const { lastExit, log } = module;
  const exit = lastExit ? `, ended ${lastExit.signal ?? `with exit code ${String(lastExit.code)}`}` : "";
  const said = log === undefined ? "" : lastLines(log);
  return {
    reason: `${module.state} after ${module.restarts} restarts${exit}${said}`,
    lost: module.restarts >= hopeless,
  };
}

// A module that serves HTTP says by itself whether it can work; one that does not know the question is taken as ready.
async function notReady(module: EdgeModuleStatus): Promise<ModuleFault | undefined> {
  for (const address of Object.values(module.ports ?? {})) {
    try {
      const response = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(3_000) });
      if (response.status < 500) continue;
      const { code, reason } = answerOf(await response.text());
      return { reason: `not ready: ${reason}`, lost: code !== undefined && hopelessCodes.has(code) };
    } catch {
      return { reason: `not ready: nothing answers on ${address} yet`, lost: false };
    }
  }
  return undefined;
}

// Modules answer with JSON: a code and a message, or a list of reasons.
function answerOf(body: string): { code?: string; reason: string } {
  try {
    const { code, message, reasons } = JSON.parse(body) as { code?: string; message?: string; reasons?: string[] };
    return { ...(code !== undefined && { code }), reason: message ?? reasons?.join("; ") ?? body.slice(0, 500) };
  } catch {
    return { reason: body.slice(0, 500) };
  }
}

/** Waits until each device's runtime has given its camera an address, for the page; a while at most. */
export async function waitForCameras(
  project: Project,
  devices: readonly string[],
  interrupted: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  const missing = (device: string): boolean => {
    const status = readEdgeStatus(project, device);
    return previewsOf(status ? [status] : []).size === 0;
  };
  while (devices.some(missing) && Date.now() < deadline) await sleep(poll, undefined, { signal: interrupted });
}

/** Addresses of the previews of devices whose camera shows one. */
export function previewsOf(statuses: EdgeStatus[]): Map<string, string> {
  const previews = new Map<string, string>();
  for (const { deviceId, modules } of statuses) {
    const address = modules[cameraModule]?.ports?.[cameraPort];
    if (address !== undefined) previews.set(deviceId, `http://${address}/snapshot.jpg`);
  }
  return previews;
}

/** The end of a log, for a message: what a module said before it ended. */
function lastLines(log: string): string {
  if (!existsSync(log)) return "";
  const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-3);
  return lines.map((line) => `\n    ${readable(line)}`).join("");
}

// Modules log JSON lines; a person wants their message.
function readable(line: string): string {
  try {
    const { msg, message, err } = JSON.parse(line) as { msg?: string; message?: string; err?: { message?: string } };
    return [msg ?? message, err?.message].filter(Boolean).join(": ") || line;
  } catch {
    return line;
  }
}
