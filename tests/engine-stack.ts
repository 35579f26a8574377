import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { StandIns } from "@edge-vision/local/dist/azure/stand-ins/stand-ins";
import { ensureEngine } from "@edge-vision/local/dist/engine";
import {
  type ConfigMap,
  LocalWorkspace,
  type OutputMap,
  type PreviewResult,
  PulumiCommand,
  type PulumiFn,
  type RefreshResult,
  type Stack,
  type UpResult,
} from "@pulumi/pulumi/automation";

const execute = promisify(execFile);

export interface EngineStackOptions {
  program: PulumiFn;
  /** @default "test" */
  projectName?: string;
  /** @default "test" */
  stackName?: string;
  config?: ConfigMap;
  /** Providers of the project file: a name and the folder of `pulumi-resource-<name>`. */
  providers?: { name: string; path: string }[];
  /** The state folder of the local Azure, whose stand-ins the engine then has. */
  azure?: string;
}

/** One operation that the engine did or would do. */
export interface EngineStep {
  op: string;
  urn: string;
  type: string;
  /** Properties that differ, as the provider names them. */
  paths: string[];
}

/**
 * A stack in a folder of its own, driven by the real engine with a file backend. The program may change between
 * operations: set `program`.
 */
export class EngineStack {
  program: PulumiFn;

  private constructor(
    readonly folder: string,
    readonly stack: Stack,
    private readonly projectName: string,
    private readonly standIns: StandIns | undefined,
    program: PulumiFn,
  ) {
    this.program = program;
  }

  static async create(options: EngineStackOptions): Promise<EngineStack> {
    const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-engine-"));
    const { projectName = "test", stackName = "test", providers = [], azure } = options;
    const standIns = azure === undefined ? undefined : StandIns.start(azure, folder);
    const state = path.join(folder, "state");
    await mkdir(state);
    const settings = {
      name: projectName,
      runtime: "nodejs",
      plugins: { providers: providers.map(({ name, path: at }) => ({ name, path: path.resolve(at) })) },
    };
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName, projectName, program: options.program },
      {
        workDir: folder,
        pulumiHome: path.join(folder, "home"),
        pulumiCommand: await engineCommand(folder),
        // The Automation API writes the settings as they are, but its type does not know `plugins`.
        projectSettings: settings as never,
        secretsProvider: "passphrase",
        envVars: {
          PATH: [StandIns.executables, process.env["PATH"] ?? ""].join(path.delimiter),
          PULUMI_BACKEND_URL: `file://${state}`,
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          ...(await standIns?.environment()),
        },
      },
    );
    if (options.config !== undefined) await stack.setAllConfig(options.config);
    return new EngineStack(folder, stack, projectName, standIns, options.program);
  }

  up(options: Parameters<Stack["up"]>[0] = {}): Promise<UpResult> {
    return this.stack.up({ program: this.program, color: "never", ...options });
  }

  preview(options: Parameters<Stack["preview"]>[0] = {}): Promise<PreviewResult> {
    return this.stack.preview({ program: this.program, color: "never", ...options });
  }

  /** What a preview would do to resources, without those that stay the same. */
  async plan(): Promise<EngineStep[]> {
    const steps: EngineStep[] = [];
    await this.preview({
      onEvent: ({ resourcePreEvent }) => {
        const step = resourcePreEvent?.metadata;
        if (step === undefined || step.op === "same" || step.op === "read") return;
        steps.push({ op: step.op, urn: step.urn, type: step.type, paths: Object.keys(step.detailedDiff ?? {}).sort() });
      },
    });
    return steps;
  }

  refresh(options: Parameters<Stack["refresh"]>[0] = {}): Promise<RefreshResult> {
    return this.stack.refresh({ color: "never", ...options });
  }

  outputs(): Promise<OutputMap> {
    return this.stack.outputs();
  }

  /** Resources in the state, the stack itself and providers included. */
  async resources(): Promise<StateResource[]> {
    const { deployment } = (await this.stack.exportStack()) as { deployment: { resources?: StateResource[] } };
    return deployment.resources ?? [];
  }

  /** The state as it is stored: secrets in it are encrypted, or they are leaks. */
  async storedState(): Promise<string> {
    const file = `${this.stack.name}.json`;
    return readFile(path.join(this.folder, "state", ".pulumi", "stacks", this.projectName, file), "utf8");
  }

  /** What `pulumi stack export` prints. */
  async exported(): Promise<string> {
    const { name, workspace } = this.stack;
    const { path: engine } = await ensureEngine();
    const env = { ...process.env, ...workspace.envVars, PULUMI_HOME: workspace.pulumiHome };
    const options = { cwd: this.folder, env, maxBuffer: 64 * 1024 * 1024 };
    return (await execute(engine, ["stack", "export", "--stack", name, "--non-interactive"], options)).stdout;
  }

  /** Ends the engine that runs at the moment as a crash would. */
  async killEngine(): Promise<void> {
    process.kill(Number(await readFile(path.join(this.folder, "engine.pid"), "utf8")), "SIGKILL");
  }

  async close(): Promise<void> {
    await this.standIns?.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** A resource as the exported state has it. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** The engine behind a script that notes its process, so that a test can end it. */
async function engineCommand(folder: string): Promise<PulumiCommand> {
  const engine = await ensureEngine();
  const script = path.join(folder, "bin", "pulumi");
  await mkdir(path.dirname(script));
  await writeFile(script, `#!/bin/sh\necho $$ > '${folder}/engine.pid'\nexec '${engine.path}' "$@"\n`);
  await chmod(script, 0o755);
  return PulumiCommand.get({ root: folder });
}
