/** Puts results that arrive in any order back into the order in which their work began. */
export class CaptureOrder<T> {
  readonly #release: (result: T) => void;
  readonly #waiting: { result?: T; settled: boolean }[] = [];

  constructor(release: (result: T) => void) {
    this.#release = release;
  }

  /** Begins a piece of work; the returned function takes its result, once. */
  begin(): (result: T) => void {
    const place: { result?: T; settled: boolean } = { settled: false };
    this.#waiting.push(place);
    return (result) => {
      if (place.settled) throw new Error("a result was given twice");
      place.result = result;
      place.settled = true;
      while (this.#waiting[0]?.settled) this.#release(this.#waiting.shift()?.result as T);
    };
  }
}
