/** What a figure must reach: at least `min`, at most `max`, or exactly `equals`. */
export type Goal = { readonly min: number } | { readonly max: number } | { readonly equals: number };

/** One measured figure. A figure without a goal is told for information. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The unit, or what the value was divided by: `"× bare session.run"`, `"ms"`. */
  readonly unit: string;
  readonly goal?: Goal;
}

/** Tells whether a value reaches its goal; a value that is not a number never does. */
export function reaches(value: number, goal: Goal): boolean {
  if ("min" in goal) return value >= goal.min;
  if ("max" in goal) return value <= goal.max;
  return value === goal.equals;
}

function goalText(goal: Goal): string {
  if ("min" in goal) return `at least ${goal.min}`;
  if ("max" in goal) return `at most ${goal.max}`;
  return `exactly ${goal.equals}`;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** Collects the figures of one run and writes each as it comes, one line a figure. */
export class Report {
  readonly #figures: Figure[] = [];

  /**
   * @param bench name of the bench
   * @param json print one JSON object a line instead of text
   * @param write takes one line, without its end
   */
  constructor(
    private readonly bench: string,
    private readonly json: boolean,
    private readonly write: (line: string) => void,
  ) {}

  /** Adds a figure and writes its line. */
  figure(figure: Figure): void {
    this.#figures.push(figure);
    const met = figure.goal === undefined ? undefined : reaches(figure.value, figure.goal);
    if (this.json) {
      this.write(JSON.stringify({ bench: this.bench, ...figure, met }));
      return;
    }
    const goal = figure.goal ? `  (goal: ${goalText(figure.goal)}: ${met === true ? "met" : "missed"})` : "";
    this.write(`${figure.name}: ${round(figure.value)} ${figure.unit}${goal}`);
  }

  /** Tells what the bench is doing; not part of the JSON output. */
  note(text: string): void {
    if (!this.json) this.write(`# ${text}`);
  }

  /** Writes the verdict and returns true when every goal was met and there was one figure at least. */
  verdict(): boolean {
    const missed = this.#figures.filter(({ value, goal }) => goal !== undefined && !reaches(value, goal));
    const met = missed.length === 0 && this.#figures.length > 0;
    const text = met
      ? "all goals met"
      : `missed: ${missed.map(({ name }) => name).join(", ") || "no figure was taken"}`;
    this.write(this.json ? JSON.stringify({ bench: this.bench, verdict: met ? "met" : "missed" }) : text);
    return met;
  }
}
