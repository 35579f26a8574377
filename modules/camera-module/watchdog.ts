/** The module saw no picture for too long and gives up, so that the runtime starts it again. */
export class WatchdogError extends Error {
  override readonly name = "WatchdogError";
  readonly code = "CAMERA_NO_PICTURES";
}

/** Tells when nothing has happened for too long. */
export class Watchdog {
  readonly #limit: number;
  readonly #now: () => number;
  #last: number;

  /** `seconds` 0 watches nothing. `now` is a monotonic clock in milliseconds. */
  constructor(seconds: number, now: () => number = () => performance.now()) {
    this.#limit = seconds === 0 ? Infinity : seconds * 1000;
    this.#now = now;
    this.#last = now();
  }

  /** Something happened, or nothing is expected to. */
  feed(): void {
    this.#last = this.#now();
  }

  /** Why the module must give up, or undefined. */
  get overdue(): string | undefined {
    const silent = this.#now() - this.#last;
    return silent > this.#limit ? `no picture for ${Math.round(silent / 1000)} s` : undefined;
  }
}
