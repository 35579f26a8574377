import type { Logger } from "pino";
import type { Metrics } from "../server/metrics";
import type { HubConnection, OutgoingMessage } from "./hub-connection";

const maxUnconfirmed = 16;

/**
 * Sends each message once and logs its confirmation with its id. New reports of detections, which are worth nothing
 * later, are dropped while too many are unconfirmed.
 */
export class Delivery {
  readonly #hub: Pick<HubConnection, "send">;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #onConfirmed: (bytes: number) => void;
  #unconfirmed = 0;

  /** `onConfirmed` is told the size of each message that was confirmed. */
  constructor(hub: Pick<HubConnection, "send">, metrics: Metrics, log: Logger, onConfirmed: (bytes: number) => void) {
    this.#hub = hub;
    this.#metrics = metrics;
    this.#log = log;
    this.#onConfirmed = onConfirmed;
  }

  /** Sends the message; resolves to whether edgeHub confirmed it. */
  async send(message: OutgoingMessage): Promise<boolean> {
    const count = (outcome: string): void => {
      this.#metrics.messages.inc({ type: message.type, outcome });
    };
    if (message.type === "detections" && this.#unconfirmed >= maxUnconfirmed) {
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
      this.#onConfirmed(Buffer.byteLength(JSON.stringify(message.body)));
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
