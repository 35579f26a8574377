import type { Logger } from "pino";
import type { Metrics } from "../server/metrics";
import type { HubConnection, OutgoingMessage } from "./hub-connection";

const maxUnconfirmed = 16;

/**
 * Sends messages that are worth nothing later, as detections are: each is tried once, and new ones are dropped while
 * too many are unconfirmed. Every confirmation is logged with its message id.
 */
export class Delivery {
  readonly #hub: Pick<HubConnection, "send">;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  #unconfirmed = 0;

  constructor(hub: Pick<HubConnection, "send">, metrics: Metrics, log: Logger) {
    this.#hub = hub;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Sends the message; resolves to whether edgeHub confirmed it. */
  async send(message: OutgoingMessage): Promise<boolean> {
    const count = (outcome: string): void => {
      this.#metrics.messages.inc({ type: message.type, outcome });
    };
    if (this.#unconfirmed >= maxUnconfirmed) {
      count("lost");
      return false;
    }
    this.#unconfirmed += 1;
    count("sent");
    let late = false;
    try {
      await this.#hub.send(message, () => {
        late = true;
        count("overdue");
        this.#log.warn({ messageId: message.id, type: message.type }, "not confirmed in time");
      });
      count("confirmed");
      this.#log.info({ messageId: message.id, type: message.type, late }, "confirmed");
      return true;
    } catch (error) {
      count("lost");
      this.#log.warn({ messageId: message.id, type: message.type, reason: (error as Error).message }, "not confirmed");
      return false;
    } finally {
      this.#unconfirmed -= 1;
    }
  }
}
