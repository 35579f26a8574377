import type { Logger } from "pino";
import { isPictureFailure, ModelError, toFailure, UnavailableError, type Failure } from "../errors";
import { Dispatcher } from "./dispatcher";
import { InferenceChild } from "./inference-child";
import type { Answer, InferenceOptions, ModelFile, ModelInfo } from "./protocol";

export interface InferenceSettings {
  /** Script of the inference process. */
  entry: string;
  options: InferenceOptions;
  /** Most pictures that wait. */
  queue: number;
  /** Milliseconds for one request. */
  deadline: number;
}

/** What the service can say of its model. */
export type InferenceState =
  | { name: "loading" }
  | { name: "ready"; info: ModelInfo }
  /** The process ended and is being replaced; pictures wait. */
  | { name: "recovering"; info: ModelInfo }
  | { name: "refused"; failure: Failure };

/**
 * Waits before a process that ended is started again, doubling from end to end up to the most. One that has proven
 * itself, by an answer or by its age, is replaced at once.
 */
const firstDelay = 500;
const mostDelay = 30_000;
const provenAfter = 60_000;
/** A model that fails on so many pictures in a row is loaded anew. */
const mostFailures = 3;
/** A picture that is in the model for this long, and for this many times its usual time, has got it stuck. */
const stuckAfter = 10_000;
const stuckFactor = 20;

/**
 * The inference process and its replacement: after its end, when it is stuck, or for another model. The process that
 * serves is replaced only by one that has loaded its model and tried it.
 */
export class Inference {
  #state: InferenceState = { name: "loading" };
  #model: ModelFile | undefined;
  #threshold: number | undefined;
  #current: InferenceChild | undefined;
  readonly #children = new Set<InferenceChild>();
  readonly #dispatcher: Dispatcher;
  readonly #watch: NodeJS.Timeout;
  #startedAt = 0;
  #failedStarts = 0;
  #failuresInRow = 0;
  #ends = 0;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #decided: Promise<void>;
  #decide: () => void = () => undefined;

