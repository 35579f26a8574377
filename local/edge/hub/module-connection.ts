import type { Client } from "aedes";

const acknowledgeTimeoutMs = 30_000;
const maximumTimerMs = 2 ** 31 - 1;
const packet = { cmd: "publish" as const, retain: false, dup: false };

/** A module did not confirm what was sent to it, or is not connected. `code` is `MODULE_NOT_REACHED`. */
export class ModuleNotReachedError extends Error {
  override readonly name = "ModuleNotReachedError";
  readonly code = "MODULE_NOT_REACHED";
}

/** One module's MQTT connection: it ends when the module's token expires. */
export class ModuleConnection {
  private readonly expiry: NodeJS.Timeout;
  /** The one message that waits for its confirmation. */
  private waiting?: { resolve: () => void; reject: (error: Error) => void };

  /** @param expiresAt seconds since 1970 */
  constructor(
    readonly moduleId: string,
    readonly client: Client,
    expiresAt: number,
    onExpired: () => void,
  ) {
    this.expiry = setTimeout(
      () => {
        onExpired();
        client.close();
      },
      Math.min(expiresAt * 1000 - Date.now(), maximumTimerMs),
    );
  }

  hasSubscribed(filter: string): boolean {
    const { subscriptions } = this.client as unknown as { subscriptions: Record<string, unknown> };
    return subscriptions[filter] !== undefined;
  }

  /** Sends without confirmation. */
  publish(topic: string, payload: string): void {
    this.client.publish({ ...packet, topic, payload: Buffer.from(payload), qos: 0 }, ignore);
  }

  /** Sends one message and resolves when the module has confirmed it. */
  deliver(topic: string, payload: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting?.reject(
          new ModuleNotReachedError(`${this.moduleId} did not confirm within ${acknowledgeTimeoutMs / 1000} s.`),
        );
      }, acknowledgeTimeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        delete this.waiting;
      };
      this.waiting = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.client.publish({ ...packet, topic, payload, qos: 1 }, ignore);
    });
  }

  confirmed(): void {
    this.waiting?.resolve();
  }

  /** The connection is gone: nothing of it is confirmed any more. */
  closed(): void {
    clearTimeout(this.expiry);
    this.waiting?.reject(new ModuleNotReachedError(`${this.moduleId} has disconnected.`));
  }
}

/** A failure to write ends the connection, and that is seen. */
function ignore(): void {}
