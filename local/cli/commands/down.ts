import { rmSync } from "node:fs";
import { Failure } from "../failure";
import { takeLock } from "../process-lock";
import { findProject, pathsOf } from "../project";
import { endLeftEngine } from "../stack/engine-command";
import { SupervisorClient } from "../supervisor/client";

/** Ends everything that runs. What was deployed is kept for the next `up`; `purge` removes that too. */
export async function down({ purge = false }: { purge?: boolean }): Promise<void> {
  const project = findProject();
  const paths = pathsOf(project);
  const lock = takeLock(paths.lock);
  if ("holder" in lock && purge) {
    throw new Failure(
      "BUSY",
      `Another edge-vision command (process ${lock.holder.pid}) is changing this project: end it first, then purge.`,
    );
  }
  const supervisor = SupervisorClient.find(project);
  await supervisor?.shutdown();
  if (!("holder" in lock)) await endLeftEngine(paths.engineProcess);
  if (purge) rmSync(project.stateFolder, { recursive: true, force: true });
  if (!("holder" in lock)) lock.release();
  process.stdout.write(`${supervisor ? "Stopped." : "Nothing ran here."}${purge ? " Removed .edge-vision/." : ""}\n`);
}
