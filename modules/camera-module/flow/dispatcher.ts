import type { Detection } from "@edge-vision/messages";
import { InferenceError } from "../inference/inference-client";
import { CaptureOrder } from "./capture-order";
import type { DropReason, Frame } from "./frame";

/** What became of a frame that was sent to inference. */
export type Judged =
  { frame: Frame; detections: Detection[]; milliseconds: number } | { frame: Frame; failed: InferenceError };

export interface DispatcherOptions {
  /** @throws InferenceError */
  detect: (jpeg: Buffer) => Promise<Detection[]>;
  /** Called in capture order. */
  onJudged: (judged: Judged) => void;
  /** Requests in flight at the same time. @default 4 */
  pool?: number;
  /** Monotonic milliseconds. @default performance.now */
  now?: () => number;
}

/**
 * Sends frames to inference and never waits: a frame that comes while all requests of the pool are in flight is
 * dropped, so that the next one that is sent is always the newest.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #pool: number;
  readonly #now: () => number;
  readonly #order: CaptureOrder<Judged>;
  #inFlight = 0;
  #pausedUntil = -Infinity;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#pool = options.pool ?? 4;
    this.#now = options.now ?? (() => performance.now());
    this.#order = new CaptureOrder(options.onJudged);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Sends the frame, or says why not. */
  offer(frame: Frame): Extract<DropReason, "busy" | "paused"> | undefined {
    if (this.#now() < this.#pausedUntil) return "paused";
    if (this.#inFlight >= this.#pool) return "busy";
    this.#inFlight += 1;
    void this.#judge(frame, this.#order.begin());
    return undefined;
  }

  async #judge(frame: Frame, settle: (judged: Judged) => void): Promise<void> {
    const started = this.#now();
    let judged: Judged;
    try {
      const detections = await this.#options.detect(frame.jpeg);
      judged = { frame, detections, milliseconds: this.#now() - started };
    } catch (error) {
      const failed = error instanceof InferenceError ? error : new InferenceError("failed", String(error));
      this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + failed.retryAfterMilliseconds);
      judged = { frame, failed };
    }
    this.#inFlight -= 1;
    settle(judged);
  }
}
