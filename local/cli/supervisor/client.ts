import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import { Client } from "undici";
import { waitForReady } from "../../protocol/ready";
import { Failure } from "../failure";
import { isRunning, type ProcessIdentity } from "../process-identity";
import { pathsOf, type Project } from "../project";
import { readState } from "../state-file";
import type { ProcessSpec, StartAnswer, StartFault, SupervisorStatus } from "./protocol";

/** A running supervisor, as the command sees it. */
export class SupervisorClient {
  private constructor(
    private readonly identity: ProcessIdentity,
    private readonly socket: string,
  ) {}

  /** The supervisor of a project, or nothing when none runs: what a killed one left behind does not count. */
  static find(project: Project): SupervisorClient | undefined {
    const { supervisor } = pathsOf(project);
    const record = readState(supervisor) as (ProcessIdentity & { socket: string }) | undefined;
    if (!record || !isRunning(record)) return undefined;
    return new SupervisorClient({ pid: record.pid, started: record.started }, record.socket);
  }

  /** Starts a supervisor; with `withParent` it ends with this process. */
  static async start(project: Project, options: { withParent: boolean }): Promise<SupervisorClient> {
    const paths = pathsOf(project);
    mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
    const log = openSync(path.join(paths.logs, "supervisor.log"), "a", 0o600);
    const child = spawn(
      process.execPath,
      [
        path.join(__dirname, "main.js"),
        ...["--socket", paths.socket, "--record", paths.supervisor, "--logs", paths.logs],
        ...(options.withParent ? ["--with-parent"] : []),
      ],
      // A session of its own: the terminal's Ctrl-C must not reach it. Its folder must not keep the user's busy.
      { cwd: project.root, detached: true, stdio: [options.withParent ? "pipe" : "ignore", "pipe", log] },
    );
    closeSync(log);
    await waitForReady(child);
    child.stdout?.destroy();
    child.unref();
    (child.stdin as { unref?: () => void } | null)?.unref?.();
    const client = SupervisorClient.find(project);
    if (!client) throw new Failure("SERVICE", `The supervisor ended at once; see ${paths.logs}/supervisor.log`);
    return client;
  }

  /** Whether the process still runs. */
  isAlive(): boolean {
    return isRunning(this.identity);
  }

  status(): Promise<SupervisorStatus> {
    return this.request("GET", "/status") as Promise<SupervisorStatus>;
  }

  /** @throws {Failure} SERVICE with what the process said when it could not start */
  async startProcess(spec: ProcessSpec, signal?: AbortSignal): Promise<StartAnswer> {
    return (await this.request("PUT", "/processes", spec, signal)) as StartAnswer;
  }

  async stopProcess(name: string): Promise<void> {
    await this.request("DELETE", `/processes/${name}`);
  }

  /** Ends the supervisor and all it owns, by force when it does not answer. */
  async shutdown(): Promise<void> {
    try {
      await this.request("POST", "/shutdown");
    } catch {
      this.kill("SIGTERM");
    }
    const deadline = Date.now() + 30_000;
    while (isRunning(this.identity)) {
      // Its children see their stdin close and end too.
      if (Date.now() > deadline) this.kill("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    rmSync(this.socket, { force: true });
  }

  private kill(signal: NodeJS.Signals): void {
    if (isRunning(this.identity)) process.kill(this.identity.pid, signal);
  }

  private async request(
    method: "GET" | "PUT" | "POST" | "DELETE",
    resource: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const client = new Client("http://supervisor", { socketPath: this.socket, headersTimeout: 120_000 });
    try {
      const response = await client.request({
        method,
        path: resource,
        ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        ...(signal && { signal }),
      });
      const text = await response.body.text();
      if (response.statusCode >= 400) throw new Failure("SERVICE", (JSON.parse(text) as StartFault).error);
      return text === "" ? undefined : JSON.parse(text);
    } finally {
      await client.destroy();
    }
  }
}
