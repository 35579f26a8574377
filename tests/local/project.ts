import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StatusReport } from "../../local/cli/commands/status";
import { processesOf } from "./processes";

const repository = path.resolve(__dirname, "..", "..");

/** What of the repository a user's checkout has, and what `npm ci` makes of it. */
const parts = ["footage", "infra", "local", "manifest", "models", "modules", "monitor", "provider", "package.json"];

/** How a command ended. */
export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** A started command. */
export interface Running {
  child: ChildProcess;
  /** All that it wrote so far. */
  text: () => string;
  ended: Promise<Outcome>;
}

/**
 * A checkout of its own in a temporary folder, built, with the repository's packages from the registry: a test may edit
 * it, and everything that runs there can be told from anything else by its folder.
 */
export class Project {
  readonly root = mkdtempSync(path.join(os.tmpdir(), "ev-"));
  /** The last thing that was asked for, for the report of a failure. */
  private readonly history: string[] = [];

  constructor() {
    const settings = readdirSync(repository).filter((name) => /^Pulumi(\..+)?\.yaml$/.test(name));
    for (const part of [...parts, ...settings]) {
      cpSync(path.join(repository, part), path.join(this.root, part), {
        recursive: true,
        filter: (source) => path.basename(source) !== "node_modules",
      });
    }
    this.linkPackages();
  }

  /** A path inside the checkout. */
  at(...names: string[]): string {
    return path.join(this.root, ...names);
  }

  /** Starts the command as a user would, in a process group of its own like a shell's job. */
  start(...args: string[]): Running {
    const begun = Date.now();
    this.history.push(`edge-vision ${args.join(" ")}`);
    const child = spawn(process.execPath, [this.at("local", "bin", "edge-vision.js"), ...args], {
      cwd: this.root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", CI: "1" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<Outcome>((resolve) => {
      child.once("close", (code, signal) => {
        resolve({ code, signal, stdout, stderr, seconds: (Date.now() - begun) / 1_000 });
      });
    });
    return { child, text: () => stdout + stderr, ended };
  }

  /** Runs the command to its end. */
  run(...args: string[]): Promise<Outcome> {
    return this.start(...args).ended;
  }

  /** Runs the command and expects exit code 0. */
  async succeed(...args: string[]): Promise<Outcome> {
    const outcome = await this.run(...args);
    if (outcome.code !== 0) {
      throw new Error(
        `edge-vision ${args.join(" ")} ended with ${String(outcome.code)}\n${outcome.stdout}\n${outcome.stderr}\n${this.diagnosis()}`,
      );
    }
    return outcome;
  }

  /** `status --json`. */
  async status(): Promise<StatusReport> {
    const { stdout, stderr } = await this.run("status", "--json");
    if (stdout === "") throw new Error(`status printed nothing: ${stderr}\n${this.diagnosis()}`);
    return JSON.parse(stdout) as StatusReport;
  }

  /** Replaces a text that stands once in a file of the checkout. */
  edit(file: string, from: string, to: string): void {
    const content = readFileSync(this.at(file), "utf8");
    if (content.split(from).length !== 2) throw new Error(`${file} does not hold ${from} exactly once`);
    writeFileSync(this.at(file), content.replace(from, to));
  }

  /** Puts a text before all else in a file of the checkout. */
  prepend(file: string, text: string): void {
    writeFileSync(this.at(file), text + readFileSync(this.at(file), "utf8"));
  }

  /**
   * Waits until something is the case.
   *
   * @throws with the last status and the ends of all logs, when it never is
   */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seconds = 120): Promise<T> {
    const deadline = Date.now() + seconds * 1_000;
    for (;;) {
      const value = await look();
      if (value !== undefined) return value;
      if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}\n${this.diagnosis()}`);
      await sleep(250);
    }
  }

  /** What a reader of a failed run needs: the states and the ends of all logs. */
  diagnosis(): string {
    const state = this.at(".edge-vision");
    const files = existsSync(state) ? readdirSync(state, { recursive: true }).map(String) : [];
    const told = files
      .filter((name) => name.endsWith(".log") || name.endsWith("status.json") || name === "supervisor.json")
      .map((name) => `--- ${name}\n${readFileSync(path.join(state, name), "utf8").split("\n").slice(-25).join("\n")}`);
    const running = processesOf(this.root).map(({ pid, command }) => `${pid} ${command}`);
    return [`ran: ${this.history.join("; ")}`, `processes:\n${running.join("\n")}`, ...told].join("\n");
  }

  /** Ends everything that runs in the checkout and removes it. */
  async remove(): Promise<void> {
    await this.run("down", "--purge");
    for (const { pid } of processesOf(this.root)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended in the meantime.
      }
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  // The workspaces are the checkout's own, everything else is the repository's.
  private linkPackages(): void {
    const installed = path.join(repository, "node_modules");
    const own = this.at("node_modules");
    mkdirSync(path.join(own, "@edge-vision"), { recursive: true });
    for (const name of readdirSync(installed)) {
      if (name !== "@edge-vision") symlinkSync(path.join(installed, name), path.join(own, name));
    }
    const { workspaces } = createRequire(__filename)(this.at("package.json")) as { workspaces: string[] };
    for (const workspace of workspaces) {
      const { name } = createRequire(__filename)(this.at(workspace, "package.json")) as { name: string };
      symlinkSync(this.at(workspace), path.join(own, name));
      const nested = path.join(repository, workspace, "node_modules");
      if (existsSync(nested)) symlinkSync(nested, this.at(workspace, "node_modules"));
    }
  }
}
