import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { waitForReady } from "../../protocol/ready";
import type { LastExit, ProcessSpec, ProcessStatus } from "./protocol";

/** Waiting times in milliseconds; tests shorten them. */
export interface KeepTimes {
  /** The second restart's delay; doubled each time. The first restart is at once. */
  backoff: number;
  longestBackoff: number;
  /** A process that ran this long is healthy: the next restart is at once again. */
  healthyAfter: number;
  /** How long a process may take until its ready line. */
  ready: number;
  /** How long a process may take to end after SIGTERM. */
  end: number;
}

const defaultTimes: KeepTimes = {
  backoff: 1_000,
  longestBackoff: 30_000,
  healthyAfter: 60_000,
  ready: 60_000,
  end: 15_000,
};

const longestLog = 20 * 1024 * 1024;

/** One process that is started again when it ends by itself. It leads a process group of its own. */
export class KeptProcess {
  private readonly log: string;
  private readonly times: KeepTimes;
  private child: ChildProcess | undefined;
  private state: ProcessStatus["state"] = "starting";
  private startedAt: Date | undefined;
  private restarts = 0;
  private inARow = 0;
  private lastExit: LastExit | undefined;
  private ready: Record<string, unknown> | undefined;
  private ports: Record<string, number> = {};
  private stopping = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    readonly spec: ProcessSpec,
    logs: string,
    times: Partial<KeepTimes> = {},
  ) {
    this.log = path.join(logs, `${spec.name}.log`);
    this.times = { ...defaultTimes, ...times };
  }

  /**
   * Starts the process for the first time.
   *
   * @throws {Error} it ended or said nothing; it is then not kept
   */
  async start(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      await this.stop();
      const said = this.lastExit?.reason ?? (error as Error).message;
      throw new Error(`${this.spec.name} cannot be started: ${said} (its log: ${this.log})`, { cause: error });
    }
  }

  /** Ends the process and all it started: SIGTERM first, SIGKILL for the whole group when the time is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.retry);
    const child = this.child;
    if (child?.pid !== undefined) {
      const ended = new Promise<void>((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      const late = setTimeout(() => {
        killGroup(child.pid);
      }, this.times.end);
      if (this.child) await ended;
      clearTimeout(late);
      killGroup(child.pid);
    }
    this.state = "stopped";
  }

  status(): ProcessStatus {
    return {
      name: this.spec.name,
      state: this.state,
      ...(this.child?.pid !== undefined && { pid: this.child.pid }),
      ...(this.startedAt && { startedAt: this.startedAt.toISOString() }),
      restarts: this.restarts,
      ...(this.lastExit && { lastExit: this.lastExit }),
      ports: this.ports,
      ...(this.ready && { ready: this.ready }),
      log: this.log,
    };
  }

  private async run(): Promise<void> {
    this.state = "starting";
    const log = this.openLog();
    const child = spawn(process.execPath, [this.spec.script, ...this.spec.args, "--with-parent"], {
      env: { ...process.env, ...this.spec.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.child = child;
    this.startedAt = new Date();
    // The pipe only tells the child that its parent lives.
    child.stdin.on("error", () => undefined);
    let lastLine: string | undefined;
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (isTelling(line)) lastLine = line;
      log.write(`${line}\n`);
    });
    child.once("close", (code, signal) => {
      log.end();
      this.child = undefined;
      // What a killed process had started must not live on beside its successor's.
      killGroup(child.pid);
      this.lastExit = {
        code,
        signal,
        at: new Date().toISOString(),
        ...(lastLine !== undefined && signal === null && { reason: lastLine }),
      };
      if (!this.stopping && this.ready) this.scheduleRestart();
    });
    const line = await waitForReady(child, { timeoutMs: this.times.ready });
    child.stdout.resume();
    this.ready = line;
    this.ports = line.ports;
    this.state = "running";
  }

  private scheduleRestart(): void {
    const lived = Date.now() - (this.startedAt?.getTime() ?? 0);
    this.inARow = lived > this.times.healthyAfter ? 0 : this.inARow;
    const delay =
      this.inARow === 0 ? 0 : Math.min(this.times.backoff * 2 ** (this.inARow - 1), this.times.longestBackoff);
    this.inARow += 1;
    this.state = "backoff";
    this.retry = setTimeout(() => {
      this.restarts += 1;
      // A start that fails ends the child, whose end schedules the next one.
      this.run().catch(() => {
        killGroup(this.child?.pid);
      });
    }, delay);
  }

  private openLog(): WriteStream {
    mkdirSync(path.dirname(this.log), { recursive: true, mode: 0o700 });
    if ((statSync(this.log, { throwIfNoEntry: false })?.size ?? 0) > longestLog) renameSync(this.log, `${this.log}.1`);
    return createWriteStream(this.log, { flags: "a", mode: 0o600 });
  }
}

// Not the rest of a stack trace.
function isTelling(line: string): boolean {
  return /^\S/.test(line) && !/^(Node\.js v|[{}\])])/.test(line);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}
