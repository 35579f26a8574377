import { EventEmitter } from "node:events";
import type { Message, ModuleClient } from "azure-iot-device";

interface SentMessage {
  id: string;
  type: string;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  body: Record<string, unknown>;
}

type Handler = (
  request: { payload: unknown },
  response: { send: (status: number, body: unknown) => Promise<void> },
) => void;

/** What edgeHub is to one module, in memory: the surface of `ModuleClient` that the camera uses. */
export class FakeEdgeHub {
  /** Whether new clients can open, and whether messages are confirmed. */
  reachable = true;
  confirming = true;
  readonly sent: SentMessage[] = [];
  readonly reported: Record<string, unknown> = {};
  /** How often reported properties were updated. */
  updates = 0;
  opened = 0;

  #desired: Record<string, unknown> = { $version: 1 };
  #clients: FakeClient[] = [];

  connect = (): Promise<ModuleClient> => Promise.resolve(new FakeClient(this) as unknown as ModuleClient);

  get desired(): Record<string, unknown> {
    return this.#desired;
  }

  /** Patches the desired properties as `az iot hub module-twin update` does. */
  desire(patch: Record<string, unknown>): void {
    const $version = (this.#desired.$version as number) + 1;
    this.#desired = Object.fromEntries(
      Object.entries<unknown>({ ...this.#desired, ...patch, $version }).filter(([, value]) => value !== null),
    );
    for (const client of this.#clients) client.twin.emit("properties.desired", { ...patch, $version });
  }

  /** Breaks every connection in a way that the SDK does not repair. */
  drop(): void {
    for (const client of this.#clients.splice(0)) client.emit("disconnect");
  }

  /** Calls a direct method. */
  async invoke(name: string, payload: unknown = null): Promise<{ status: number; body: unknown }> {
    const handler = this.#clients.at(-1)?.handlers.get(name);
    if (!handler) throw new Error(`no method ${name}`);
    return new Promise((resolve) => {
      handler(
        { payload },
        {
          send: (status, body) => {
            resolve({ status, body });
            return Promise.resolve();
          },
        },
      );
    });
  }

  join(client: FakeClient): void {
    this.#clients.push(client);
    this.opened += 1;
  }
}

class FakeClient extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  readonly twin: EventEmitter & { properties: unknown };
  readonly _transport: { getTwin: (done: (error: undefined, twin: unknown) => void) => void };
  readonly #hub: FakeEdgeHub;

  constructor(hub: FakeEdgeHub) {
    super();
    this.#hub = hub;
    const update = (patch: Record<string, unknown>, done: () => void): void => {
      hub.updates += 1;
      Object.assign(hub.reported, structuredClone(patch));
      setImmediate(done);
    };
    this.twin = Object.assign(new EventEmitter(), {
      properties: { desired: {}, reported: { update } },
      enableTwinDesiredPropertiesUpdates: (done: () => void) => setImmediate(done),
    });
    this._transport = {
      getTwin: (done) => {
        setImmediate(done, undefined, { desired: hub.desired, reported: hub.reported });
      },
    };
  }

  open(): Promise<void> {
    if (!this.#hub.reachable) return Promise.reject(new Error("ECONNREFUSED"));
    this.#hub.join(this);
    return Promise.resolve();
  }

  getTwin(): Promise<unknown> {
    return Promise.resolve(this.twin);
  }

  onMethod(name: string, handler: Handler): void {
    this.handlers.set(name, handler);
  }

  sendOutputEvent(output: string, message: Message): Promise<void> {
    if (output !== "output1") return Promise.reject(new Error(`unexpected output ${output}`));
    if (!this.#hub.confirming) return new Promise(() => undefined);
    this.#hub.sent.push({
      id: message.messageId,
      type: message.properties.getValue("type") as string,
      contentType: message.contentType,
      contentEncoding: message.contentEncoding,
      body: JSON.parse(message.getBytes().toString("utf8")) as Record<string, unknown>,
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
