import type { HubRecord } from "../directory";
import { refuse } from "../errors";

/** What the service throttles apart. */
export type ThrottledOperation = "registry" | "twins" | "queries" | "configurations" | "methods";

/** Operations a minute and unit, and the least for a hub. Source: IoT Hub's quotas and throttling, Free, S1 and S2; S3. */
const rates: Readonly<Record<ThrottledOperation, { standard: number; s3: number; least: number }>> = {
  registry: { standard: 100, s3: 5000, least: 100 },
  twins: { standard: 600, s3: 3000, least: 600 },
  queries: { standard: 20, s3: 1000, least: 20 },
  configurations: { standard: 20, s3: 20, least: 20 },
  methods: { standard: 1200, s3: 18_000, least: 1200 },
};
const minute = 60_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets of one hub: a minute's worth at once, refilled evenly. */
export class Throttle {
  readonly #buckets = new Map<ThrottledOperation, Bucket>();

  constructor(
    private readonly sku: () => HubRecord["sku"],
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws HubError `ThrottlingException` with the seconds until there is room */
  take(operation: ThrottledOperation): void {
    const perMinute = this.#rate(operation);
    const now = this.now();
    const bucket = this.#buckets.get(operation) ?? { tokens: perMinute, at: now };
    const tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.at) / minute) * perMinute);
    if (tokens < 1) {
      const seconds = Math.ceil((((1 - tokens) / perMinute) * minute) / 1000);
      throw refuse.throttled(`More than ${perMinute} operations (${operation}) a minute.`, seconds);
    }
    this.#buckets.set(operation, { tokens: tokens - 1, at: now });
  }

  #rate(operation: ThrottledOperation): number {
    const { name, capacity } = this.sku();
    const { standard, s3, least } = rates[operation];
    return Math.max(least, (name.toUpperCase() === "S3" ? s3 : standard) * capacity);
  }
}
