import { setTimeout as sleep } from "node:timers/promises";

/** Whether and when to try again. */
export type RetryAdvice =
  | { retry: false }
  /** `afterMs`: the delay that the service asks for; `attempts`: fewer tries for this kind of failure. */
  | { retry: true; afterMs?: number; attempts?: number };

export interface RetryOptions {
  signal: AbortSignal;
  /** Judges a failure. */
  advise: (error: unknown) => RetryAdvice;
  /** Told before each wait. */
  onRetry?: (error: unknown, delayMs: number) => void;
  /** Tries in all. @default 8 */
  attempts?: number;
  /** First delay where the service names none; doubled each time, with jitter. @default 500 */
  firstDelayMs?: number;
  /** @default 30,000 */
  maxDelayMs?: number;
}

/** Runs an operation again as long as its failure is worth it, after the delay that the service asked for. */
export async function withRetry<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts = 8, firstDelayMs = 500, maxDelayMs = 30_000 } = options;
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      const advice = options.advise(error);
      if (!advice.retry || attempt >= Math.min(attempts, advice.attempts ?? attempts)) throw error;
      const backOff = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2);
      const delayMs = advice.afterMs ?? backOff;
      options.onRetry?.(error, delayMs);
      await sleep(delayMs, undefined, { signal: options.signal });
    }
  }
}

/** A `Retry-After` header in milliseconds: seconds or a date (RFC 9110 §10.2.3); undefined when unreadable. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds < 0 ? undefined : seconds * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
