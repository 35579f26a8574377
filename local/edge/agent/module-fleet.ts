import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { RuntimeModule } from "@edge-vision/manifest";
import type { Logger } from "pino";
import type { EdgePaths } from "../paths";
import { findImage, ImageError, type LocalImage } from "../process/image-store";
import { exposedPorts, moduleEnvironment, type ModuleEnvironment } from "../process/module-environment";
import { ModuleProcess, type ProcessSpec, type RestartPolicy } from "../process/module-process";
import type { ModuleState } from "../process/module-state";
import type { PortKeeper } from "../process/ports";
import type { ProcessTable } from "../process/process-table";
import { plan } from "./planner";

export interface FleetOptions {
  paths: EdgePaths;
  images: string;
  ports: PortKeeper;
  table: ProcessTable;
  /** What every module gets from this machine. */
  base: Record<string, string>;
  /** `IOTEDGE_*` of a module. A rejection is the module's failure. */
  identity: (moduleId: string) => Promise<Record<string, string>>;
  /** Called before each new process. */
  starting: (moduleId: string) => Promise<void>;
  removed: (moduleId: string) => Promise<void>;
  changed: () => void;
  log: Logger;
}

/** One module and its process. */
export interface FleetMember {
  module: RuntimeModule;
  process: ModuleProcess;
  notes: string[];
  /** What the present process was started from. */
  signature: string | undefined;
  /** The present process's image; the module's may be one that is still to come. */
  image: string | undefined;
  /** Why the module cannot be brought to what it should be. */
  fault: string | undefined;
}

/** How long until it is tried again to bring a running module to an image that is not there. */
const retryMs = 10_000;

/** The modules of a deployment as processes: brings what runs to what should run, and no further. */
export class ModuleFleet {
  private readonly members = new Map<string, FleetMember>();
  private wanted: readonly RuntimeModule[] = [];
  private queue: Promise<void> = Promise.resolve();
  private closed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(private readonly options: FleetOptions) {}

  list(): FleetMember[] {
    return [...this.members.values()];
  }

  /** Brings the fleet to these modules; one call after the other. */
  apply(modules: readonly RuntimeModule[]): Promise<void> {
    this.wanted = modules;
    return this.reconcile();
  }

  /** Ends the process; it comes back as after any exit. */
  restart(moduleId: string): boolean {
    const pid = this.members.get(moduleId)?.process.state.pid;
    if (pid === undefined) return false;
    process.kill(pid, "SIGTERM");
    return true;
  }

  /** Stops everything. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await Promise.all(this.list().map(({ process }) => process.stop()));
    await this.queue;
    for (const { process } of this.list()) process.close();
  }

  private reconcile(): Promise<void> {
    this.queue = this.queue
      .then(() => this.step())
      .catch((error: unknown) => {
        this.options.log.error(`the deployment could not be applied: ${(error as Error).message}`);
      });
    return this.queue;
  }

  private async step(): Promise<void> {
    if (this.closed) return;
    const { wanted } = this;
    await this.assignPorts(wanted);
    for (const module of wanted) this.remember(module);
    const signatures = new Map<string, string | undefined>();
    for (const { moduleId } of wanted) signatures.set(moduleId, await this.trySignature(moduleId));
    const steps = plan(
      this.list().map(({ module: { moduleId }, process, signature }) => ({
        moduleId,
        active: process.isWanted,
        signature,
      })),
      wanted.map((module) => ({ ...module, signature: signatures.get(module.moduleId) })),
    );
    for (const { kind, moduleId } of steps) {
      const member = this.members.get(moduleId);
      if (member === undefined) continue;
      this.options.log.info({ module: moduleId }, kind);
      if (kind !== "start") await member.process.stop();
      if (kind === "start" || kind === "roll") await member.process.start();
      if (kind === "remove") await this.forget(member);
    }
    clearTimeout(this.retry);
    if (this.list().some(({ fault, process }) => fault !== undefined && process.state.state === "running")) {
      this.retry = setTimeout(() => void this.reconcile(), retryMs);
    }
    this.options.changed();
  }

  /** Every module's ports are known before any environment is made, since modules name each other. */
  private async assignPorts(modules: readonly RuntimeModule[]): Promise<void> {
    for (const module of modules) {
      const image = await this.tryImage(module);
      if (image === undefined) continue;
      const running = this.members.get(module.moduleId)?.process.state.pid !== undefined;
      await this.options.ports.assign(module.moduleId, exposedPorts(image, module.createOptions), running);
    }
  }

