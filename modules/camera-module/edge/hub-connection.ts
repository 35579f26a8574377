import { setTimeout as sleep } from "node:timers/promises";
import { Message, type ModuleClient, type Twin } from "azure-iot-device";
import type { Logger } from "pino";
import type { DesiredProperties } from "../settings/live-settings";
import { DesiredPropertyStore } from "../settings/desired-properties";
import { ReportedProperties } from "./reported-properties";

/** A message for the hub. */
export interface OutgoingMessage {
  /** The same when the message is sent again. */
  readonly id: string;
  readonly type: "detections" | "spot";
  readonly body: object;
}

/** A message was not confirmed by this connection; the next one may take it. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";

  constructor(
    readonly code: "NOT_CONNECTED" | "CONNECTION_LOST" | "NOT_ACCEPTED",
    message: string,
  ) {
    super(message);
  }
}

/** Answer of a direct method. */
export interface MethodAnswer {
  status: number;
  body: object;
}

export type Methods = Readonly<Record<string, (payload: unknown) => MethodAnswer | Promise<MethodAnswer>>>;

export interface HubConnectionOptions {
  /** Makes a client that is not open yet: `ModuleClient.fromEnvironment(Mqtt)`. */
  connect: () => Promise<ModuleClient>;
  /** The module's output. */
  output: string;
  /** Called with the whole of the desired properties, once after each connection and at each change. */
  onDesired: (desired: DesiredProperties) => void;
  methods: Methods;
  log: Logger;
  /** Called after each connection. */
  onConnected?: () => void;
  /** A message that is not confirmed for so long counts as overdue. @default 10000 */
  messageTimeoutMilliseconds?: number;
  /** @default [1000, 60000] */
  backOffMilliseconds?: readonly [first: number, longest: number];
}

const twinRefreshMilliseconds = 3_600_000;
const overdueInARow = 3;

/**
 * The module's connection to edgeHub, kept up until the module ends. The SDK survives short interruptions by itself;
 * when it gives up, cannot open at all (its first connect is never retried), or leaves message after message
 * unconfirmed, a new client takes over.
 */
export class HubConnection {
  readonly #options: HubConnectionOptions;
  readonly #desired = new DesiredPropertyStore();
  readonly #reported: ReportedProperties;
  readonly #lost = new Set<(error: DeliveryError) => void>();
  #client: ModuleClient | undefined;
  #giveUp: (reason: string) => void = () => undefined;
  #overdue = 0;

