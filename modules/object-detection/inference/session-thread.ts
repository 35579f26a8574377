import type { Detection } from "@edge-vision/messages";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { ModelError, toFailure, type Failure } from "../errors";
import type { Plan } from "../families/family";
import type { Placement } from "../picture/letterbox";
import type { Pixels } from "../picture/tensor";
import type { BackendName } from "../runtime/backend";
import { pictureDone } from "./garbage";
import { probe } from "./probe";
import { DetectionSession, type SessionOptions } from "./session";

/** What a session tells of itself: the part of its plan that crosses threads. */
export interface SessionInfo {
  family: string;
  input: Pick<Plan["input"], "width" | "height" | "fit"> & { description: string };
  labels: number;
  threshold: number;
  iou: number;
  backend: BackendName;
  probeMs: number;
}

interface Task {
  pixels: Pixels;
  placement: Placement;
  threshold: number;
}

type ThreadReport =
  | { type: "loaded"; info: SessionInfo }
  | { type: "refused"; failure: Failure }
  | { type: "found"; detections: Detection[]; inferenceTime: number }
  | { type: "failed"; failure: Failure };

export interface Found {
  detections: Detection[];
  /** Seconds in the model, with preparation of the tensor and reading of the outputs. */
  inferenceTime: number;
}

/** A session in a thread of its own: ONNX Runtime for Node occupies its thread while it runs. */
export class SessionThread {
  #settle: { resolve: (found: Found) => void; reject: (error: Error) => void } | undefined;

  private constructor(
    private readonly worker: Worker,
    readonly info: SessionInfo,
  ) {
    worker.on("message", (report: ThreadReport) => {
      const settle = this.#settle;
      this.#settle = undefined;
      if (report.type === "found") settle?.resolve(report);
      else if (report.type === "failed")
        settle?.reject(Object.assign(new Error(report.failure.message), report.failure));
    });
  }

  /** Loads a model in a new thread and tries it on the probe picture. `entry` is the script of the inference process. */
  static async start(entry: string, options: SessionOptions): Promise<SessionThread> {
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

  get idle(): boolean {
    return this.#settle === undefined;
  }

  /** One picture at a time. */
  async detect(task: Task): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.worker.postMessage(task);
    });
  }
}

/** What the thread itself runs. */
export async function runSessionThread(): Promise<void> {
  const report = (message: ThreadReport): void => parentPort?.postMessage(message);
  let session: DetectionSession;
  try {
    session = await DetectionSession.load(workerData as SessionOptions);
    const probeMs = await probe(session);
    report({ type: "loaded", info: describe(session, probeMs) });
  } catch (error) {
    report({ type: "refused", failure: toFailure(error) });
    return;
  }
  parentPort?.on("message", ({ pixels, placement, threshold }: Task) => {
    const start = performance.now();
    pictureDone();
    session.detect(pixels, placement, threshold).then(
      (detections) => {
        report({ type: "found", detections, inferenceTime: (performance.now() - start) / 1000 });
      },
      (error: unknown) => {
        report({ type: "failed", failure: toFailure(error) });
      },
    );
  });
}

function describe({ plan, labels, threshold, iou, backend }: DetectionSession, probeMs: number): SessionInfo {
  const { width, height, fit, type, channels, layout } = plan.input;
  return {
    family: plan.family,
    input: { width, height, fit, description: `${width}x${height} ${channels} ${layout} ${type}` },
    labels: labels.filter((label) => label !== undefined).length,
    threshold,
    iou,
    backend: backend.name,
    probeMs,
  };
}
