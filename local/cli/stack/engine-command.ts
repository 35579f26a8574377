import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { PulumiCommand, type CommandError } from "@pulumi/pulumi/automation";
import * as automationErrors from "@pulumi/pulumi/automation/errors";
import { identityOf, isRunning, type ProcessIdentity } from "../process-identity";
import { readState, writeState } from "../state-file";

interface CommandOutcome {
  stdout: string;
  stderr: string;
  code: number;
}

// The Automation API tells stacks that are missing from other faults by these errors' classes.
const { createCommandError } = automationErrors as unknown as {
  createCommandError: (outcome: CommandOutcome) => CommandError;
};

const graceAfterInterrupt = 20_000;
const graceAfterCancel = 5_000;

/**
 * The Pulumi CLI for the Automation API, in a process group of its own: a terminal's Ctrl-C reaches the command alone,
 * which then asks the engine once to stop, and waits for it. Asked twice, the engine would drop what it is doing and
 * leave half-made resources. The running engine is recorded, so that one whose command was killed is found again.
 */
export class EngineCommand {
  private constructor(
    private readonly command: string,
    private readonly record: string,
    private readonly interrupted: AbortSignal,
  ) {}

  /**
   * @param file the CLI, `…/bin/pulumi`
   * @param record where the running engine is recorded
   */
  static async create(file: string, record: string, interrupted: AbortSignal): Promise<PulumiCommand> {
    const command = await PulumiCommand.get({ root: path.dirname(path.dirname(file)) });
    const engine = new EngineCommand(file, record, interrupted);
    return Object.assign(command, { run: engine.run.bind(engine) });
  }

  /** Called by the Automation API for each command. */
  private async run(
    args: string[],
    cwd: string,
    env: Record<string, string>,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
  ): Promise<CommandOutcome> {
    this.interrupted.throwIfAborted();
    const child = spawn(this.command, [...args, "--non-interactive"], {
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        ...env,
        // The engine finds the plugins that came with it beside itself; what the caller put on PATH comes first.
        PATH: [env["PATH"] ?? process.env["PATH"], path.dirname(this.command)].join(path.delimiter),
        PULUMI_AUTOMATION_API: "true",
      },
    });
    const pid = child.pid;
    const identity = pid === undefined ? undefined : identityOf(pid);
    if (identity) writeState(this.record, identity);
    const stopAsking = this.askToStop(pid);
    const outcome: CommandOutcome = { stdout: "", stderr: "", code: -2 };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      outcome.stdout += text;
      onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      outcome.stderr += text;
      onError?.(text);
    });
    try {
      outcome.code = await new Promise<number>((resolve, reject) => {
        child.once("error", reject).once("close", (code) => {
          resolve(code ?? -2);
        });
      });
    } finally {
      stopAsking();
      // Plugins of an engine that did not end by itself.
      signalGroup(pid, "SIGKILL");
      rmSync(this.record, { force: true });
    }
    this.interrupted.throwIfAborted();
    if (outcome.code !== 0) throw createCommandError(outcome);
    return outcome;
  }

  private askToStop(pid: number | undefined): () => void {
    const timers: NodeJS.Timeout[] = [];
    const ask = (): void => {
      if (pid === undefined) return;
      process.kill(pid, "SIGINT");
      timers.push(
        setTimeout(() => process.kill(pid, "SIGINT"), graceAfterInterrupt),
        setTimeout(() => {
          signalGroup(pid, "SIGKILL");
        }, graceAfterInterrupt + graceAfterCancel),
      );
    };
    this.interrupted.addEventListener("abort", ask, { once: true });
    return () => {
      this.interrupted.removeEventListener("abort", ask);
      timers.forEach(clearTimeout);
    };
  }
}

/** Ends an engine that outlived the command that had started it: nobody listens to it any more. */
export async function endLeftEngine(record: string): Promise<void> {
  const identity = readState(record) as ProcessIdentity | undefined;
  if (identity && isRunning(identity)) {
    process.kill(identity.pid, "SIGINT");
    const deadline = Date.now() + graceAfterCancel;
    while (isRunning(identity) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    if (isRunning(identity)) signalGroup(identity.pid, "SIGKILL");
  }
  rmSync(record, { force: true });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
