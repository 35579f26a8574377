import { decodePicture, type DecodeLimits } from "../picture/decode";
import type { Placement, Size } from "../picture/letterbox";
import { pictureDone } from "./garbage";
import type { Interpreter, Tensors } from "./interpreter";
import type { Answer } from "./protocol";
import type { SessionThread } from "./session-thread";

interface Job {
  id: number;
  bytes: Buffer;
}

interface PreparedJob {
  id: number;
  inputs: Tensors;
  placement: Placement;
  decodeTime: number;
  /** Seconds. */
  prepareTime: number;
}

export interface PipelineEvents {
  answered(id: number, answer: Answer): void;
  failed(id: number, error: unknown): void;
}

/** Inputs that a session has at most: those in the model, and those that it goes on with at once. */
const mostTasks = 2;

/**
 * Decodes pictures and makes them the model's inputs ahead of the sessions, so that these do nothing but run the model,
 * and reads what the model answers. As many pictures are prepared at a time as there are sessions.
 */
export class PicturePipeline {
  #waiting: Job[] = [];
  #preparing = 0;
  #prepared: PreparedJob[] = [];
  /** Inputs of pictures that are answered. */
  readonly #used: Tensors[] = [];

  constructor(
    private readonly sessions: readonly SessionThread[],
    private readonly interpreter: Interpreter,
    private readonly limits: DecodeLimits,
    /** Lowest score to report; asked for each picture. */
    private readonly threshold: () => number,
    private readonly events: PipelineEvents,
  ) {}

  push(job: Job): void {
    this.#waiting.push(job);
    this.#prepareNext();
  }

  /** Forgets a picture that no one waits for any more, unless a session has it already. */
  cancel(id: number): void {
    this.#waiting = this.#waiting.filter((job) => job.id !== id);
    this.#prepared = this.#prepared.filter((job) => job.id !== id);
    this.#prepareNext();
  }

  #prepareNext(): void {
    if (this.#preparing + this.#prepared.length >= this.sessions.length) return;
    const job = this.#waiting.shift();
    if (job) void this.#prepare(job);
  }

  async #prepare({ id, bytes }: Job): Promise<void> {
    const start = performance.now();
    this.#preparing++;
    try {
      const place = (image: Size): Placement => this.interpreter.place(image);
      const { pixels, placement } = await decodePicture(bytes, place, this.limits);
      const decoded = performance.now();
      const inputs = this.interpreter.inputs(pixels, placement, this.#used.pop());
      this.#prepared.push({
        id,
        inputs,
        placement,
        decodeTime: (decoded - start) / 1000,
        prepareTime: secondsSince(decoded),
      });
    } catch (error) {
      this.events.failed(id, error);
    } finally {
      this.#preparing--;
    }
    this.#runNext();
    this.#prepareNext();
  }

  #runNext(): void {
    const session = this.sessions.reduce((least, other) => (other.tasks < least.tasks ? other : least));
    const job = session.tasks < mostTasks ? this.#prepared.shift() : undefined;
    if (job) void this.#run(session, job);
  }

  async #run(session: SessionThread, { id, placement, decodeTime, prepareTime, ...job }: PreparedJob): Promise<void> {
    const running = session.run(job.inputs);
    this.#prepareNext();
    try {
      const { outputs, inputs, time } = await running;
      this.#used.push(inputs);
      this.#runNext();
      const start = performance.now();
      const detections = this.interpreter.detections(outputs, placement, this.threshold());
      const inferenceTime = prepareTime + time + secondsSince(start);
      this.events.answered(id, { detections, inferenceTime, decodeTime });
    } catch (error) {
      this.#runNext();
      this.events.failed(id, error);
    }
    pictureDone();
  }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
