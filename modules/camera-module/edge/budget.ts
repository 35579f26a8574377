import { readFile } from "node:fs/promises";
import type { BudgetReport, CameraSettings } from "@edge-vision/messages";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";

const storedSchema = z.object({ day: z.string(), used: z.number().int().min(0) });
const warningShare = 0.8;

/** Counts messages as the hub meters them: in units of 0.5 KB or 4 KB, a UTC day. */
export class Budget {
  readonly #path: string;
  readonly #now: () => number;
  #day = "";
  #used = 0;
  #limit = 0;
  #unit = 4096;
  #stored = "";

  private constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  /** Goes on with what the last run had counted today. */
  static async open(path: string, now: () => number = Date.now): Promise<Budget> {
    const budget = new Budget(path, now);
    const stored = storedSchema.safeParse(
      await readFile(path, "utf8")
        .then(JSON.parse)
        .catch(() => undefined),
    );
    if (stored.success) {
      budget.#day = stored.data.day;
      budget.#used = stored.data.used;
    }
    return budget;
  }

  configure({ dailyBudget, budgetUnit }: Pick<CameraSettings, "dailyBudget" | "budgetUnit">): void {
    this.#limit = dailyBudget;
    this.#unit = budgetUnit;
  }

  /** Counts a message that was sent, and says whether the state changed with it. */
  count(bytes: number): boolean {
    const before = this.report.state;
    this.#used += Math.max(1, Math.ceil(bytes / this.#unit));
    return this.report.state !== before;
  }

  get report(): BudgetReport {
    const today = new Date(this.#now()).toISOString().slice(0, 10);
    if (today !== this.#day) {
      this.#day = today;
      this.#used = 0;
    }
    const share = this.#limit === 0 ? 0 : this.#used / this.#limit;
    const state = share >= 1 ? "spent" : share >= warningShare ? "warning" : "ok";
    return { day: this.#day, used: this.#used, limit: this.#limit, state };
  }

  /** Keeps the count for the next run, when it changed. */
  async save(): Promise<void> {
    const { day, used } = this.report;
    const text = JSON.stringify({ day, used });
    if (text === this.#stored) return;
    this.#stored = text;
    await writeFileAtomic(this.#path, text);
  }
}
