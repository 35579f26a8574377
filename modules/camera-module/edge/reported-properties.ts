import { setTimeout as sleep } from "node:timers/promises";
import type { Twin } from "azure-iot-device";
import type { Logger } from "pino";

const retryMilliseconds = 5000;

/**
 * The module's reported properties: a value is sent as soon as the hub can be reached, a later one in its place, and
 * never one that the hub has already, since updates of a twin are metered as messages are.
 */
export class ReportedProperties {
  readonly #log: Logger;
  readonly #taken = new Map<string, string>();
  #pending: Record<string, unknown> = {};
  #twin: Twin | undefined;
  #sending = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  set(properties: object): void {
    Object.assign(this.#pending, properties);
    void this.#send();
  }

  /** Goes on with this twin; undefined while there is no connection. */
  use(twin: Twin | undefined): void {
    this.#twin = twin;
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#twin && Object.keys(this.#pending).length > 0) {
        const patch = this.#news();
        this.#pending = {};
        const error = Object.keys(patch).length > 0 ? await update(this.#twin, patch) : undefined;
        if (!error) {
          for (const [name, value] of Object.entries(patch)) this.#taken.set(name, JSON.stringify(value));
          continue;
        }
        this.#pending = { ...patch, ...this.#pending };
        this.#log.warn({ reason: error.message }, "reported properties were not taken");
        await sleep(retryMilliseconds, undefined, { ref: false });
      }
    } finally {
      this.#sending = false;
    }
  }

  #news(): Record<string, unknown> {
    const changed = Object.entries(this.#pending).filter(
      ([name, value]) => this.#taken.get(name) !== JSON.stringify(value),
    );
    return Object.fromEntries(changed);
  }
}

function update(twin: Twin, patch: object): Promise<Error | undefined> {
  const send = twin.properties.reported.update as (patch: object, done: (error?: Error) => void) => void;
  return new Promise((resolve) => {
    send(patch, resolve);
  });
}
