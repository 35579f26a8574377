import { setTimeout as sleep } from "node:timers/promises";
import type { BudgetReport, CameraSettings } from "@edge-vision/messages";
import type { Logger } from "pino";
import type { Budget } from "./budget";

export interface BudgetWatchOptions {
  budget: Budget;
  /** Takes what is to be reported to the hub. */
  report: (report: BudgetReport) => void;
  log: Logger;
  /** @default 300000 */
  everyMilliseconds?: number;
}

/**
 * Reports the budget when its state changes, and every few minutes when messages were sent since. Reports are metered
 * as messages are: a camera that has nothing to say does not report that either.
 */
export class BudgetWatch {
  readonly #options: BudgetWatchOptions;
  #told: string;
  #saved: Promise<void> = Promise.resolve();

  constructor(options: BudgetWatchOptions) {
    this.#options = options;
    this.#told = JSON.stringify(options.budget.report);
  }

  configure(settings: Pick<CameraSettings, "dailyBudget" | "budgetUnit">): void {
    this.#options.budget.configure(settings);
  }

  /** A message of so many bytes was sent. */
  sent(bytes: number): void {
    if (this.#options.budget.count(bytes)) this.#tell();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.everyMilliseconds ?? 300_000, undefined, { signal }).catch(() => undefined);
      this.#tell();
    }
    this.#save();
    await this.#saved;
  }

  #tell(): void {
    const { report } = this.#options.budget;
    const text = JSON.stringify(report);
    if (text === this.#told) return;
    this.#told = text;
    if (report.state !== "ok") this.#options.log.warn(report, "the daily message budget runs out");
    this.#options.report(report);
    this.#save();
  }

  #save(): void {
    const { budget, log } = this.#options;
    this.#saved = this.#saved
      .then(() => budget.save())
      .catch((error: unknown) => {
        log.error({ reason: (error as Error).message }, "the message count cannot be kept for the next start");
      });
  }
}
