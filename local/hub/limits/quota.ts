import type { Logger } from "pino";
import type { HubRecord } from "../directory";
import { refuse } from "../errors";
import type { Change, Journal } from "../store/journal";

interface Count {
  /** The UTC day, `2026-11-23`. */
  day: string;
  units: number;
}

/** Messages a day and unit. Source: IoT Hub's quotas and throttling. */
const dailyMessages: Readonly<Record<string, number>> = {
  F1: 8_000,
  B1: 400_000,
  B2: 6_000_000,
  B3: 300_000_000,
  S1: 400_000,
  S2: 6_000_000,
  S3: 300_000_000,
};
const freeMeterBytes = 512;
const paidMeterBytes = 4096;
const warnAt = [0.8, 1] as const;

/** How many messages a message counts as. */
export function unitsOf(bytes: number, sku: HubRecord["sku"]): number {
  const meter = sku.name.toUpperCase() === "F1" ? freeMeterBytes : paidMeterBytes;
  return Math.max(1, Math.ceil(bytes / meter));
}

/** Messages a day that a hub may take. */
export function dailyLimit({ name, capacity }: HubRecord["sku"]): number {
  return (dailyMessages[name.toUpperCase()] ?? Number.POSITIVE_INFINITY) * capacity;
}

/**
 * Counts a hub's messages of the day as the service bills them, and says so at 80 and 100 per cent. It refuses what is
 * above only when it is told to enforce.
 */
export class DailyQuota {
  #count: Count = { day: "", units: 0 };
  readonly #key: string;

  private constructor(
    hubId: string,
    private readonly sku: () => HubRecord["sku"],
    private readonly enforce: boolean,
    private readonly logger: Logger,
    private readonly now: () => Date,
  ) {
    this.#key = `${hubId}/quota`;
  }

  static async open(
    journal: Journal,
    hubId: string,
    sku: () => HubRecord["sku"],
    { enforce, logger, now = () => new Date() }: { enforce: boolean; logger: Logger; now?: () => Date },
  ): Promise<DailyQuota> {
    const quota = new DailyQuota(hubId, sku, enforce, logger, now);
    const stored = await journal.get(quota.#key);
    if (stored !== undefined) quota.#count = JSON.parse(stored.toString()) as Count;
    return quota;
  }

  /** Messages of this day so far. */
  get used(): number {
    return this.#count.day === this.#today() ? this.#count.units : 0;
  }

  /**
   * Counts one message; the change must be stored with it.
   *
   * @throws HubError `IotHubQuotaExceeded`
   */
  take(bytes: number): Change {
    const sku = this.sku();
    const limit = dailyLimit(sku);
    const before = this.used;
    const after = before + unitsOf(bytes, sku);
    if (this.enforce && after > limit) {
      throw refuse.quotaExceeded(`The hub took ${before} of ${limit} messages that ${sku.name} allows a day.`);
    }
    for (const part of warnAt) {
      if (before < limit * part && after >= limit * part) {
        this.logger.warn({ used: after, limit, sku: sku.name }, `${part * 100} % of the day's messages are used`);
      }
    }
    this.#count = { day: this.#today(), units: after };
    return { key: this.#key, value: Buffer.from(JSON.stringify(this.#count)) };
  }

  #today(): string {
    return this.now().toISOString().slice(0, 10);
  }
}
