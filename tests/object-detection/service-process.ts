import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const root = path.join(__dirname, "..", "..");

/** The built inference service in a process of its own, on a free port. */
export class ServiceProcess {
  private constructor(
    readonly process: ChildProcess,
    readonly address: string,
    /** Lines that the service logged so far. */
    readonly log: readonly Record<string, unknown>[],
  ) {}

  /** Starts the service and waits until it listens. */
  static async start(environment: Record<string, string> = {}): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [path.join(root, "modules/object-detection/dist/main.js")], {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: "0", ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const log: Record<string, unknown>[] = [];
    const address = new Promise<string>((resolve, reject) => {
      child.once("exit", (code) => {
        reject(new Error(`the service ended with ${code ?? "a signal"}`));
      });
      let rest = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const entry = JSON.parse(line) as Record<string, unknown>;
          log.push(entry);
          const [found] = /http:\/\/\S+/.exec(String(entry.msg)) ?? [];
          if (found !== undefined) resolve(found);
        }
      });
    });
    return new ServiceProcess(child, await address, log);
  }

  /** Waits until the service has a model that answers. */
  async ready(): Promise<this> {
    const until = Date.now() + 60_000;
    for (;;) {
      const { ok } = await fetch(`${this.address}/readyz`);
      if (ok) return this;
      if (Date.now() > until) throw new Error("the service did not become ready within 60 s");
      await wait(100);
    }
  }

  async post(picture: Uint8Array<ArrayBuffer> | FormData, contentType?: string): Promise<Response> {
    return fetch(`${this.address}/image`, {
      method: "POST",
      body: picture,
      ...(contentType === undefined ? {} : { headers: { "content-type": contentType } }),
    });
  }

  /** Ends the service as an edge runtime would. Answers its exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode !== null) return this.process.exitCode;
    const ended = once(this.process, "exit");
    this.process.kill("SIGTERM");
    const [code] = (await ended) as [number | null];
    return code;
  }
}
