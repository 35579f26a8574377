import type { Frame } from "../flow/frame";

/** The latest frame, and the last few that were judged, so that a message can be shown with its own picture. */
export class FrameHistory {
  readonly #capacity: number;
  readonly #judged: Frame[] = [];
  #latest: Frame | undefined;

  constructor(capacity = 16) {
    this.#capacity = capacity;
  }

  get latest(): Frame | undefined {
    return this.#latest;
  }

  /** The judged frame that was captured at this moment. */
  at(capturedAt: number): Frame | undefined {
    return this.#judged.find((frame) => frame.capturedAt === capturedAt);
  }

  captured(frame: Frame): void {
    this.#latest = frame;
  }

  judged(frame: Frame): void {
    this.#judged.push(frame);
    if (this.#judged.length > this.#capacity) this.#judged.shift();
  }
}
