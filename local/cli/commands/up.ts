import { setTimeout as sleep } from "node:timers/promises";
import { ModuleReader } from "@edge-vision/monitor";
import { Listr, PRESET_TIMER, type ListrTask } from "listr2";
import { ensureEngine, type Engine } from "../../engine";
import { Failure } from "../failure";
import type { Interruption } from "../interruption";
import { PlainRenderer } from "../plain-renderer";
import { takeLock } from "../process-lock";
import { findProject, pathsOf, type Project } from "../project";
import { checkConfiguration } from "../stack/configuration";
import { LocalStack, type UpOutcome } from "../stack/local-stack";
import { SupervisorClient } from "../supervisor/client";
import type { ProcessStatus } from "../supervisor/protocol";
import { readEdgeStatus } from "../world/edge-status";
import { expectationsOf } from "../world/expectations";
import { connectionOf } from "../world/hub-connection";
import { previewsOf, waitForCameras, waitForModules } from "../world/readiness";
import { generatedConfig, Services } from "../world/services";
import { writeWorld } from "../world/world";

export interface UpOptions {
  /** Return when messages can flow, and leave everything running. */
  detach?: boolean;
  /** The page's port. @default where it was the last time, else a free one */
  port?: number;
  /** Seconds that the modules may take to come up. */
  timeout: number;
}

/** What one phase leaves for the next. */
interface Context {
  engine?: Engine;
  hub?: ProcessStatus;
  resourceManager?: ProcessStatus;
  outcome?: UpOutcome;
  page?: ProcessStatus;
}

/**
 * Brings the local world to what the project says: starts what is missing, changes what changed, leaves the rest.
 * A first `up` that fails or is interrupted leaves nothing running.
 */
export async function up(options: UpOptions, interruption: Interruption): Promise<void> {
  const project = findProject();
  const lock = takeLock(pathsOf(project).lock);
  if ("holder" in lock) {
    throw new Failure(
      "BUSY",
      `Another edge-vision command (process ${lock.holder.pid}) is changing this project: wait until it is done.`,
    );
  }
  let supervisor = SupervisorClient.find(project);
  const first = supervisor === undefined;
  try {
    supervisor ??= await SupervisorClient.start(project, { withParent: !options.detach });
    const context = await runPhases(project, supervisor, options, interruption.signal);
    lock.release();
    process.stdout.write(`\n${readyText(context)}\n`);
  } catch (error) {
    if (first) await supervisor?.shutdown();
    throw error;
  } finally {
    lock.release();
  }
  if (options.detach) return;
  process.stdout.write("Press Ctrl-C to stop.\n");
  try {
    await ended(supervisor, interruption.signal);
  } finally {
    await supervisor.shutdown();
  }
}

async function runPhases(
  project: Project,
  supervisor: SupervisorClient,
  options: UpOptions,
  interrupted: AbortSignal,
): Promise<Context> {
  const services = new Services(project, supervisor, interrupted);
  const told = (task: { output: string }) => (line: string) => {
    if (task.output !== line) task.output = line;
  };
  const tasks: ListrTask<Context>[] = [
    {
      title: "Configuration",
      task: () => {
        checkConfiguration(project);
      },
    },
    {
      title: "Engine",
      task: async (context, task) => {
        context.engine = await ensureEngine({
          signal: interrupted,
          onProgress: ({ message, fraction }) => {
            told(task)(fraction === undefined ? message : `${message} ${Math.floor(fraction * 100)} %`);
          },
        });
        task.title = `Engine ${context.engine.version} (${context.engine.origin})`;
      },
    },
    {
      title: "Hub",
      task: async (context, task) => {
        [context.hub, context.resourceManager] = await Promise.all([services.hub(), services.resourceManager()]);
        task.title = `Hub on ports ${Object.values(context.hub.ports).join(", ")}`;
      },
    },
    {
      title: "pulumi up",
      task: async (context, task) => {
        const { engine, hub } = known(context, "engine", "hub");
        const generated = generatedConfig(hub, context.resourceManager);
        const options = { project, engine, generated, interrupted };
        context.outcome = await LocalStack.use(options, (stack) => stack.up(told(task)));
        task.title = `pulumi up: ${context.outcome.summary}`;
      },
    },
    {
      title: "Edge runtime and page",
      task: async (context) => {
        const { hub, outcome } = known(context, "hub", "outcome");
        const { hubHostName, devices, configToml } = outcome.outputs;
        await Promise.all(devices.map((device) => services.edge(device, configToml[device] ?? "", hub)));
        await services.removeOtherEdges(devices);
        await waitForCameras(project, devices, interrupted);
        const previews = previewsOf(devices.flatMap((device) => readEdgeStatus(project, device) ?? []));
        context.page = await services.monitor(options.port, outcome.outputs, hub, previews);
        writeWorld(project, { hubHostName, devices });
      },
    },
    {
      title: "Modules",
      task: async (context, task) => {
        const { outcome, hub } = known(context, "outcome", "hub");
        await waitForModules(project, expectationsOf(outcome.outputs), {
          timeout: options.timeout * 1_000,
          interrupted,
          told: told(task),
          twins: new ModuleReader(await connectionOf(project, outcome.outputs.hubHostName, hub)),
        });
        task.title = "Modules are running, messages can flow";
      },
    },
  ];
  const list = new Listr<Context, "default", typeof PlainRenderer>(tasks.map(untilInterrupted(interrupted)), {
    fallbackRenderer: PlainRenderer,
    registerSignalListeners: false,
    rendererOptions: { showErrorMessage: false, timer: PRESET_TIMER },
  });
  return list.run({});
}

// No phase starts after an interrupt.
function untilInterrupted(interrupted: AbortSignal): (task: ListrTask<Context>) => ListrTask<Context> {
  return (task) => ({
    ...task,
    task: (context, wrapper) => {
      interrupted.throwIfAborted();
      return task.task(context, wrapper);
    },
  });
}

function known<K extends keyof Context>(context: Context, ...names: K[]): Required<Pick<Context, K>> {
  for (const name of names)
    if (context[name] === undefined) throw new Error(`the phase that makes ${name} did not run`);
  return context as Required<Pick<Context, K>>;
}

function readyText(context: Context): string {
  const { page, outcome } = known(context, "page", "outcome");
  return [`Page:    http://127.0.0.1:${String(page.ports["http"])}/`, `Changes: ${outcome.summary}`].join("\n");
}

/** Resolves never; rejects when the user interrupts or when the supervisor is gone. */
async function ended(supervisor: SupervisorClient, interrupted: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(1_000, undefined, { signal: interrupted });
    if (!supervisor.isAlive()) throw new Failure("SERVICE", "The supervisor has ended: edge-vision down, or a kill.");
  }
}