  constructor(
    private readonly settings: InferenceSettings,
    private readonly log: Logger,
  ) {
    this.#dispatcher = new Dispatcher({ queue: settings.queue, deadline: settings.deadline });
    this.#decided = new Promise((resolve) => (this.#decide = resolve));
    this.#watch = setInterval(() => {
      this.#endStuck();
    }, 1000);
  }

  get state(): InferenceState {
    return this.#state;
  }

  get waiting(): number {
    return this.#dispatcher.waiting;
  }

  get inFlight(): number {
    return this.#dispatcher.inFlight();
  }

  /** Whether the next picture would be refused. */
  get full(): boolean {
    return this.#dispatcher.full;
  }

  /** Lowest score that is reported. */
  get threshold(): number | undefined {
    return this.#threshold ?? ("info" in this.#state ? this.#state.info.threshold : undefined);
  }

  /** Resident memory of all inference processes, in bytes. */
  get residentBytes(): number {
    return [...this.#children].reduce((sum, child) => sum + child.residentBytes, 0);
  }

  /** How many inference processes ended by themselves while they served. */
  get ends(): number {
    return this.#ends;
  }

  /** Process ids of the inference processes. */
  get pids(): number[] {
    return [...this.#children].flatMap(({ pid }) => pid ?? []);
  }

  /** Sets the lowest score to report, for the next picture; `undefined` is the model's own. */
  setThreshold(value: number | undefined): void {
    this.#threshold = value;
    for (const child of this.#children) child.setThreshold(value);
  }

  /** Loads the first model, and keeps trying when it is refused: the file may come later. */
  start(model: ModelFile): void {
    this.#model = model;
    void this.#startChild();
  }

  /** Tells why there is no model to start with. */
  refuse(failure: Failure): void {
    if (this.#state.name !== "loading" && this.#state.name !== "refused") return;
    this.#state = { name: "refused", failure };
    this.#decide();
  }

  /** Resolves when the first model is loaded or refused. */
  async decided(): Promise<void> {
    return this.#decided;
  }

  /**
   * Replaces the model without losing a request: the new one is loaded and tried in a process of its own while the old
   * one serves.
   *
   * @throws ModelError why the new model is refused; the old one stays
   */
  async swap(model: ModelFile): Promise<ModelInfo> {
    const { child, info } = await this.#load(model);
    this.#model = model;
    this.#takeCharge(child, info);
    return info;
  }

  /**
   * What the model finds in a picture.
   *
   * @throws UnavailableError | AbandonedError | PictureError | InferenceError as {@link Dispatcher.submit}
   */
  async detect(picture: Buffer, signal?: AbortSignal): Promise<Answer> {
    if (this.#closed) throw new UnavailableError("SHUTTING_DOWN", "the service is shutting down");
    if (this.#state.name === "loading") throw new UnavailableError("NOT_READY", "the model is still being loaded");
    if (this.#state.name === "refused") throw new UnavailableError("NOT_READY", this.#state.failure.message);
    return this.#dispatcher.submit(picture, signal);
  }

  /** Ends all processes. Requests should have been answered before. */
  close(): void {
    this.#closed = true;
    this.#decide();
    clearInterval(this.#watch);
    clearTimeout(this.#restart);
    this.#dispatcher.rejectWaiting(new UnavailableError("SHUTTING_DOWN", "the service is shutting down"));
    for (const child of this.#children) child.kill();
  }

  async #startChild(): Promise<void> {
    const model = this.#model as ModelFile;
    try {
      const { child, info } = await this.#load(model);
      if (model === this.#model) this.#takeCharge(child, info);
      else child.kill();
    } catch (error) {
      if (this.#closed || model !== this.#model) return;
      const failure = toFailure(error);
      this.log.error({ code: failure.code }, failure.message);
      this.#failedStarts++;
      this.#state = { name: "refused", failure };
      this.#decide();
      this.#dispatcher.rejectWaiting(new UnavailableError("NOT_READY", failure.message));
      this.#restartLater();
    }
  }

  async #load(model: ModelFile): Promise<{ child: InferenceChild; info: ModelInfo }> {
    const child = new InferenceChild(this.settings.entry, {
      answered: (id, answer) => {
        this.#failuresInRow = 0;
        this.#failedStarts = 0;
        this.#dispatcher.answered(child, id, answer);
        this.#endDrained();
      },
      failed: (id, failure) => {
        this.#dispatcher.failed(child, id, failure);
        if (child === this.#current) this.#countFailure(child, failure);
        this.#endDrained();
      },
      exited: (reason) => {
        this.#exited(child, reason);
      },
    });
    this.#children.add(child);
    try {
      const info = await child.load(model, this.settings.options, this.#threshold);
      if (this.#closed) throw new ModelError("INFERENCE_LOST", "the service is shutting down");
      return { child, info };
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  #takeCharge(child: InferenceChild, info: ModelInfo): void {
    clearTimeout(this.#restart);
    child.setThreshold(this.#threshold);
    this.#current = child;
    this.#startedAt = performance.now();
    this.#state = { name: "ready", info };
    this.#decide();
    this.log.info({ model: info, inferencePid: child.pid }, "model ready");
    this.#dispatcher.attach(child, 2 * info.sessions);
    this.#endDrained();
  }

  /** Ends processes that were replaced and have answered all they had. */
  #endDrained(): void {
    if (!this.#current) return;
    for (const child of this.#children) {
      if (child !== this.#current && child.loaded && this.#dispatcher.inFlight(child) === 0) child.kill();
    }
  }

  #exited(child: InferenceChild, reason: string): void {
    this.#children.delete(child);
    this.#dispatcher.lost(child, reason);
    if (child !== this.#current || this.#closed) return;
    this.#current = undefined;
    this.#ends++;
    this.log.error({ reason }, "inference process lost; starting another");
    if (this.#state.name === "ready") this.#state = { name: "recovering", info: this.#state.info };
    if (performance.now() - this.#startedAt > provenAfter) this.#failedStarts = 0;
    this.#restartLater();
    this.#failedStarts++;
  }

  /** Faulty pictures are the client's; other failures in a row are the model's. */
  #countFailure(child: InferenceChild, failure: Failure): void {
    if (isPictureFailure(failure)) return;
    this.log.error({ code: failure.code }, failure.message);
    if (++this.#failuresInRow < mostFailures) return;
    this.#failuresInRow = 0;
    child.kill();
  }

  #restartLater(): void {
    const delay = this.#failedStarts === 0 ? 0 : Math.min(mostDelay, firstDelay * 2 ** (this.#failedStarts - 1));
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => {
      void this.#startChild();
    }, delay);
  }

  #endStuck(): void {
    if (!this.#current || this.#state.name !== "ready") return;
    const oldest = this.#dispatcher.oldest(this.#current);
    const { probeMs, sessions } = this.#state.info;
    const limit = Math.max(stuckAfter, stuckFactor * probeMs * sessions);
    if (oldest === undefined || performance.now() - oldest < limit) return;
    this.log.error({ limit }, "a picture is stuck in the model; ending its process");
    this.#current.kill();
  }
}
