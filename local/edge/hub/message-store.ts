import { ClassicLevel } from "classic-level";
import { decodeMessage, encodeMessage, type EdgeMessage } from "./message";

/** One way that a message has to go. */
export interface Delivery {
  /** Messages of one lane keep their order (within a priority). */
  lane: string;
  /** Lower goes first; 0 to 9, or more for the default. */
  priority: number;
  /** The input's name, when a module is the receiver. */
  input?: string;
  /** Milliseconds since 1970; none: for ever. */
  expiresAt?: number;
}

/** A message that waits in a lane. */
export interface StoredMessage {
  /** `<lane>!<priority>!<sequence>!<bytes>`: a lane's order is the database's. */
  key: string;
  input?: string;
  expiresAt?: number;
  message: EdgeMessage;
}

/** The store holds as much as it may; the message was not taken. `code` is `MESSAGE_STORE_FULL`. */
export class MessageStoreFullError extends Error {
  override readonly name = "MessageStoreFullError";
  readonly code = "MESSAGE_STORE_FULL";
}

export interface MessageStoreOptions {
  /** Bytes of messages that may wait. @default 1 GiB */
  maximumBytes?: number;
}

const defaultMaximumBytes = 1024 ** 3;
const lowestPriority = 10;

interface Write {
  operations: ({ type: "put"; key: string; value: Buffer } | { type: "del"; key: string })[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * The messages that wait, on disk. What `add` has confirmed survives a crash of process and machine: each write is
 * flushed, and writes that come meanwhile share the next flush.
 * In memory there are only counts: a queue of any length costs the same.
 */
export class MessageStore {
  private sequence = 0;
  private waiting: Write[] = [];
  private writing: Promise<void> | undefined;
  private readonly counts = new Map<string, number>();
  private messages = 0;
  private bytes = 0;

  private constructor(
    private readonly level: ClassicLevel<string, Buffer>,
    private maximumBytes: number,
  ) {}

  static async open(folder: string, options: MessageStoreOptions = {}): Promise<MessageStore> {
    const level = new ClassicLevel<string, Buffer>(folder, { valueEncoding: "buffer" });
    await level.open();
    const store = new MessageStore(level, options.maximumBytes ?? defaultMaximumBytes);
    for await (const key of level.keys()) {
      store.sequence = Math.max(store.sequence, Number(key.split("!")[2]));
      store.count(key, 1);
    }
    return store;
  }

  /** How many messages wait. */
  get queued(): number {
    return this.messages;
  }

  /** How many bytes wait. */
  get queuedBytes(): number {
    return this.bytes;
  }

  /** Sets the limit; what is stored already stays. */
  limit(maximumBytes = defaultMaximumBytes): void {
    this.maximumBytes = maximumBytes;
  }

  /** The lanes in which something waits. */
  lanes(): string[] {
    return [...this.counts.keys()];
  }

  /**
   * Takes a message for every delivery; resolves when it is safe.
   *
   * @throws MessageStoreFullError
   */
  async add(message: EdgeMessage, deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const body = encodeMessage(message);
    const operations = deliveries.map(({ lane, priority, input, expiresAt }) => {
      const header = Buffer.from(`${JSON.stringify({ input, expiresAt })}\n`);
      this.sequence += 1;
      const rank = String(Math.min(priority, lowestPriority)).padStart(2, "0");
      const value = Buffer.concat([header, body]);
      const key = `${lane}!${rank}!${String(this.sequence).padStart(16, "0")}!${value.length}`;
      return { type: "put" as const, key, value };
    });
    const size = operations.reduce((sum, { value }) => sum + value.length, 0);
    if (this.bytes + size > this.maximumBytes) {
      throw new MessageStoreFullError(
        `${this.bytes} of ${this.maximumBytes} bytes are in use by messages that wait; this one has ${size}.`,
      );
    }
    for (const { key } of operations) this.count(key, 1);
    try {
      await this.write(operations);
    } catch (error) {
      for (const { key } of operations) this.count(key, -1);
      throw error;
    }
  }

  /** The first messages of a lane that are not among `without`, at most `limit`. */
  async first(lane: string, limit: number, without: ReadonlySet<string>): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    // The iterator shows the lane as it is now; what `without` loses meanwhile would come again.
    const skipped = new Set(without);
    for await (const [key, value] of this.level.iterator({ gt: `${lane}!`, lt: `${lane}"` })) {
      if (skipped.has(key)) continue;
      found.push(read(key, value));
      if (found.length >= limit) break;
    }
    return found;
  }

  async remove(key: string): Promise<void> {
    await this.write([{ type: "del", key }]);
    this.count(key, -1);
  }

  /**
   * Removes what is past its time to live.
   *
   * @param without keys that someone else is about to remove
   * @returns how many
   */
  async removeExpired(now: number, without: (key: string) => boolean): Promise<number> {
    const expired: string[] = [];
    for await (const [key, value] of this.level.iterator()) {
      const { expiresAt } = readHeader(value);
      if (expiresAt !== undefined && expiresAt <= now && !without(key)) expired.push(key);
    }
    await Promise.all(expired.map((key) => this.remove(key)));
    return expired.length;
  }

  async close(): Promise<void> {
    await this.writing;
    await this.level.close();
  }

  private write(operations: Write["operations"]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ operations, resolve, reject });
      this.writing ??= this.flush();
    });
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const writes = this.waiting;
      this.waiting = [];
      // What was only removed needs no flush: after a crash it is delivered again, as at-least-once allows.
      const sync = writes.some(({ operations }) => operations.some(({ type }) => type === "put"));
      try {
        await this.level.batch(
          writes.flatMap(({ operations }) => operations),
          { sync },
        );
        for (const { resolve } of writes) resolve();
      } catch (error) {
        for (const { reject } of writes) reject(error as Error);
      }
    }
    this.writing = undefined;
  }

  private count(key: string, change: 1 | -1): void {
    const [lane = "", , , size] = key.split("!");
    this.bytes += change * Number(size);
    this.messages += change;
    const count = (this.counts.get(lane) ?? 0) + change;
    if (count === 0) this.counts.delete(lane);
    else this.counts.set(lane, count);
  }
}

function readHeader(value: Buffer): { input?: string; expiresAt?: number; end: number } {
  const end = value.indexOf(0x0a);
  const header = JSON.parse(value.toString("utf8", 0, end)) as { input?: string; expiresAt?: number };
  return { ...header, end };
}

function read(key: string, value: Buffer): StoredMessage {
  const { end, ...header } = readHeader(value);
  return { key, ...header, message: decodeMessage(value.subarray(end + 1)) };
}
