import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { StandIns } from "../../azure/stand-ins/stand-ins";
import type { Engine } from "../../engine";
import { Failure } from "../failure";
import { pathsOf, type Project } from "../project";
import { EngineCommand, endLeftEngine } from "./engine-command";
import { OperationLog, type Told } from "./progress";
import { ensurePassphrase, writeSettings, type GeneratedConfig } from "./settings";
import { loadSource } from "./source";

/** What the program gives to the world that runs it; see `infra/index.ts`. */
export interface StackOutputs {
  hubHostName: string;
  /** The hub's consumer group for the page. */
  consumerGroup: string;
  devices: string[];
  /** Per device: the daemon's config.toml. Secret. */
  configToml: Record<string, string>;
  /** Per device: the deployed manifest. */
  manifest: Record<string, unknown>;
  [name: string]: unknown;
}

/** What an `up` did. */
export interface UpOutcome {
  outputs: StackOutputs;
  unchanged: boolean;
  summary: string;
}

/** What an operation needs. */
export interface StackOptions {
  project: Project;
  engine: Engine;
  generated: GeneratedConfig;
  interrupted: AbortSignal;
}

const stackName = "local";

/** The stack `local`: the project's own program, run by the real engine against the stand-ins on this machine. */
export class LocalStack {
  private constructor(
    private readonly stack: Stack,
    private readonly interrupted: AbortSignal,
  ) {}

  /** Opens the stack, with the stand-ins at its side, for as long as `use` takes. */
  static async use<T>(options: StackOptions, use: (stack: LocalStack) => Promise<T>): Promise<T> {
    const workDir = writeSettings(options.project, stackName, options.generated);
    const standIns = StandIns.start(options.project.stateFolder, workDir);
    try {
      return await use(await LocalStack.open(options, workDir, standIns));
    } finally {
      await standIns.stop();
    }
  }

  private static async open(
    { project, engine, interrupted }: StackOptions,
    workDir: string,
    standIns: StandIns,
  ): Promise<LocalStack> {
    const paths = pathsOf(project);
    await endLeftEngine(paths.engineProcess);
    const program = loadProgram(project);
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName, projectName: "edge-vision", program: async () => (await program)() },
      {
        workDir,
        pulumiHome: paths.engineHome,
        pulumiCommand: await EngineCommand.create(engine.path, paths.engineProcess, interrupted),
        secretsProvider: "passphrase",
        envVars: engineEnvironment(project),
      },
    );
    // This command holds the project's lock, so a lock of the engine is one that a killed engine left.
    if (hasEngineLock(paths.backend)) await stack.cancel();
    Object.assign(stack.workspace.envVars, await standIns.environment());
    return new LocalStack(stack, interrupted);
  }

  /** @throws {Failure} DEPLOYMENT with what the engine, the program and the providers said */
  async up(told: Told): Promise<UpOutcome> {
    const log = new OperationLog(told);
    const { outputs } = await this.operate(log, () => this.stack.up({ onEvent: log.onEvent, color: "never" }));
    return {
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])) as StackOutputs,
      unchanged: log.unchanged,
      summary: log.summary(),
    };
  }

  /** Prints what an `up` would do, as the engine shows it. */
  async preview(write: (text: string) => void): Promise<void> {
    const log = new OperationLog(() => undefined);
    await this.operate(log, () => this.stack.preview({ onEvent: log.onEvent, onOutput: write, color: "never" }));
  }

  private async operate<T>(log: OperationLog, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      this.interrupted.throwIfAborted();
      const reasons = log.errors.length > 0 ? log.errors : [engineSaid(error as Error)];
      throw new Failure("DEPLOYMENT", reasons.join("\n"), { cause: error });
    }
  }
}

type Program = () => Promise<Record<string, unknown>>;

/** Loads the program while the engine answers its first questions; what is wrong with it is told when it runs. */
function loadProgram(project: Project): Promise<Program> {
  const program = turn().then(() => {
    const loaded = loadSource(project, "infra", "index.ts") as Program & { default?: Program };
    return loaded.default ?? loaded;
  });
  program.catch(() => undefined);
  return program;
}

function engineEnvironment(project: Project): Record<string, string> {
  const paths = pathsOf(project);
  return {
    // The stand-ins answer in the engine's process only.
    PATH: [StandIns.executables, process.env["PATH"]].join(path.delimiter),
    PULUMI_BACKEND_URL: `file://${paths.backend}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: ensurePassphrase(project),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

function hasEngineLock(backend: string): boolean {
  const locks = path.join(backend, ".pulumi", "locks");
  return existsSync(locks) && readdirSync(locks, { recursive: true }).some((name) => String(name).endsWith(".json"));
}

function engineSaid(error: Error): string {
  const stderr = /stderr: ([\s\S]*?)\n err\?/.exec(error.message)?.[1] ?? error.message;
  return stderr.trim();
}
