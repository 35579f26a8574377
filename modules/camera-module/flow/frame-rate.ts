/** Thins frames to a rate, evenly, whatever the times between them. */
export class FrameRate {
  #due = -Infinity;

  /**
   * Whether the frame of this moment is taken. A frame that comes up to half an interval early is, so that a source
   * with exactly the wanted rate loses none to jitter; on average no more than `fps` are.
   */
  takes(now: number, fps: number): boolean {
    const interval = 1000 / fps;
    // A clock that was set back must not stop the camera.
    if (this.#due - now > 2 * interval) this.#due = now;
    if (now < this.#due - interval / 2) return false;
    // A frame that is later than jitter explains begins a new row.
    const late = now - this.#due > interval / 2;
    this.#due = (late ? now : this.#due) + interval;
    return true;
  }
}
