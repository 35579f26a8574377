import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { JpegSplitter, type Picture } from "../jpeg/splitter";
import { type FrameSource, SourceError } from "./frame-source";

export interface ProcessSourceOptions {
  /** What the source is called in messages, without credentials. */
  name: string;
  /** Programs that can do it, best first; each is looked up in PATH. */
  programs: readonly string[];
  arguments: readonly string[];
  /** What the missing programs are a part of, for the message. */
  install: string;
  /** Device files that must be there. */
  devices?: readonly string[];
  /** Written to the program's input: what must not stand on a command line, where every process can read it. */
  input?: string;
  /** What must not appear in messages. */
  secrets?: readonly string[];
  /** A program that ends well has come to the end, as with a clip. @default false */
  mayEnd?: boolean;
}

const keptErrorLines = 4;
const killAfterMilliseconds = 2000;

/** Pictures from a program that writes JPEG after JPEG to its output, as camera tools and ffmpeg do. */
export class ProcessSource implements FrameSource {
  readonly #options: ProcessSourceOptions;

  constructor(options: ProcessSourceOptions) {
    this.#options = options;
  }

  async run(deliver: (picture: Picture) => void, signal: AbortSignal): Promise<void> {
    await this.#checkDevices();
    const { program, child } = await this.#start();
    const stop = (): void => {
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), killAfterMilliseconds).unref();
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const errors = new LastLines(keptErrorLines);
    const splitter = new JpegSplitter();
    let count = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      for (const picture of splitter.push(chunk)) {
        if (signal.aborted) return;
        count += 1;
        deliver(picture);
      }
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      errors.push(chunk.toString());
    });
    const [code, killed] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    signal.removeEventListener("abort", stop);
    if (signal.aborted) return;
    if (code === 0 && this.#options.mayEnd && count > 0) return;
    const how = killed ? `was ended by ${killed}` : `ended with code ${code ?? 0}`;
    const { name } = this.#options;
    const said = this.#withoutSecrets(errors.text);
    throw new SourceError(
      count === 0 ? "SOURCE_REFUSED" : "SOURCE_BROKEN",
      `${name}: ${program} ${how} after ${count} pictures${said === "" ? "" : `: ${said}`}`,
    );
  }

  async #checkDevices(): Promise<void> {
    for (const device of this.#options.devices ?? []) {
      try {
        await access(device);
      } catch (error) {
        throw new SourceError(
          "SOURCE_NOT_FOUND",
          `${this.#options.name}: the device ${device} is not there or not allowed (${(error as NodeJS.ErrnoException).code ?? ""}). ` +
            "Check the cable, and that the module's createOptions map the device.",
        );
      }
    }
  }

  async #start(): Promise<{ program: string; child: ChildProcess }> {
    const { programs, input, name, install } = this.#options;
    for (const program of programs) {
      // Nothing of the module's environment but the way to programs: it may hold tokens.
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: "C.UTF-8" };
      const child = spawn(program, [...this.#options.arguments], { stdio: ["pipe", "pipe", "pipe"], env });
      child.stdin.on("error", () => undefined);
      try {
        await once(child, "spawn");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
        throw new SourceError("SOURCE_REFUSED", `${name}: ${program} cannot be started: ${(error as Error).message}`);
      }
      child.stdin.end(input);
      return { program, child };
    }
    throw new SourceError(
      "SOURCE_TOOL_MISSING",
      `${name}: ${programs.join(" or ")} is not installed. It is part of ${install}.`,
    );
  }

  #withoutSecrets(text: string): string {
    return (this.#options.secrets ?? []).reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
  }
}

/** The last lines of a text that comes in pieces. */
class LastLines {
  readonly #count: number;
  #lines: string[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  push(text: string): void {
    const [first = "", ...rest] = text.slice(-10_000).split(/[\r\n]+/);
    this.#lines = [...this.#lines.slice(0, -1), (this.#lines.at(-1) ?? "") + first, ...rest].slice(-this.#count - 1);
  }

  get text(): string {
    return this.#lines
      .filter((line) => line.trim() !== "")
      .join("; ")
      .slice(-500);
  }
}
