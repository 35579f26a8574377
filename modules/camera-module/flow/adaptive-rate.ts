/** The lowest rate that is fallen back to, in frames a second. */
const floor = 0.1;

/**
 * Follows what inference can take: every frame that it cannot take lowers the rate by a fifth, at most once a second;
 * every frame that it takes raises it by a little, up to the wanted rate. So frames go out evenly instead of in bursts.
 */
export class AdaptiveRate {
  #rate = Infinity;
  #loweredAt = -Infinity;

  /** Frames a second to send now. */
  current(wanted: number): number {
    return Math.min(wanted, this.#rate);
  }

  /** A frame could not be taken at this moment, in milliseconds. */
  refused(wanted: number, now: number): void {
    if (now >= this.#loweredAt && now - this.#loweredAt < 1000) return;
    this.#loweredAt = now;
    this.#rate = Math.max(floor, this.current(wanted) * 0.8);
  }

  /** A frame was judged. */
  taken(wanted: number): void {
    if (this.#rate < wanted) this.#rate *= 1.02;
    else this.#rate = Infinity;
  }
}
