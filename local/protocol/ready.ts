import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** What a long-running process tells its supervisor, as one line of JSON on stdout, when it can be used. */
export interface ReadyLine {
  ready: true;
  ports: Record<string, number>;
  [detail: string]: unknown;
}

/** A service that is up: what it announces and how it ends. */
export interface RunningService {
  /** Announced beside `ready: true`. */
  ready: { ports: Record<string, number>; [detail: string]: unknown };
  /** Called once, on SIGTERM, SIGINT or when the parent is gone. */
  close(): Promise<void>;
}

export interface RunServiceOptions {
  /** Stands before the message when the service cannot start. */
  name: string;
  /** End when stdin closes, so that a killed supervisor leaves no orphan. @default false */
  withParent?: boolean;
  /** Starts the service; a rejection ends the process with exit code 1 and one line on stderr. */
  start(): Promise<RunningService>;
  /** Time for `close`, in milliseconds, before the process ends anyway. @default 4500 */
  closeTimeoutMs?: number;
}

const defaultCloseTimeoutMs = 4500;

/**
 * The main function of every process of the local world: starts the service, prints the ready line, and ends on SIGTERM,
 * SIGINT or with its parent. A signal that comes while the service still starts ends the process at once.
 */
export async function runService(options: RunServiceOptions): Promise<void> {
  let service: RunningService | undefined;
  let ending = false;

  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    if (service === undefined) process.exit(code);
    setTimeout(() => process.exit(1), options.closeTimeoutMs ?? defaultCloseTimeoutMs).unref();
    service.close().then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`${options.name}: ${describe(error)}\n`);
        process.exit(1);
      },
    );
  };

  process.once("SIGTERM", () => {
    end(0);
  });
  process.once("SIGINT", () => {
    end(0);
  });
  if (options.withParent === true) {
    process.stdin.once("error", () => {
      end(0);
    });
    process.stdin.once("close", () => {
      end(0);
    });
    process.stdin.resume();
  }
  // The supervisor may be gone while a line is written.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);

  try {
    service = await options.start();
  } catch (error) {
    process.stderr.write(`${options.name}: ${describe(error)}\n`);
    process.exit(1);
  }
  process.stdout.write(`${JSON.stringify({ ready: true, ...service.ready })}\n`);
}

function describe(error: unknown): string {
  const { code, port, message } = error as { code?: unknown; port?: unknown; message?: unknown };
  if (code === "EADDRINUSE") {
    return `Port ${String(port)} is in use by another process. End that process or choose another port.`;
  }
  return (typeof message === "string" ? message : String(error)).replace(/\s*\n\s*/g, " ");
}

/** The process ended, or the time was over, before the ready line came. `code` is `SERVICE_NOT_READY`. */
export class ServiceNotReadyError extends Error {
  override readonly name = "ServiceNotReadyError";
  readonly code = "SERVICE_NOT_READY";
}

const keptErrorLines = 20;

/**
 * Waits for the ready line of a child that was started with piped stdout. Lines before it are ignored. When stderr is
 * piped too, its last lines stand in the error.
 *
 * @throws ServiceNotReadyError
 */
export function waitForReady(child: ChildProcess, { timeoutMs = 30_000 } = {}): Promise<ReadyLine> {
  const { stdout, stderr } = child;
  if (stdout === null) throw new ServiceNotReadyError("The ready line can only be read when stdout is piped.");

  return new Promise((resolve, reject) => {
    const errorLines: string[] = [];
    const lines = createInterface({ input: stdout });
    const errors = stderr === null ? undefined : createInterface({ input: stderr });
    const timer = setTimeout(() => {
      settle(() => {
        reject(new ServiceNotReadyError(`No ready line within ${timeoutMs} ms.${said()}`));
      });
    }, timeoutMs);

    const said = (): string => (errorLines.length === 0 ? "" : ` It said: ${errorLines.join(" | ")}`);
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      lines.removeAllListeners("line");
      errors?.removeAllListeners("line");
      child.removeListener("close", onClose);
      child.removeListener("error", onError);
      then();
    };
    const onClose = (code: number | null, signal: string | null): void => {
      settle(() => {
        const how = signal === null ? `with exit code ${String(code)}` : `by ${signal}`;
        reject(new ServiceNotReadyError(`The process ended ${how} before it was ready.${said()}`));
      });
    };
    const onError = (error: Error): void => {
      settle(() => {
        reject(new ServiceNotReadyError(`The process could not be started: ${error.message}`));
      });
    };

    errors?.on("line", (line) => {
      errorLines.push(line);
      if (errorLines.length > keptErrorLines) errorLines.shift();
    });
    lines.on("line", (line) => {
      const ready = parseReadyLine(line);
      if (ready === undefined) return;
      settle(() => {
        resolve(ready);
      });
    });
    child.once("close", onClose);
    child.once("error", onError);
  });
}

function parseReadyLine(line: string): ReadyLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as Partial<ReadyLine>;
    return value.ready === true && typeof value.ports === "object" ? (value as ReadyLine) : undefined;
  } catch {
    return undefined;
  }
}
