import { EventEmitter } from "node:events";
import type { Change, Journal } from "./journal";

/** One event of a partition. `data` is its AMQP encoding, as readers get it. */
export interface StoredEvent {
  sequenceNumber: number;
  /** Milliseconds since 1970. */
  enqueuedTime: number;
  data: Buffer;
}

export interface PartitionState {
  /** The oldest event that is still kept. */
  first: number;
  /** The number that the next event gets. */
  next: number;
  /** Events before this number are on disk and can be read. */
  durable: number;
  lastEnqueuedTime: number;
}

/** Where a reader starts. */
export type StartPosition =
  | { from: "beginning" }
  | { from: "latest" }
  | { from: "sequenceNumber"; sequenceNumber: number; inclusive: boolean }
  | { from: "enqueuedTime"; after: number };

const timeLength = 8;

/**
 * A hub's events: partitions of numbered, immutable events on disk. Nothing is kept in memory but each partition's
 * bounds. Emits `appended` with the partition's index when events can be read.
 */
export class EventLog extends EventEmitter<{ appended: [partition: number] }> {
  readonly #journal: Journal;
  readonly #prefix: string;
  readonly #partitions: PartitionState[] = [];

  private constructor(journal: Journal, hubId: string) {
    super();
    this.setMaxListeners(0);
    this.#journal = journal;
    this.#prefix = `${hubId}/event/`;
  }

  static async open(journal: Journal, hubId: string, partitionCount: number): Promise<EventLog> {
    const log = new EventLog(journal, hubId);
    for (let partition = 0; partition < partitionCount; partition++) {
      const prefix = log.#partitionPrefix(partition);
      const [first, last] = await Promise.all([journal.firstKey(prefix), journal.lastKey(prefix)]);
      // The last number outlives the events that retention removed.
      const kept = await journal.get(log.#nextKey(partition));
      const next = last === undefined ? Number(kept?.toString() ?? 0) : numberOf(last) + 1;
      const lastEvent = last === undefined ? undefined : await journal.get(last);
      log.#partitions.push({
        first: first === undefined ? next : numberOf(first),
        next,
        durable: next,
        lastEnqueuedTime: lastEvent?.readDoubleBE(0) ?? 0,
      });
    }
    return log;
  }

  get partitionCount(): number {
    return this.#partitions.length;
  }

  /** The bounds of a partition; nothing when there is no such partition. */
  state(partition: number): Readonly<PartitionState> | undefined {
    return this.#partitions[partition];
  }

  /** Stores one event, and what belongs with it; resolves when it is durable. The order of calls is the order of events. */
  async append(
    partition: number,
    encode: (sequenceNumber: number, enqueuedTime: number) => Buffer,
    together: readonly Change[] = [],
  ): Promise<void> {
    const state = this.#require(partition);
    const sequenceNumber = state.next++;
    // Time never runs back within a partition, so that positions by time can be searched.
    state.lastEnqueuedTime = Math.max(Date.now(), state.lastEnqueuedTime);
    const time = Buffer.alloc(timeLength);
    time.writeDoubleBE(state.lastEnqueuedTime);
    const value = Buffer.concat([time, encode(sequenceNumber, state.lastEnqueuedTime)]);
    await this.#journal.write([{ key: this.#key(partition, sequenceNumber), value }, ...together]);
    state.durable = Math.max(state.durable, sequenceNumber + 1);
    this.emit("appended", partition);
  }

  /** Up to `limit` durable events from `sequenceNumber` on. */
  async read(partition: number, sequenceNumber: number, limit: number): Promise<StoredEvent[]> {
    const state = this.#require(partition);
    const from = Math.max(sequenceNumber, state.first);
    if (from >= state.durable) return [];
    const entries = await this.#journal.range(this.#key(partition, from), this.#key(partition, state.durable), limit);
    return entries.map(([key, value]) => ({
      sequenceNumber: numberOf(key),
      enqueuedTime: value.readDoubleBE(0),
      data: value.subarray(timeLength),
    }));
  }

  /** The number of the first event that a reader wants. */
  async resolve(partition: number, position: StartPosition): Promise<number> {
    const state = this.#require(partition);
    switch (position.from) {
      case "beginning":
        return state.first;
      case "latest":
        return state.durable;
      case "sequenceNumber":
        return Math.max(state.first, position.sequenceNumber + (position.inclusive ? 0 : 1));
      case "enqueuedTime":
        return this.#firstAfter(partition, state, position.after);
    }
  }

  /** Binary search: events are contiguous and their times never fall. */
  async #firstAfter(partition: number, state: PartitionState, time: number): Promise<number> {
    let low = state.first;
    let high = state.durable;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const value = await this.#journal.get(this.#key(partition, middle));
      if (value === undefined || value.readDoubleBE(0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Removes events that are older than `before` (milliseconds since 1970). */
  async removeOlderThan(before: number): Promise<void> {
    for (const [partition, state] of this.#partitions.entries()) {
      const first = await this.#firstAfter(partition, state, before);
      if (first <= state.first) continue;
      const kept: Change = { key: this.#nextKey(partition), value: Buffer.from(String(state.next)) };
      await this.#journal.write([kept]);
      const from = this.#key(partition, state.first);
      state.first = first;
      await this.#journal.clear(from, this.#key(partition, first));
    }
  }

  #require(partition: number): PartitionState {
    const state = this.#partitions[partition];
    if (state === undefined) throw new RangeError(`There is no partition ${partition}.`);
    return state;
  }

  #partitionPrefix(partition: number): string {
    return `${this.#prefix}${partition}/`;
  }

  #nextKey(partition: number): string {
    return `${this.#prefix}next/${partition}`;
  }

  #key(partition: number, sequenceNumber: number): string {
    return `${this.#partitionPrefix(partition)}${String(sequenceNumber).padStart(14, "0")}`;
  }
}

function numberOf(key: string): number {
  return Number(key.slice(key.lastIndexOf("/") + 1));
}
