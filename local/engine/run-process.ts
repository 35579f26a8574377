import { spawn } from "node:child_process";
import { EngineProcessError } from "./errors";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Milliseconds until the process and its children are ended. */
  timeout?: number;
  /** Called with each line of stderr. */
  onLine?: (line: string) => void;
}

/** What a failed process said last is what explains the failure. */
const keptLines = 12;

/**
 * Runs a program in a process group of its own and resolves with its stdout. Abort and time limit end the whole
 * group, so that compilers and shells do not outlive their parent.
 *
 * @throws {EngineProcessError} it cannot start, takes too long or ends with another code than 0
 */
export async function runProcess(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = (): void => {
    endGroup(child.pid);
  };
  options.signal?.addEventListener("abort", end, { once: true });
  const state = { late: false };
  const timer =
    options.timeout === undefined
      ? undefined
      : setTimeout(() => {
          state.late = true;
          end();
        }, options.timeout);

  const tail: string[] = [];
  const lines = splitLines((line) => {
    tail.push(line);
    if (tail.length > keptLines) tail.shift();
    options.onLine?.(line);
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", lines);

  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }).catch((error: unknown) => {
      throw new EngineProcessError(`${command} does not start`, (error as NodeJS.ErrnoException).code ?? String(error));
    });
    options.signal?.throwIfAborted();
    if (state.late) throw new EngineProcessError(`${command} took longer than ${(options.timeout ?? 0) / 1000} s`, "");
    if (code !== 0) throw new EngineProcessError(`${command} ended with code ${code ?? "none"}`, tail.join("\n"));
    return stdout;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", end);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const [signal, delay] of [
    ["SIGTERM", 0],
    ["SIGKILL", 2000],
  ] as const) {
    setTimeout(() => {
      try {
        process.kill(-pid, signal);
      } catch {
        // The group is gone already.
      }
    }, delay).unref();
  }
}

function splitLines(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onLine(line.trimEnd());
  };
}
