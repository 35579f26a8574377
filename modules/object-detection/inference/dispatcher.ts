import { AbandonedError, InferenceError, pictureFailure, UnavailableError, type Failure } from "../errors";
import type { Answer } from "./protocol";

/** Whoever can look at pictures: an inference process. */
export interface Detector {
  detect(id: number, picture: Buffer): void;
  cancel(id: number): void;
}

interface Job {
  id: number;
  picture: Buffer;
  /** How many detectors ended while they had this picture. */
  losses: number;
  settle(outcome: Answer | Error): void;
  sentAt: number;
}

/** Ends that a picture may bring about before it is given up. */
const mostLosses = 2;

/**
 * The bounded queue of pictures. The detector in charge gets as many as it can have in flight; a detector that was
 * replaced still answers those it has. Pictures of a detector that ended are looked at again, one at a time, so that a
 * picture that ends detectors cannot take others with it.
 */
export class Dispatcher {
  #nextId = 1;
  #waiting: Job[] = [];
  readonly #flying = new Map<Detector, Map<number, Job>>();
  #inCharge: { detector: Detector; window: number } | undefined;

  constructor(
    private readonly limits: {
      /** Most pictures that wait for a detector. */
      queue: number;
      /** Milliseconds after which a request is answered with `DEADLINE_EXCEEDED`. */
      deadline: number;
    },
  ) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get full(): boolean {
    return this.#waiting.length >= this.limits.queue;
  }

  /** How many pictures a detector has; all detectors' when none is named. */
  inFlight(detector?: Detector): number {
    if (detector) return this.#flying.get(detector)?.size ?? 0;
    return [...this.#flying.values()].reduce((sum, jobs) => sum + jobs.size, 0);
  }

  /** When the oldest picture in flight was handed to this detector; `undefined` when it has none. */
  oldest(detector: Detector): number | undefined {
    const [first] = this.#flying.get(detector)?.values() ?? [];
    return first?.sentAt;
  }

  /**
   * Queues a picture.
   *
   * @param signal aborted when the client goes away: its place is freed at once
   * @throws UnavailableError `BUSY` when the queue is full, `DEADLINE_EXCEEDED`
   * @throws AbandonedError when `signal` is aborted
   * @throws PictureError | InferenceError what became of the picture
   */
  async submit(picture: Buffer, signal?: AbortSignal): Promise<Answer> {
    if (signal?.aborted) throw new AbandonedError();
    if (this.full) {
      throw new UnavailableError("BUSY", `${this.#waiting.length} pictures are waiting already; try again later`);
    }
    return new Promise((resolve, reject) => {
      const abandon = (): void => {
        this.#give(job, new AbandonedError());
      };
      const deadline = setTimeout(() => {
        const seconds = this.limits.deadline / 1000;
        this.#give(
          job,
          new UnavailableError(
            "DEADLINE_EXCEEDED",
            `the picture was not looked at within ${seconds} s; try again later`,
          ),
        );
      }, this.limits.deadline);
      signal?.addEventListener("abort", abandon, { once: true });
      const job: Job = {
        id: this.#nextId++,
        picture,
        losses: 0,
        sentAt: 0,
        settle: (outcome) => {
          clearTimeout(deadline);
          signal?.removeEventListener("abort", abandon);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#waiting.push(job);
      this.#pump();
    });
  }

  /** Puts a detector in charge of all pictures from now on. `window` is how many it may have in flight. */
  attach(detector: Detector, window: number): void {
    this.#inCharge = { detector, window };
    this.#flying.set(detector, new Map());
    this.#pump();
  }

  answered(detector: Detector, id: number, answer: Answer): void {
    this.#take(detector, id)?.settle(answer);
    this.#pump();
  }

  failed(detector: Detector, id: number, failure: Failure): void {
    this.#take(detector, id)?.settle(pictureFailure(failure));
    this.#pump();
  }

  /** Takes back the pictures of a detector that ended. */
  lost(detector: Detector, reason: string): void {
    if (this.#inCharge?.detector === detector) this.#inCharge = undefined;
    const jobs = [...(this.#flying.get(detector)?.values() ?? [])];
    this.#flying.delete(detector);
    const again = jobs.filter((job) => {
      job.losses++;
      if (job.losses < mostLosses) return true;
      job.settle(new InferenceError(`${reason}, for the second time with this picture`));
      return false;
    });
    this.#waiting.unshift(...again);
    this.#pump();
  }

  /** Answers every picture that still waits with this error. */
  rejectWaiting(error: Error): void {
    for (const job of this.#waiting.splice(0)) job.settle(error);
  }

  #pump(): void {
    if (!this.#inCharge) return;
    const { detector, window } = this.#inCharge;
    const jobs = this.#flying.get(detector) as Map<number, Job>;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const alone = next.losses > 0 || [...jobs.values()].some(({ losses }) => losses > 0);
      if (jobs.size >= (alone ? 1 : window)) return;
      this.#waiting.shift();
      next.sentAt = performance.now();
      jobs.set(next.id, next);
      detector.detect(next.id, next.picture);
    }
  }

  #take(detector: Detector, id: number): Job | undefined {
    const jobs = this.#flying.get(detector);
    const job = jobs?.get(id);
    jobs?.delete(id);
    return job;
  }

  /** Gives a job up, wherever it is. */
  #give(job: Job, error: Error): void {
    this.#waiting = this.#waiting.filter((other) => other !== job);
    for (const [detector, jobs] of this.#flying) {
      if (jobs.delete(job.id)) detector.cancel(job.id);
    }
    job.settle(error);
    this.#pump();
  }
}