  constructor(options: HubConnectionOptions) {
    this.#options = options;
    this.#reported = new ReportedProperties(options.log);
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** Connects and stays connected until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const [first, longest] = this.#options.backOffMilliseconds ?? [1000, 60_000];
    let wait = first;
    while (!signal.aborted) {
      try {
        await this.#session(signal, () => (wait = first));
      } catch (error) {
        this.#options.log.warn({ reason: (error as Error).message }, "the hub cannot be reached");
      }
      await sleep(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      wait = Math.min(longest, wait * 2);
    }
  }

  /**
   * Sends a message. Resolves when edgeHub has stored it, however long that takes; `onOverdue` is called when that
   * takes longer than the message timeout.
   *
   * @throws DeliveryError when this connection will not confirm it.
   */
  async send(message: OutgoingMessage, onOverdue: () => void = () => undefined): Promise<void> {
    const client = this.#client;
    if (!client) throw new DeliveryError("NOT_CONNECTED", "there is no connection to the hub");
    let lost: (error: DeliveryError) => void = () => undefined;
    const connectionLost = new Promise<never>((_resolve, reject) => {
      lost = reject;
      this.#lost.add(lost);
    });
    const timer = setTimeout(() => {
      this.#overdue += 1;
      onOverdue();
      if (this.#overdue >= overdueInARow) this.#giveUp(`${this.#overdue} messages in a row were not confirmed in time`);
    }, this.#options.messageTimeoutMilliseconds ?? 10_000);
    try {
      await Promise.race([client.sendOutputEvent(this.#options.output, encode(message)), connectionLost]);
      this.#overdue = 0;
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      throw new DeliveryError("NOT_ACCEPTED", (error as Error).message);
    } finally {
      clearTimeout(timer);
      this.#lost.delete(lost);
    }
  }

  /** Sets reported properties, now or as soon as the hub can be reached; a later value replaces an earlier one. */
  report(properties: object): void {
    this.#reported.set(properties);
  }

  async #session(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const client = await this.#options.connect();
    const broken = new Promise<string>((resolve) => {
      this.#giveUp = resolve;
    });
    const refresh = (): void => {
      this.#readDesired(client).catch((error: unknown) => {
        this.#options.log.warn({ reason: (error as Error).message }, "the twin cannot be read");
      });
    };
    const timer = setInterval(refresh, twinRefreshMilliseconds);
    const onAbort = (): void => {
      this.#giveUp("the module ends");
    };
    signal.addEventListener("abort", onAbort);
    client.on("error", () => undefined);
    client.on("disconnect", () => {
      this.#giveUp("the SDK gave the connection up");
    });
    try {
      await client.open();
      this.#serveMethods(client);
      const twin = await client.getTwin();
      // First subscribed, then read: what changes in between is not missed.
      await subscribeDesired(twin);
      this.#followDesired(twin, refresh);
      await this.#readDesired(client);
      // The SDK subscribes again after an interruption; what changed meanwhile must be read.
      client.on("connect", refresh);
      this.#client = client;
      this.#overdue = 0;
      onOpen();
      this.#options.log.info("connected to the hub");
      this.#options.onConnected?.();
      this.#reported.use(twin);
      const reason = await broken;
      if (!signal.aborted) this.#options.log.warn({ reason }, "connection to the hub lost");
    } finally {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      this.#client = undefined;
      this.#reported.use(undefined);
      for (const lose of this.#lost) lose(new DeliveryError("CONNECTION_LOST", "the connection to the hub was lost"));
      client.removeAllListeners("disconnect").removeAllListeners("connect");
      await Promise.race([client.close().catch(() => undefined), sleep(2000, undefined, { ref: false })]);
    }
  }

  #followDesired(twin: Twin, refresh: () => void): void {
    twin.on("error", (error: Error) => {
      this.#giveUp(`the twin cannot be followed: ${error.message}`);
    });
    twin.on("properties.desired", (patch: DesiredProperties) => {
      const changed = this.#desired.patch(patch);
      if (changed === "gap") refresh();
      else if (changed) this.#options.onDesired(changed);
    });
  }

  /** Reads the twin past the SDK's cache, which merges arrays element by element and keeps what was removed. */
  async #readDesired(client: ModuleClient): Promise<void> {
    const desired = await new Promise<DesiredProperties>((resolve, reject) => {
      client._transport.getTwin((error, properties) => {
        if (error) reject(error);
        else resolve(properties?.desired ?? {});
      });
    });
    const changed = this.#desired.replace(desired);
    if (changed) this.#options.onDesired(changed);
  }

  #serveMethods(client: ModuleClient): void {
    for (const [name, answer] of Object.entries(this.#options.methods)) {
      client.onMethod(name, (request, response) => {
        if (!request || !response) return;
        void (async () => {
          const { status, body } = await this.#answer(name, answer, request.payload);
          await response.send(status, body);
          this.#options.log.info({ method: name, status }, "direct method answered");
        })().catch((error: unknown) => {
          this.#options.log.error({ method: name, reason: (error as Error).message }, "the answer was not taken");
        });
      });
    }
  }

  async #answer(name: string, answer: Methods[string], payload: unknown): Promise<MethodAnswer> {
    try {
      return await answer(payload);
    } catch (error) {
      this.#options.log.error({ method: name, reason: (error as Error).message }, "direct method failed");
      return { status: 500, body: { error: `${name} failed; the module's log tells why` } };
    }
  }
}

function subscribeDesired(twin: Twin): Promise<void> {
  return new Promise((resolve, reject) => {
    twin.enableTwinDesiredPropertiesUpdates((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function encode({ id, type, body }: OutgoingMessage): Message {
  const message = new Message(JSON.stringify(body));
  message.messageId = id;
  message.contentType = "application/json";
  message.contentEncoding = "utf-8";
  message.properties.add("type", type);
  return message;
}
