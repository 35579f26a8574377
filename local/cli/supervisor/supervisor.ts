import { isDeepStrictEqual } from "node:util";
import { KeptProcess, type KeepTimes } from "./kept-process";
import type { ProcessSpec, StartAnswer, SupervisorStatus } from "./protocol";

/** Owns the long-running processes of the local world. */
export class Supervisor {
  private readonly processes = new Map<string, KeptProcess>();
  private readonly startedAt = new Date();
  private ending: Promise<void> | undefined;

  constructor(
    private readonly logs: string,
    private readonly times: Partial<KeepTimes> = {},
  ) {}

  /** Makes a process run with these settings; one that runs with them already is left alone. */
  async start(spec: ProcessSpec): Promise<StartAnswer> {
    const old = this.processes.get(spec.name);
    if (old && isDeepStrictEqual(old.spec, spec)) return { process: old.status(), started: false };
    await old?.stop();
    const fresh = new KeptProcess(spec, this.logs, this.times);
    this.processes.set(spec.name, fresh);
    try {
      await fresh.start();
    } catch (error) {
      this.processes.delete(spec.name);
      throw error;
    }
    return { process: fresh.status(), started: true };
  }

  /** Ends a process for good. One that is not there is no fault. */
  async stop(name: string): Promise<void> {
    const kept = this.processes.get(name);
    this.processes.delete(name);
    await kept?.stop();
  }

  status(): SupervisorStatus {
    return {
      pid: process.pid,
      startedAt: this.startedAt.toISOString(),
      processes: [...this.processes.values()].map((kept) => kept.status()),
    };
  }

  /** Ends everything, what was started last first. */
  end(): Promise<void> {
    this.ending ??= this.endAll();
    return this.ending;
  }

  private async endAll(): Promise<void> {
    const names = [...this.processes.keys()].reverse();
    // What uses the hub goes first, so that it can say good-bye.
    const [servers, users] = [names.filter(isServer), names.filter((name) => !isServer(name))];
    await Promise.all(users.map((name) => this.stop(name)));
    await Promise.all(servers.map((name) => this.stop(name)));
  }
}

function isServer(name: string): boolean {
  return name === "hub" || name === "resource-manager";
}
