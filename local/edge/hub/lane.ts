import type { Logger } from "pino";
import type { MessageStore, StoredMessage } from "./message-store";

export interface LaneOptions {
  name: string;
  store: MessageStore;
  /** How many messages may be on their way at once; they are given out in order. */
  window: number;
  /** Whether the receiver can take messages now; it calls `pump` when that becomes true. */
  isOpen: () => boolean;
  /** Resolves when the receiver has confirmed the message. A rejection means that it may not have it. */
  deliver: (stored: StoredMessage) => Promise<void>;
  /** Called when the receiver did not confirm: the connection is to be made anew, so that order is kept. */
  failed: (error: Error) => void;
  delivered: () => void;
  log: Logger;
}

/**
 * Brings the stored messages of one lane to their receiver, in order and at least once: a message is removed only after
 * its confirmation. After a failure nothing more is given out until the receiver opens again, and then all that was not
 * confirmed, from the first.
 */
export class Lane {
  private readonly onTheWay = new Set<string>();
  private pumping = false;
  private again = false;
  /** Rises with every failure: what was given out before it no longer counts. */
  private epoch = 0;

  constructor(private readonly options: LaneOptions) {}

  isOnTheWay(key: string): boolean {
    return this.onTheWay.has(key);
  }

  /** Something was stored, or the receiver opened. */
  pump(): void {
    this.again = true;
    if (this.pumping) return;
    this.pumping = true;
    void this.run();
  }

  private async run(): Promise<void> {
    try {
      await this.giveOut();
    } catch (error) {
      this.options.log.error(`the messages of ${this.options.name} cannot be read: ${(error as Error).message}`);
    }
  }

  private async giveOut(): Promise<void> {
    const { name, store, window, isOpen } = this.options;
    try {
      while (this.again && isOpen()) {
        this.again = false;
        const room = window - this.onTheWay.size;
        if (room <= 0) return;
        const { epoch } = this;
        const stored = await store.first(name, room, this.onTheWay);
        if (epoch !== this.epoch) continue;
        // There may be more behind these.
        if (stored.length === room) this.again = true;
        for (const message of stored) void this.give(message, epoch);
      }
    } finally {
      // In the same turn as the last look at `again`, so that no call of `pump` is missed.
      this.pumping = false;
    }
  }

  private async give(stored: StoredMessage, epoch: number): Promise<void> {
    const { store, deliver, delivered, failed, log } = this.options;
    this.onTheWay.add(stored.key);
    try {
      if (stored.expiresAt !== undefined && stored.expiresAt <= Date.now()) {
        log.warn({ lane: this.options.name }, "a message is past its time to live and is dropped");
        await store.remove(stored.key);
      } else {
        await deliver(stored);
        await store.remove(stored.key);
        delivered();
      }
      this.onTheWay.delete(stored.key);
      this.pump();
    } catch (error) {
      this.onTheWay.delete(stored.key);
      if (epoch !== this.epoch) return;
      this.epoch += 1;
      failed(error as Error);
    }
  }
}
