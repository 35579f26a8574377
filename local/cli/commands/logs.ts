import { createReadStream, existsSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure";
import type { Interruption } from "../interruption";
import { findProject, pathsOf, type Project } from "../project";
import { readWorld } from "../world/world";
import { readEdgeStatus } from "../world/edge-status";

export interface LogsOptions {
  follow?: boolean;
  /** Needed when several devices run the module. */
  device?: string;
}

/** Prints a module's log, or that of one of the local world's own processes; `-f` waits for more. */
export async function logs(name: string, options: LogsOptions, interruption: Interruption): Promise<void> {
  const file = fileOf(findProject(), name, options.device);
  let position = await print(file, 0);
  while (options.follow) {
    try {
      await sleep(250, undefined, { signal: interruption.signal });
    } catch {
      return;
    }
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    // A log that was rotated starts anew.
    position = await print(file, size < position ? 0 : position);
  }
}

function fileOf(project: Project, name: string, onlyDevice: string | undefined): string {
  const paths = pathsOf(project);
  const devices = (readWorld(project)?.devices ?? []).filter(
    (device) => onlyDevice === undefined || device === onlyDevice,
  );
  const candidates = [
    ...devices.flatMap((device) => {
      const module = readEdgeStatus(project, device)?.modules[name];
      return module ? [module.log ?? path.join(paths.edge(device), "logs", `${name}.log`)] : [];
    }),
    ...(path.basename(name) === name ? [path.join(paths.logs, `${name}.log`)] : []),
  ].filter((file) => existsSync(file));
  const [first] = candidates;
  if (first !== undefined) return first;
  const known = devices.flatMap((device) => Object.keys(readEdgeStatus(project, device)?.modules ?? {}));
  throw new Failure(
    "UNKNOWN_MODULE",
    `There is no log of ${name}. ` +
      (known.length > 0
        ? `Modules here: ${[...new Set(known)].join(", ")}; also hub, monitor, supervisor.`
        : "Nothing ran here yet."),
  );
}

function print(file: string, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = createReadStream(file, { start: from });
    stream.on("error", reject).once("end", () => {
      resolve(from + stream.bytesRead);
    });
    stream.pipe(process.stdout, { end: false });
  });
}
