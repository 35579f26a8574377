/** The lowest rate that is fallen back to, in frames a second. */
const floor = 0.1;
/** After so long without a refusal the rate has doubled. */
const doublingMilliseconds = 10_000;

/**
 * Follows what inference can take: a frame that it cannot take lowers the rate by a fifth, at most once a second; while
 * it takes frames the rate grows with time, up to the wanted one. So frames go out evenly instead of in bursts, and a
 * camera that had fallen behind is back within a minute.
 */
export class AdaptiveRate {
  #rate = Infinity;
  #changedAt = -Infinity;
  #loweredAt = -Infinity;

  /** Frames a second to send now. */
  current(wanted: number): number {
    return Math.min(wanted, this.#rate);
  }

  /** A frame could not be taken at this moment, in milliseconds of the monotonic clock. */
  refused(wanted: number, now: number): void {
    if (now - this.#loweredAt < 1000) return;
    this.#rate = Math.max(floor, this.current(wanted) * 0.8);
    this.#loweredAt = this.#changedAt = now;
  }

  /** A frame was judged, at this moment. */
  taken(wanted: number, now: number): void {
    if (this.#rate < wanted) this.#rate *= 2 ** ((now - this.#changedAt) / doublingMilliseconds);
    else this.#rate = Infinity;
    this.#changedAt = now;
  }
}
