import type { Connectivity } from "./identities/view";
import { keyOf } from "./store/model";

/** A device or module that is connected. */
export interface LiveClient {
  identity: { deviceId: string; moduleId?: string };
  isSubscribed(filter: string): boolean;
  /** Sends to this client only; nothing happens when it is gone. */
  publish(topic: string, payload: Buffer | string): void;
  close(): void;
}

interface Entry {
  client?: LiveClient;
  changedAt: string;
  lastActivityTime: string;
}

/** Who is connected to one hub. */
export class Connections {
  readonly #entries = new Map<string, Entry>();

  get count(): number {
    let count = 0;
    for (const { client } of this.#entries.values()) if (client !== undefined) count++;
    return count;
  }

  add(client: LiveClient): void {
    const now = new Date().toISOString();
    this.#entries.set(keyOf(client.identity), { client, changedAt: now, lastActivityTime: now });
  }

  /** Forgets this client, unless another took its place. */
  remove(client: LiveClient): void {
    const entry = this.#entries.get(keyOf(client.identity));
    if (entry?.client !== client) return;
    const now = new Date().toISOString();
    this.#entries.set(keyOf(client.identity), { changedAt: now, lastActivityTime: now });
  }

  find(identity: { deviceId: string; moduleId?: string }): LiveClient | undefined {
    return this.#entries.get(keyOf(identity))?.client;
  }

  /** Notes that an identity just did something. */
  touch(identity: { deviceId: string; moduleId?: string }): void {
    const entry = this.#entries.get(keyOf(identity));
    if (entry !== undefined) entry.lastActivityTime = new Date().toISOString();
  }

  connectivity(identity: { deviceId: string; moduleId?: string }): Connectivity {
    const entry = this.#entries.get(keyOf(identity));
    if (entry === undefined) return { connected: false };
    const { changedAt, lastActivityTime } = entry;
    return { connected: entry.client !== undefined, changedAt, lastActivityTime };
  }

  /** Closes the connections of an identity; of a device, those of its modules too. */
  close({ deviceId, moduleId }: { deviceId: string; moduleId?: string }): void {
    for (const { client } of this.#entries.values()) {
      if (client?.identity.deviceId !== deviceId) continue;
      if (moduleId === undefined || client.identity.moduleId === moduleId) client.close();
    }
  }

  closeAll(): void {
    for (const { client } of this.#entries.values()) client?.close();
  }
}
