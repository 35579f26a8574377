import { ensureEngine } from "../../engine";
import { Failure } from "../failure";
import type { Interruption } from "../interruption";
import { takeLock } from "../process-lock";
import { findProject, pathsOf } from "../project";
import { checkConfiguration } from "../stack/configuration";
import { LocalStack } from "../stack/local-stack";
import { SupervisorClient } from "../supervisor/client";
import { generatedConfig, Services } from "../world/services";

/** Prints what `up` would change. The hub runs while it is asked, and ends with it when it did not run before. */
export async function preview(interruption: Interruption): Promise<void> {
  const project = findProject();
  const lock = takeLock(pathsOf(project).lock);
  if ("holder" in lock) {
    throw new Failure(
      "BUSY",
      `Another edge-vision command (process ${lock.holder.pid}) is changing this project: wait until it is done.`,
    );
  }
  const running = SupervisorClient.find(project);
  let started: SupervisorClient | undefined;
  try {
    checkConfiguration(project);
    const engine = await ensureEngine({ signal: interruption.signal });
    const supervisor = running ?? (started = await SupervisorClient.start(project, { withParent: true }));
    const services = new Services(project, supervisor, interruption.signal);
    const [hub, resourceManager] = await Promise.all([services.hub(), services.resourceManager()]);
    const generated = generatedConfig(hub, resourceManager);
    await LocalStack.use({ project, engine, generated, interrupted: interruption.signal }, (stack) =>
      stack.preview((text) => process.stdout.write(text)),
    );
  } finally {
    await started?.shutdown();
    lock.release();
  }
}
