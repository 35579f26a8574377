import { ClassicLevel } from "classic-level";

/** One change: a value to store, or a key to remove. */
export type Change = { key: string; value: Buffer } | { key: string; value: undefined };

interface Waiting {
  changes: readonly Change[];
  resolve(): void;
  reject(error: unknown): void;
}

/** The folder is in use by another process. `code` is `JOURNAL_LOCKED`. */
export class JournalLockedError extends Error {
  override readonly name = "JournalLockedError";
  readonly code = "JOURNAL_LOCKED";
}

/**
 * The hub's durable store: changes are written in the order of the calls, many callers share one write, and a promise
 * resolves only when the operating system has the data, so that `kill -9` loses nothing that was confirmed.
 */
export class Journal {
  readonly #level: ClassicLevel<string, Buffer>;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(level: ClassicLevel<string, Buffer>) {
    this.#level = level;
  }

  /** @throws JournalLockedError */
  static async open(folder: string): Promise<Journal> {
    const level = new ClassicLevel<string, Buffer>(folder, { keyEncoding: "utf8", valueEncoding: "buffer" });
    try {
      await level.open();
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause;
      if (cause?.code !== "LEVEL_LOCKED") throw error;
      throw new JournalLockedError(`${folder} is in use by another hub process. Stop that one first.`);
    }
    return new Journal(level);
  }

  /** All changes of one call take effect together. */
  write(changes: readonly Change[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#level.batch(
          batch.flatMap(({ changes }) =>
            changes.map((change) =>
              change.value === undefined
                ? { type: "del" as const, key: change.key }
                : { type: "put" as const, key: change.key, value: change.value },
            ),
          ),
        );
        for (const waiting of batch) waiting.resolve();
      } catch (error) {
        // Memory is ahead of the disk now; nothing more may be confirmed.
        this.#failure = error as Error;
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#writing = undefined;
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#level.get(key);
  }

  /** The entries whose keys start with `prefix`, in order. */
  async *entries(prefix: string): AsyncGenerator<[key: string, value: Buffer]> {
    yield* this.#level.iterator({ gte: prefix, lt: `${prefix}\uffff` });
  }

  /** Up to `limit` entries from one key to another, the first inclusive, the last exclusive. */
  range(from: string, to: string, limit: number): Promise<[key: string, value: Buffer][]> {
    return this.#level.iterator({ gte: from, lt: to, limit }).all();
  }

  async firstKey(prefix: string): Promise<string | undefined> {
    return (await this.#level.keys({ gte: prefix, lt: `${prefix}\uffff`, limit: 1 }).all())[0];
  }

  async lastKey(prefix: string): Promise<string | undefined> {
    return (await this.#level.keys({ gte: prefix, lt: `${prefix}\uffff`, limit: 1, reverse: true }).all())[0];
  }

  /** The first part, up to the slash, of all keys. */
  async firstParts(): Promise<string[]> {
    const parts: string[] = [];
    let from = "";
    for (;;) {
      const key = (await this.#level.keys({ gt: from, limit: 1 }).all())[0];
      if (key === undefined) return parts;
      const part = key.slice(0, key.indexOf("/"));
      parts.push(part);
      from = `${part}/\uffff`;
    }
  }

  /** Removes all keys from `from` to before `to`. Waits for what was written before. */
  async clear(from: string, to: string): Promise<void> {
    await this.#writing;
    await this.#level.clear({ gte: from, lt: to });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#level.close();
  }
}
