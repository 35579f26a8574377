import { decodePicture, type Decoded, type DecodeLimits } from "../picture/decode";
import { letterbox, stretch } from "../picture/letterbox";
import { pictureDone } from "./garbage";
import type { Answer } from "./protocol";
import type { SessionThread } from "./session-thread";

interface Job {
  id: number;
  bytes: Buffer;
}

interface DecodedJob {
  id: number;
  decoded: Decoded;
  decodeTime: number;
}

export interface PipelineEvents {
  answered(id: number, answer: Answer): void;
  failed(id: number, error: unknown): void;
}

/**
 * Decodes pictures ahead of the sessions and hands each to the next idle one. As many pictures are decoded ahead as
 * there are sessions: no session waits for a decoder, and no more than that are held uncompressed.
 */
export class PicturePipeline {
  #waiting: Job[] = [];
  #decoding = 0;
  #decoded: DecodedJob[] = [];

  constructor(
    private readonly sessions: readonly SessionThread[],
    private readonly limits: DecodeLimits,
    /** Lowest score to report; asked for each picture. */
    private readonly threshold: () => number,
    private readonly events: PipelineEvents,
  ) {}

  push(job: Job): void {
    this.#waiting.push(job);
    this.#decodeNext();
  }

  /** Forgets a picture that no one waits for any more, unless it is already in the model. */
  cancel(id: number): void {
    this.#waiting = this.#waiting.filter((job) => job.id !== id);
    this.#decoded = this.#decoded.filter((job) => job.id !== id);
    this.#decodeNext();
  }

  #decodeNext(): void {
    if (this.#decoding + this.#decoded.length >= this.sessions.length) return;
    const job = this.#waiting.shift();
    if (job) void this.#decode(job);
  }

  async #decode({ id, bytes }: Job): Promise<void> {
    const start = performance.now();
    this.#decoding++;
    try {
      const [{ info }] = this.sessions as [SessionThread];
      const { input } = info;
      const place = input.fit === "letterbox" ? letterbox : stretch;
      const decoded = await decodePicture(bytes, (image) => place(image, input), this.limits);
      this.#decoded.push({ id, decoded, decodeTime: secondsSince(start) });
    } catch (error) {
      this.events.failed(id, error);
    } finally {
      this.#decoding--;
    }
    this.#detectNext();
    this.#decodeNext();
  }

  #detectNext(): void {
    const session = this.sessions.find(({ idle }) => idle);
    const job = session && this.#decoded.shift();
    if (job) void this.#detect(session, job);
  }

  async #detect(session: SessionThread, { id, decoded, decodeTime }: DecodedJob): Promise<void> {
    const finding = session.detect({ ...decoded, threshold: this.threshold() });
    this.#decodeNext();
    try {
      const { detections, inferenceTime } = await finding;
      this.events.answered(id, { detections, inferenceTime, decodeTime });
    } catch (error) {
      this.events.failed(id, error);
    }
    this.#detectNext();
    pictureDone();
  }
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
