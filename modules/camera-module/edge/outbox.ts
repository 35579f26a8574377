import { setTimeout as sleep } from "node:timers/promises";
import type { CameraSettings } from "@edge-vision/messages";
import type { Logger } from "pino";
import type { StoredEvent } from "../spots/spot-storage";
import type { OutgoingMessage } from "./hub-connection";

export type OutboxBounds = CameraSettings["outbox"];

export interface OutboxOptions {
  /** Takes an event out of the storage. */
  remove: (event: StoredEvent) => Promise<void>;
  /** An event was given up, because of the bounds. */
  onLost: (event: StoredEvent, reason: "full" | "old") => void;
  log: Logger;
  /** @default [1000, 60000] */
  backOffMilliseconds?: readonly [first: number, longest: number];
  /** @default Date.now */
  now?: () => number;
}

interface Waiting {
  readonly event: StoredEvent;
  readonly bytes: number;
}

/** Sends stored events in their order, one after another, each until it is confirmed; then it is removed. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: Waiting[] = [];
  #bounds: OutboxBounds = { maxBytes: 1_048_576, maxAgeSeconds: 604_800, whenFull: "drop-oldest" };
  #bytes = 0;
  #sending: Waiting | undefined;
  #wake: () => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  configure(bounds: OutboxBounds): void {
    this.#bounds = bounds;
    this.#makeRoom(0);
  }

  add(event: StoredEvent): void {
    const waiting: Waiting = { event, bytes: Buffer.byteLength(JSON.stringify(event)) };
    const { maxBytes, whenFull } = this.#bounds;
    if (whenFull === "drop-newest" && this.#bytes + waiting.bytes > maxBytes) {
      this.#lose(waiting, "full");
      return;
    }
    this.#makeRoom(waiting.bytes);
    this.#waiting.push(waiting);
    this.#bytes += waiting.bytes;
    this.#wake();
  }

  /** Something changed that makes another try worthwhile, as a new connection does. */
  retry(): void {
    this.#wake();
  }

  /** Sends until `signal` aborts; `send` resolves to whether the message was confirmed. */
  async run(send: (message: OutgoingMessage) => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const [first, longest] = this.#options.backOffMilliseconds ?? [1000, 60_000];
    let wait = first;
    while (!signal.aborted) {
      const waked = new AbortController();
      this.#wake = () => {
        waked.abort();
      };
      this.#dropOld();
      const next = this.#waiting[0];
      if (!next) {
        await sleep(longest, undefined, { signal: AbortSignal.any([signal, waked.signal]) }).catch(() => undefined);
        continue;
      }
      this.#sending = next;
      const { event } = next;
      const confirmed = await send({ id: event.event.eventId, type: "spot", body: event.event });
      this.#sending = undefined;
      if (confirmed) {
        wait = first;
        this.#take(next);
        continue;
      }
      const jittered = wait * (0.75 + Math.random() / 2);
      await sleep(jittered, undefined, { signal: AbortSignal.any([signal, waked.signal]) }).catch(() => undefined);
      wait = Math.min(longest, wait * 2);
    }
  }

  /** An event that is on its way is not given up: it may arrive, and then it was not lost. */
  #makeRoom(bytes: number): void {
    while (this.#bytes + bytes > this.#bounds.maxBytes) {
      const oldest = this.#waiting.find((waiting) => waiting !== this.#sending);
      if (!oldest) return;
      this.#take(oldest);
      this.#options.onLost(oldest.event, "full");
    }
  }

  #dropOld(): void {
    const limit = (this.#options.now ?? Date.now)() - this.#bounds.maxAgeSeconds * 1000;
    for (const waiting of this.#waiting.filter(({ event }) => Date.parse(event.event.at) < limit)) {
      this.#take(waiting);
      this.#options.onLost(waiting.event, "old");
    }
  }

  #lose(waiting: Waiting, reason: "full"): void {
    this.#remove(waiting);
    this.#options.onLost(waiting.event, reason);
  }

  #take(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    this.#bytes -= waiting.bytes;
    this.#remove(waiting);
  }

  #remove({ event }: Waiting): void {
    this.#options.remove(event).catch((error: unknown) => {
      this.#options.log.error(
        { eventId: event.event.eventId, reason: (error as Error).message },
        "the event cannot be removed from the outbox and will be sent again by the next run",
      );
    });
  }
}
