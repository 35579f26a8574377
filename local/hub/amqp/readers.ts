import { HubError } from "../errors";

/** The limit of readers without an epoch for one partition and consumer group. */
const maximumReaders = 5;

/** A reader that can be told to go. */
export interface Attached {
  epoch: number | undefined;
  detach(condition: string, description: string): void;
}

/**
 * Who reads which partition in which consumer group: up to five readers, or one with an epoch, which takes over from
 * one with a smaller or equal epoch and from those without.
 */
export class Readers {
  readonly #attached = new Map<string, Set<Attached>>();

  /** @throws HubError when there is no room */
  attach(key: string, reader: Attached): void {
    const present = this.#attached.get(key) ?? new Set<Attached>();
    this.#attached.set(key, present);
    const highest = Math.max(-1, ...[...present].map(({ epoch }) => epoch ?? -1));
    if ((reader.epoch ?? -1) < highest) {
      throw new HubError(
        "amqp:link:stolen",
        409,
        `A reader with epoch ${highest} has this partition; it takes an epoch of at least ${highest} to take it over.`,
      );
    }
    if (reader.epoch !== undefined) {
      for (const other of [...present]) {
        present.delete(other);
        other.detach("amqp:link:stolen", `A reader with epoch ${reader.epoch} took this partition over.`);
      }
    } else if (present.size >= maximumReaders) {
      throw new HubError(
        "amqp:resource-limit-exceeded",
        403,
        `There are ${maximumReaders} readers of this partition in this consumer group, which is the limit.`,
      );
    }
    present.add(reader);
  }

  detach(key: string, reader: Attached): void {
    const present = this.#attached.get(key);
    present?.delete(reader);
    if (present?.size === 0) this.#attached.delete(key);
  }
}
