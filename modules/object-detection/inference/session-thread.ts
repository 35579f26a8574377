import { parentPort, Worker, workerData } from "node:worker_threads";
import { ModelError, toFailure, type Failure } from "../errors";
import type { ModelCard } from "../model/card";
import type { Signature } from "../model/signature";
import type { BackendName } from "../runtime/backend";
import { Interpreter, type Tensors } from "./interpreter";
import { probe } from "./probe";
import { ModelSession, type SessionOptions } from "./session";

/** What a thread tells of the model that it loaded. */
export interface SessionInfo {
  signature: Signature;
  backend: BackendName;
  probeMs: number;
}

export interface Ran {
  outputs: Tensors;
  /** The inputs again: their memory can be used for another picture. */
  inputs: Tensors;
  /** Seconds in the model. */
  time: number;
}

type ThreadReport =
  | { type: "loaded"; info: SessionInfo }
  | { type: "refused"; failure: Failure }
  | ({ type: "ran" } & Ran)
  | { type: "failed"; failure: Failure };

interface Waiting {
  resolve: (ran: Ran) => void;
  reject: (error: Error) => void;
}

/**
 * A session in a thread of its own: ONNX Runtime for Node occupies its thread while it runs. That thread does nothing
 * else, and may have its next inputs before it has answered: all cores of a session that has them wait for it.
 */
export class SessionThread {
  readonly #waiting: Waiting[] = [];

  private constructor(
    private readonly worker: Worker,
    readonly info: SessionInfo,
  ) {
    worker.on("message", (report: ThreadReport) => {
      const first = this.#waiting.shift();
      if (report.type === "ran") first?.resolve(report);
      else if (report.type === "failed")
        first?.reject(Object.assign(new Error(report.failure.message), report.failure));
    });
  }

  /** Loads a model in a new thread and tries it on the probe picture. `entry` is the script of the inference process. */
  static async start(entry: string, options: SessionOptions & { card: ModelCard }): Promise<SessionThread> {
    const worker = new Worker(entry, { workerData: options });
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", (report: ThreadReport) => {
        worker.off("error", reject);
        if (report.type === "loaded") resolve(new SessionThread(worker, report.info));
        else if (report.type === "refused") {
          reject(new ModelError(report.failure.code as ModelError["code"], report.failure.message));
        }
      });
    });
  }

  /** How many inputs it has been given and not answered yet. */
  get tasks(): number {
    return this.#waiting.length;
  }

  /** Runs the model. The inputs' memory is given away; see {@link Ran}. */
  async run(inputs: Tensors): Promise<Ran> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.worker.postMessage(inputs, memory(inputs));
    });
  }
}

/** What the thread itself runs. */
export async function runSessionThread(): Promise<void> {
  const options = workerData as SessionOptions & { card: ModelCard };
  let session: ModelSession;
  try {
    session = await ModelSession.load(options);
    const { signature, backend } = session;
    const probeMs = await probe(session, new Interpreter(signature, options.card));
    report({ type: "loaded", info: { signature, backend, probeMs } });
  } catch (error) {
    report({ type: "refused", failure: toFailure(error) });
    return;
  }
  const run = async (inputs: Tensors): Promise<void> => {
    const start = performance.now();
    try {
      const outputs = await session.run(inputs);
      const time = (performance.now() - start) / 1000;
      report({ type: "ran", outputs, inputs, time }, [...memory(outputs), ...memory(inputs)]);
    } catch (error) {
      report({ type: "failed", failure: toFailure(error) });
    }
  };
  let last = Promise.resolve();
  parentPort?.on("message", (inputs: Tensors) => {
    last = last.then(async () => run(inputs));
  });
}

function report(message: ThreadReport, transferred: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transferred);
}

/** What is handed over to another thread instead of being copied. */
function memory(tensors: Tensors): ArrayBuffer[] {
  return Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
}
