import type { Detection } from "@edge-vision/messages";
import type { Logger } from "pino";
import { InferenceClient } from "../inference/inference-client";
import type { Metrics } from "../server/metrics";
import { now } from "../spots/moment";
import { AdaptiveRate } from "./adaptive-rate";
import { Dispatcher, type Judged } from "./dispatcher";
import type { DropReason, Frame } from "./frame";
import { FrameRate } from "./frame-rate";

export interface AnalysisOptions {
  endpoint: string;
  token: string | undefined;
  metrics: Metrics;
  log: Logger;
  /** Called in capture order with each frame whose detections are known. */
  onJudged: (frame: Frame, detections: Detection[]) => void;
}

const pool = 4;

/** Gets frames judged by the inference service, as many as wanted and as it can take; the others are counted. */
export class Analysis {
  readonly #options: AnalysisOptions;
  readonly #client: InferenceClient;
  readonly #dispatcher: Dispatcher;
  readonly #thinning = new FrameRate();
  readonly #rate = new AdaptiveRate();
  #wanted = 1;
  #fault: string | undefined;

  constructor(options: AnalysisOptions) {
    this.#options = options;
    const { endpoint, token } = options;
    this.#client = new InferenceClient({ endpoint, token, connections: pool });
    this.#dispatcher = new Dispatcher({
      pool,
      detect: (jpeg) => this.#client.detect(jpeg),
      onJudged: (judged) => {
        this.#onJudged(judged);
      },
    });
  }

  /** Frames that the service has now. */
  get inFlight(): number {
    return this.#dispatcher.inFlight;
  }

  /** Frames a second that are sent now. */
  get rate(): number {
    return this.#rate.current(this.#wanted);
  }

  /** Why the last frame could not be judged; undefined when it could. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Takes a frame of which so many a second are wanted. Returns whether it is judged. */
  offer(frame: Frame, wanted: number): boolean {
    this.#wanted = wanted;
    const { tick } = frame.moment;
    const dropped = this.#thinning.takes(tick, this.rate) ? this.#dispatcher.offer(frame) : "rate";
    if (dropped === undefined) return true;
    if (dropped === "busy") this.#rate.refused(wanted, tick);
    this.#count(dropped);
    return false;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #onJudged(judged: Judged): void {
    const { metrics, log } = this.#options;
    if ("failed" in judged) {
      const { code, message } = judged.failed;
      this.#count(code);
      if (code === "busy") this.#rate.refused(this.#wanted, now().tick);
      // Said once for a row of failures, so that a service that is away does not fill the log.
      if (this.#fault === undefined) log.warn({ code, frame: judged.frame.sequence }, message);
      this.#fault = message;
      return;
    }
    if (this.#fault !== undefined) log.info("the inference service answers again");
    this.#fault = undefined;
    this.#rate.taken(this.#wanted, now().tick);
    metrics.judged.inc();
    metrics.inferenceSeconds.observe(judged.milliseconds / 1000);
    this.#options.onJudged(judged.frame, judged.detections);
  }

  #count(reason: DropReason): void {
    this.#options.metrics.dropped.inc({ reason });
  }
}
