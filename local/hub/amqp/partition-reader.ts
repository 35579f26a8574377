import { setImmediate } from "node:timers/promises";
import type { Sender } from "rhea";
import type { Hub } from "../hub";
import type { Claims } from "./claims";

const eventsPerRead = 100;
/** rhea keeps at most 2,048 deliveries of a session. */
const queueReserve = 256;

/** Sends a partition's events over one link, as fast as the reader gives credit. */
export class PartitionReader {
  #pumping = false;
  #closed = false;
  readonly #onAppended = (partition: number): void => {
    if (partition === this.partition) this.pump();
  };

  constructor(
    private readonly hub: Hub,
    private readonly sender: Sender,
    private readonly claims: Claims,
    readonly partition: number,
    private next: number,
    private readonly onFailure: (error: unknown) => void,
  ) {
    hub.events.on("appended", this.#onAppended);
  }

  close(): void {
    this.#closed = true;
    this.hub.events.off("appended", this.#onAppended);
  }

  /** Called when there may be something to send, or credit to send it with. */
  pump(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    this.#send()
      .catch(this.onFailure)
      .finally(() => {
        this.#pumping = false;
      });
  }

  async #send(): Promise<void> {
    while (!this.#closed && this.#credit() > 0) {
      if (!this.claims.covers(this.hub)) {
        this.sender.close({ condition: "amqp:unauthorized-access", description: "The token expired." });
        this.close();
        return;
      }
      const room = this.#room();
      if (room <= 0) return;
      const events = await this.hub.events.read(this.partition, this.next, Math.min(room, eventsPerRead));
      if (events.length === 0) {
        // What was appended while this read was under way has been missed.
        if (this.next >= (this.hub.events.state(this.partition)?.durable ?? 0)) return;
        continue;
      }
      for (const event of events) {
        if (this.#isClosed()) return;
        this.sender.send(event.data, undefined, 0);
        this.next = event.sequenceNumber + 1;
      }
      // rhea takes the credit off when it writes, which is after this turn.
      await setImmediate();
    }
  }

  /** A link may be closed while a read is awaited. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #credit(): number {
    return (this.sender as unknown as { credit: number }).credit;
  }

  #room(): number {
    const { outgoing } = this.sender.session as unknown as { outgoing: { available(): number } };
    return Math.min(this.#credit(), outgoing.available() - queueReserve);
  }
}
