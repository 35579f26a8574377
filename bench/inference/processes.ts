import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { flaskFolder } from "./python";

export const root = path.join(__dirname, "..", "..", "..");

/** A server under measurement. */
export class Server {
  constructor(
    private readonly process: ChildProcess,
    readonly address: string,
  ) {}

  /**
   * Memory of all its processes in MB: what each has for itself, and what they share (code of Node and of libraries)
   * once. Other processes of the machine have no influence on it.
   */
  megabytes(): number {
    const parts = tree(this.process.pid as number).map(memory);
    const own = parts.reduce((sum, { own: part }) => sum + part, 0);
    return (own + Math.max(...parts.map(({ shared }) => shared))) / 1024;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }
}

/** The service as its image has it: bundled. */
export async function startService(bundle: string, environment: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, ["main.js"], {
    cwd: bundle,
    env: {
      PATH: process.env.PATH,
      NODE_PATH: path.join(root, "node_modules"),
      PORT: "0",
      DEADLINE: "600",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await firstMatch(child, /http:\/\/127\.0\.0\.1:\d+/);
  while (!(await fetch(`${address}/readyz`)).ok) await wait(100);
  return new Server(child, address);
}

/** The reference: the same in Python. */
export async function startFlask(python: string, model: string, threads: number): Promise<Server> {
  const script = path.join(flaskFolder, "service.py");
  const child = spawn(python, [script, "--model", model, "--threads", String(threads)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await firstMatch(child, /http:\/\/127\.0\.0\.1:\d+/);
  const answers = async (): Promise<boolean> =>
    fetch(address).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) await wait(100);
  return new Server(child, address);
}

/** Runs of a model a second in a loop with nothing around it. */
export async function bareRate(model: string, threads: number, seconds: number): Promise<number> {
  const script = path.join(__dirname, "bare.js");
  const options = ["--model", model, "--threads", String(threads), "--seconds", String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...options]);
  return Number(stdout);
}

async function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", () => {
      reject(new Error(`a server under measurement ended before it listened`));
    });
    if (!child.stdout) throw new Error("the server's output is not piped");
    createInterface(child.stdout).on("line", (line) => {
      const [found] = pattern.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
}

function tree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(tree)];
}

function memory(pid: number): { own: number; shared: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return {
    own: kilobytes("Private_Clean") + kilobytes("Private_Dirty"),
    shared: kilobytes("Shared_Clean") + kilobytes("Shared_Dirty"),
  };
}