  private remember(module: RuntimeModule): void {
    const { moduleId } = module;
    const policy = module.restartPolicy as RestartPolicy;
    const known = this.members.get(moduleId);
    if (known !== undefined) {
      known.module = module;
      known.process.restartPolicy = policy;
      return;
    }
    const { paths, table, log, changed } = this.options;
    const member: FleetMember = {
      module,
      notes: [],
      signature: undefined,
      image: undefined,
      fault: undefined,
      process: new ModuleProcess(
        {
          moduleId,
          table,
          log,
          changed,
          logFile: path.join(paths.logs, `${moduleId}.log`),
          prepare: () => this.prepare(member),
        },
        policy,
      ),
    };
    this.members.set(moduleId, member);
  }

  private async forget({ module: { moduleId }, process }: FleetMember): Promise<void> {
    process.close();
    this.members.delete(moduleId);
    await this.options.ports.forget(moduleId);
    await this.options.removed(moduleId);
  }

  /** What the next process of a module is started from. */
  private async prepare(member: FleetMember): Promise<ProcessSpec> {
    const { module } = member;
    const { moduleId } = module;
    const { images, ports, starting, log } = this.options;
    member.signature = undefined;
    const image = await findImage(images, module.image);
    const before = ports.ports[moduleId];
    await ports.assign(moduleId, exposedPorts(image, module.createOptions), false);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(ports.ports[moduleId])) {
      log.warn({ module: moduleId }, "a port was taken by another process: siblings that name it are started anew");
      void this.reconcile();
    }
    const made = await this.environment(module, image);
    await starting(moduleId);
    for (const note of made.notes) log.info({ module: moduleId }, note);
    member.notes = made.notes;
    member.signature = signatureOf(module, made);
    member.image = module.image;
    member.fault = undefined;
    return { entry: image.entry, workingDirectory: image.workingDirectory, env: made.env, folders: made.folders };
  }

  private async environment(module: RuntimeModule, image: LocalImage): Promise<ModuleEnvironment> {
    const { base, ports, paths, identity } = this.options;
    return moduleEnvironment({
      moduleId: module.moduleId,
      image,
      env: module.env,
      createOptions: module.createOptions,
      base,
      identity: await identity(module.moduleId),
      ports: ports.ports,
      volumes: paths.volumes,
      exists: existsSync,
    });
  }

  private async tryImage(module: RuntimeModule): Promise<LocalImage | undefined> {
    try {
      return await findImage(this.options.images, module.image);
    } catch (error) {
      if (error instanceof ImageError) return undefined;
      throw error;
    }
  }

  /**
   * What the module's next process would be started from. Nothing when something is missing: a process that runs is then
   * left alone, as edgeAgent does when an image cannot be pulled.
   */
  private async trySignature(moduleId: string): Promise<string | undefined> {
    const member = this.members.get(moduleId);
    if (member === undefined) return undefined;
    const { module } = member;
    try {
      const signature = signatureOf(
        module,
        await this.environment(module, await findImage(this.options.images, module.image)),
      );
      member.fault = undefined;
      return signature;
    } catch (error) {
      member.fault = (error as Error).message;
      // One that does not run says it itself, when it is started.
      if (member.process.state.state === "running") {
        this.options.log.error({ module: moduleId }, `stays as it is: ${member.fault}`);
      }
      return undefined;
    }
  }
}

function signatureOf(module: RuntimeModule, { env }: ModuleEnvironment): string {
  const { image, createOptions } = module;
  return createHash("sha256")
    .update(JSON.stringify([image, createOptions, env]))
    .digest("hex");
}

/** The states that a fleet's members are in. */
export function statesOf(members: readonly FleetMember[]): { module: RuntimeModule; state: ModuleState }[] {
  return members.map(({ module, process }) => ({ module, state: process.state }));
}
