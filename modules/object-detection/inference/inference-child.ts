import { fork, type ChildProcess } from "node:child_process";
import { setPriority } from "node:os";
import type { Writable } from "node:stream";
import { ModelError, type Failure } from "../errors";
import { writeFrame } from "./frames";
import {
  frameDescriptor,
  type Answer,
  type Command,
  type InferenceOptions,
  type ModelFile,
  type ModelInfo,
  type Report,
} from "./protocol";

export interface ChildEvents {
  answered(id: number, answer: Answer): void;
  failed(id: number, failure: Failure): void;
  /** The process is gone, for whatever reason. Comes once, and nothing after it. */
  exited(reason: string): void;
}

/** How often the process is asked for a sign of life, and how many questions may stay without answer. */
const pingInterval = 500;
const mostMissedPings = 5;
/** The same while the process starts and has given no sign of life yet: a minute. */
const mostMissedAtStart = 120;

/**
 * What loading a model and decoding pictures took goes back to the system instead of being kept for each thread: 45 MB
 * less for a model of 15 MB. Blocks below 4 MB, of which each picture takes some, are still reused.
 */
const allocator = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "4194304", MALLOC_TRIM_THRESHOLD_: "4194304" };

/** The service's end of one inference process. */
export class InferenceChild {
  /** Resident memory that the process reported last, in bytes. */
  residentBytes = 0;
  /** Whether the model is loaded and tried. */
  loaded = false;
  readonly #process: ChildProcess;
  readonly #frames: Writable;
  #missedPings = 0;
  #started = false;
  #pings: NodeJS.Timeout | undefined;
  #onLoaded: { resolve: (info: ModelInfo) => void; reject: (error: Error) => void } | undefined;

  constructor(
    entry: string,
    private readonly events: ChildEvents,
  ) {
    this.#process = fork(entry, [], {
      stdio: ["ignore", "inherit", "inherit", "ipc", "pipe"],
      env: { ...inherited(), ...allocator, ORT_DISABLE_TELEMETRY: "1" },
      execArgv: ["--max-semi-space-size=1", "--expose-gc"],
    });
    giveWay(this.#process.pid);
    this.#frames = this.#process.stdio[frameDescriptor] as Writable;
    // A process that dies while it is written to is reported by its exit.
    this.#frames.on("error", () => undefined);
    this.#process.on("error", () => undefined);
    this.#process.on("message", (report: Report) => {
      this.#receive(report);
    });
    this.#process.once("exit", (code, signal) => {
      this.#exited(signal === null ? `with code ${code ?? "unknown"}` : `by ${signal}`);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Loads a model and tries it.
   *
   * @throws ModelError why the model is refused, or `INFERENCE_LOST` when the process ended over it
   */
  async load(model: ModelFile, options: InferenceOptions, threshold: number | undefined): Promise<ModelInfo> {
    const loaded = new Promise<ModelInfo>((resolve, reject) => (this.#onLoaded = { resolve, reject }));
    this.#send({ type: "load", model, options, threshold });
    this.#pings = setInterval(() => {
      this.#ping();
    }, pingInterval);
    return loaded;
  }

  detect(id: number, picture: Buffer): void {
    writeFrame(this.#frames, id, picture);
  }

  cancel(id: number): void {
    this.#send({ type: "cancel", id });
  }

  setThreshold(value: number | undefined): void {
    this.#send({ type: "threshold", value });
  }

  /** Ends the process at once. It has no state, so there is nothing to ask it for. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #send(command: Command): void {
    if (this.#process.connected) this.#process.send(command, () => undefined);
  }

  #ping(): void {
    if (this.#missedPings >= (this.#started ? mostMissedPings : mostMissedAtStart)) {
      this.kill();
      return;
    }
    this.#missedPings++;
    this.#send({ type: "ping" });
  }

  #receive(report: Report): void {
    switch (report.type) {
      case "ready":
        this.loaded = true;
        this.#onLoaded?.resolve(report.info);
        break;
      case "refused":
        this.#onLoaded?.reject(new ModelError(report.failure.code as ModelError["code"], report.failure.message));
        break;
      case "answer":
        this.events.answered(report.id, report.answer);
        break;
      case "failed":
        this.events.failed(report.id, report.failure);
        break;
      case "pong":
        this.#missedPings = 0;
        this.#started = true;
        this.residentBytes = report.residentBytes;
        break;
    }
  }

  #exited(reason: string): void {
    clearInterval(this.#pings);
    this.#onLoaded?.reject(
      new ModelError("INFERENCE_LOST", `the inference process ended ${reason} while it loaded the model`),
    );
    this.events.exited(`the inference process ended ${reason}`);
  }
}

/** Inference takes all the cores it can get: the listener, and the other modules of the device, come first. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, 5);
  } catch {
    // The process has ended already: its exit is reported.
  }
}

/** The process needs none of the service's settings, and it reads pictures from strangers: it gets no secrets. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    ["PATH", "HOME", "LANG", "NODE_PATH", "LD_LIBRARY_PATH"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
