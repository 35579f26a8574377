import { spawn } from "node:child_process";
import { CommandError, Lines, type Logging, type Output } from "./outcome";

export interface LocalRun {
  command: string;
  interpreter: readonly string[];
  dir?: string;
  environment: Record<string, string>;
  stdin?: string;
  logging: Logging;
  signal: AbortSignal;
  log: (line: string) => void;
}

/**
 * Runs a command in a process group of its own, with the environment of this process and the command's.
 *
 * @throws {CommandError} it ends with another code than 0
 */
export async function runLocally(run: LocalRun): Promise<Output> {
  run.signal.throwIfAborted();
  const [program = "/bin/sh", ...args] = run.interpreter;
  const child = spawn(program, [...args, run.command], {
    cwd: run.dir,
    env: { ...process.env, ...run.environment },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  run.signal.addEventListener("abort", end, { once: true });
  const stdout = new Lines(run.logging.startsWith("stdout") ? run.log : () => undefined);
  const stderr = new Lines(run.logging === "stderr" || run.logging === "stdoutAndStderr" ? run.log : () => undefined);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout.add(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr.add(text);
  });
  // A command need not read what it is given.
  child.stdin.on("error", () => undefined).end(run.stdin ?? "");
  try {
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (...ending) => {
        resolve(ending);
      });
    });
    run.signal.throwIfAborted();
    const output = { stdout: stdout.end(), stderr: stderr.end() };
    if (code === 0) return output;
    throw new CommandError("here", { ...output, code, ...(signal === null ? {} : { signal }) }, run.logging);
  } finally {
    run.signal.removeEventListener("abort", end);
  }
}
