import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Logger } from "pino";
import { restartDelay, stableMs } from "./back-off";
import { LogFile } from "./log-file";
import type { ModuleState } from "./module-state";
import { signalGroup } from "./process-info";
import type { ProcessTable } from "./process-table";

/** What one process of a module is started from. */
export interface ProcessSpec {
  entry: string;
  workingDirectory: string;
  env: Record<string, string>;
  /** Made before the start. */
  folders: string[];
}

export type RestartPolicy = "always" | "on-unhealthy" | "on-failure" | "never";

export interface ModuleProcessOptions {
  moduleId: string;
  logFile: string;
  table: ProcessTable;
  log: Logger;
  /** Asked before each start, as ports may have to change. A rejection is the module's failure and tried again. */
  prepare: () => Promise<ProcessSpec>;
  /** Called after every change of `state`. */
  changed: () => void;
}

/** Asked to end, a module has this long before it is killed. */
export const stopGraceMs = 10_000;

/** One module as a supervised process: started, watched, restarted with back-off, stopped. */
export class ModuleProcess {
  private child: ChildProcess | undefined;
  private readonly log: Logger;
  private readonly output: LogFile;
  private wanted = false;
  private started = false;
  private timer: NodeJS.Timeout | undefined;
  private restartsInRow = 0;
  private current: ModuleState = { state: "stopped", restarts: 0 };
  private exited: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: ModuleProcessOptions,
    private policy: RestartPolicy,
  ) {
    this.log = options.log.child({ module: options.moduleId });
    this.output = new LogFile(options.logFile);
  }

  get state(): ModuleState {
    return this.current;
  }

  /** Whether it was started and not stopped since; one that has ended for good by itself still is. */
  get isWanted(): boolean {
    return this.started;
  }

  set restartPolicy(policy: RestartPolicy) {
    this.policy = policy;
  }

  async start(): Promise<void> {
    this.wanted = true;
    this.started = true;
    this.restartsInRow = 0;
    await this.launch();
  }

  /** Ends the process; when this resolves, none of its group is left. */
  async stop(): Promise<void> {
    this.wanted = false;
    this.started = false;
    clearTimeout(this.timer);
    const { child } = this;
    if (child?.pid !== undefined) {
      const { pid } = child;
      signalGroup(pid, "SIGTERM");
      const killer = setTimeout(() => {
        this.log.warn({ pid }, `did not end within ${stopGraceMs / 1000} s and is killed`);
        signalGroup(pid, "SIGKILL");
      }, stopGraceMs);
      await this.exited;
      clearTimeout(killer);
    }
    this.update({ state: "stopped", pid: undefined });
  }

  close(): void {
    this.output.close();
  }

  private async launch(): Promise<void> {
    let spec: ProcessSpec;
    try {
      spec = await this.options.prepare();
    } catch (error) {
      this.log.error(`cannot be started: ${(error as Error).message}`);
      this.update({ state: "failed", reason: (error as Error).message, pid: undefined });
      this.restartLater();
      return;
    }
    // Stopped while it was prepared.
    if (!this.wanted) return;
    for (const folder of spec.folders) mkdirSync(folder, { recursive: true });
    const child = spawn(process.execPath, ["--require", path.join(__dirname, "containment.js"), spec.entry], {
      cwd: spec.workingDirectory,
      env: spec.env,
      // The fourth is the pipe that containment watches.
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // A group of its own, so that the module ends with its children.
      detached: true,
    });
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.ended(child, code, signal);
        resolve();
      });
      child.once("error", (error) => {
        this.log.error(`cannot be started: ${error.message}`);
      });
    });
    // Its children may hold the pipes open: the group ends with its leader.
    child.once("exit", () => {
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
    });
    for (const stream of [child.stdout, child.stderr]) this.record(stream);
    child.stdio[3]?.on("error", () => undefined);
    if (child.pid === undefined) return;
    this.update({ state: "running", pid: child.pid, startedAt: new Date().toISOString(), reason: undefined });
    await this.options.table.add(this.options.moduleId, child.pid);
  }

  private record(stream: NodeJS.ReadableStream | null): void {
    stream?.on("data", (chunk: Buffer) => {
      if (this.output.write(chunk)) return;
      stream.pause();
      this.output.drained(() => stream.resume());
    });
  }

  private ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (child.pid !== undefined) this.options.table.remove(this.options.moduleId, child.pid);
    this.child = undefined;
    const lastExit = { code, signal, at: new Date().toISOString() };
    this.log.info({ code, signal }, "ended");
    if (!this.wanted) {
      this.update({ lastExit, pid: undefined });
      return;
    }
    const ok = code === 0;
    if (this.policy === "never" || (this.policy === "on-failure" && ok)) {
      this.wanted = false;
      this.update({
        state: ok ? "stopped" : "failed",
        lastExit,
        pid: undefined,
        reason: ok ? undefined : how(code, signal),
      });
      return;
    }
    this.update({ state: "backoff", lastExit, pid: undefined });
    this.restartLater();
  }

  private restartLater(): void {
    const { startedAt } = this.current;
    const stable = startedAt !== undefined && Date.now() - Date.parse(startedAt) >= stableMs;
    if (stable) this.restartsInRow = 0;
    const delay = restartDelay(this.restartsInRow);
    this.restartsInRow += 1;
    this.log.info(`starts again in ${delay / 1000} s`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.wanted) return;
      this.update({ restarts: this.current.restarts + 1, lastRestartAt: new Date().toISOString() });
      void this.launch();
    }, delay);
  }

  private update(change: Partial<ModuleState>): void {
    this.current = { ...this.current, ...change };
    this.options.changed();
  }
}

function how(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `It ended with exit code ${String(code)}.` : `It was ended by ${signal}.`;
}
