import { redactCameraSource } from "@edge-vision/messages";
import type { Logger } from "pino";
import type { Picture } from "../jpeg/splitter";
import type { Metrics } from "../server/metrics";
import { type CaptureState, keepCapturing } from "./capture";
import { isToldItsRate, openSource } from "./open-source";

export interface CaptureControlOptions {
  deliver: (picture: Picture) => void;
  onState: (state: CaptureState) => void;
  stateFolder: string;
  metrics: Metrics;
  log: Logger;
}

/** Runs the source that settings name, one at a time. */
export class CaptureControl {
  readonly #options: CaptureControlOptions;
  #abort = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #state: CaptureState = { state: "starting" };
  #running: string | undefined;

  constructor(options: CaptureControlOptions) {
    this.#options = options;
  }

  get state(): CaptureState {
    return this.#state;
  }

  /** Starts this source in place of the one before; `fps` is asked for the rate that is wanted. */
  use(source: string, fps: () => number): void {
    const key = isToldItsRate(source) ? `${source} at ${fps()}` : source;
    if (key === this.#running) return;
    this.#running = key;
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    this.#done = this.#done.then(() => this.#run(source, fps, signal));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #run(source: string, fps: () => number, signal: AbortSignal): Promise<void> {
    const { deliver, log, stateFolder } = this.#options;
    log.info({ source: redactCameraSource(source) }, "capture starts");
    this.#state = { state: "starting" };
    const onState = (state: CaptureState): void => {
      this.#onState(state);
    };
    await keepCapturing({ open: () => openSource(source, fps, stateFolder), deliver, onState }, signal);
  }

  #onState(state: CaptureState): void {
    // Tried again, a source is still the one that failed, until it delivers.
    if (state.state === "starting" && this.#state.state === "failed") return;
    this.#state = state;
    if (state.state === "failed") {
      const { error, retryInSeconds } = state;
      this.#options.metrics.sourceFailures.inc({ code: error.code });
      this.#options.log.error({ code: error.code, retryInSeconds }, error.message);
    }
    this.#options.onState(state);
  }
}
