import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModuleReader } from "@edge-vision/monitor";
import { Failure } from "../failure";
import type { Project } from "../project";
import { answerOf } from "./twin-answers";
import { readEdgeStatus, type EdgeModuleStatus, type EdgeStatus } from "./edge-status";

/** The port of a camera's preview, and of everything else that it answers over HTTP. */
export const cameraPort = "8886/tcp";
export const cameraModule = "camera-module";

const poll = 250;
/** A module that ended this often during the start will not come up by waiting. */
const hopelessRestarts = 3;
/** A refusal may be one of before, until the module has looked again. */
const lastingTime = 20_000;
const answerTime = 30_000;

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
  /** Reads the modules' twins. */
  twins: Pick<ModuleReader, "twin">;
}

/**
 * Waits until every device runs exactly the modules that its manifest names, each says that it is ready, and none has
 * refused its settings.
 *
 * @throws {Failure} MODULES with the reason of each module that does not come up
 */
export async function waitForModules(project: Project, expected: Expectation[], options: WaitOptions): Promise<void> {
  const begun = Date.now();
  const since = new Map<string, number>();
  for (;;) {
    options.interrupted.throwIfAborted();
    const faults = (await Promise.all(expected.map((device) => deviceFaults(project, device, options)))).flat();
    const now = Date.now();
    const grave = faults.filter(({ gravity }) => gravity === "lasting").map(({ reason }) => reason);
    for (const reason of since.keys()) if (!grave.includes(reason)) since.delete(reason);
    for (const reason of grave) since.set(reason, since.get(reason) ?? now);
    // A module that has not answered its newest settings is waited for a while only: it need not know about answers.
    const open = faults.filter(({ gravity }) => gravity !== "unanswered" || now - begun < answerTime);
    if (open.length === 0) return;
    const lost =
      open.some(({ gravity }) => gravity === "hopeless") ||
      [...since.values()].some((first) => now - first > lastingTime) ||
      now - begun > options.timeout;
    if (lost) throw new Failure("MODULES", open.map(({ reason }) => reason).join("\n"));
    options.told(open[0]?.reason.split("\n")[0] ?? "");
    await sleep(poll, undefined, { signal: options.interrupted });
  }
}

/** Why messages cannot flow yet, and what waiting is good for. */
interface Fault {
  reason: string;
  /** `passing`: it comes up; `lasting`: a fault unless it goes soon; `hopeless`: waiting will not help. */
  gravity: "passing" | "unanswered" | "lasting" | "hopeless";
}

async function deviceFaults(project: Project, expected: Expectation, { twins }: WaitOptions): Promise<Fault[]> {
  const { deviceId, images } = expected;
  const status = readEdgeStatus(project, deviceId);
  if (!status) return [{ reason: `${deviceId}: the edge runtime has not started yet`, gravity: "passing" }];
  const { deployment } = status;
  if (deployment && deployment.code >= 400) {
    return [{ reason: `${deviceId}: the deployment was refused: ${deployment.description}`, gravity: "lasting" }];
  }
  const faults: Fault[] = [];
  for (const [moduleId, image] of Object.entries(images)) {
    const module = status.modules[moduleId];
    const fault = (await moduleFault(module, image)) ?? (await twinFault(twins, deviceId, moduleId));
    if (fault) faults.push({ ...fault, reason: `${moduleId} on ${deviceId}: ${fault.reason}` });
  }
  const extra = Object.keys(status.modules).filter((id) => status.modules[id]?.type === "custom" && !(id in images));
  return [
    ...faults,
    ...extra.map((id): Fault => ({ reason: `${id} on ${deviceId}: still being removed`, gravity: "passing" })),
  ];
}

async function moduleFault(module: EdgeModuleStatus | undefined, image: string): Promise<Fault | undefined> {
  if (!module) return { reason: "not started yet", gravity: "passing" };
  if (module.image !== image) return { reason: "the new image is not rolled out yet", gravity: "passing" };
  if (module.state === "running") return notReady(module);
  const { lastExit, log, restarts } = module;
  const exit = lastExit ? `, ended ${lastExit.signal ?? `with exit code ${String(lastExit.code)}`}` : "";
  const said = log === undefined ? "" : lastLines(log);
  return {
    reason: `${module.state} after ${restarts} restarts${exit}${said}`,
    gravity: restarts >= hopelessRestarts ? "hopeless" : "passing",
  };
}

async function twinFault(twins: WaitOptions["twins"], deviceId: string, moduleId: string): Promise<Fault | undefined> {
  try {
    const { open, faults } = answerOf(await twins.twin(deviceId, moduleId));
    if (faults.length > 0) return { reason: faults.join("; "), gravity: "lasting" };
    return open ? { reason: "has not answered its newest settings yet", gravity: "unanswered" } : undefined;
  } catch {
    return { reason: "the hub does not answer", gravity: "passing" };
  }
}

// A module that serves HTTP says by itself whether it can work; one that does not know the question is taken as ready.
async function notReady(module: EdgeModuleStatus): Promise<Fault | undefined> {
  for (const address of Object.values(module.ports ?? {})) {
    try {
      const response = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(3_000) });
      if (response.status < 500) continue;
      const refused = await modelRefusal(address);
      if (refused !== undefined) return { reason: refused, gravity: "lasting" };
      return { reason: `not ready: ${saidIn(await response.text())}`, gravity: "passing" };
    } catch {
      return { reason: `not ready: nothing answers on ${address} yet`, gravity: "passing" };
    }
  }
  return undefined;
}

/** Why an inference service refused its model, where the module is one. */
async function modelRefusal(address: string): Promise<string | undefined> {
  const response = await fetch(`http://${address}/model`, { signal: AbortSignal.timeout(3_000) });
  if (!response.ok) return undefined;
  const { state, failure } = (await response.json()) as { state?: string; failure?: { message?: string } };
  return state === "refused" ? `the model was refused: ${failure?.message ?? "without a reason"}` : undefined;
}

// Modules answer with JSON: a message, or a list of reasons.
function saidIn(body: string): string {
  try {
    const { message, reasons } = JSON.parse(body) as { message?: string; reasons?: string[] };
    return message ?? reasons?.join("; ") ?? body.slice(0, 500);
  } catch {
    return body.slice(0, 500);
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
