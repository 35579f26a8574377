import type { Client } from "aedes";
import {
  deviceBoundFilter,
  desiredPropertiesFilter,
  inputsFilter,
  methodRequestFilter,
  parsePublishedTopic,
  TopicError,
  twinResponseFilter,
  twinResponseTopic,
  type Identity,
} from "../../protocol/topics";
import type { LiveClient } from "../connections";
import { HubError, refuse } from "../errors";
import type { Hub } from "../hub";
import { clientTwinView } from "../twins/view";
import { storeTelemetry, type Telemetry } from "./telemetry";

const maximumMessageBytes = 256 * 1024;
/** The longest delay that a timer can have. */
const maximumDelayMs = 2 ** 31 - 1;

/** One connected device or module: what it may publish and subscribe to, and what becomes of it. */
export class ClientSession implements LiveClient {
  #expiry: NodeJS.Timeout | undefined;

  constructor(
    readonly hub: Hub,
    readonly identity: Identity,
    private readonly client: Client,
    private readonly authentication: Telemetry["authentication"],
    /** When the token ends, in milliseconds since 1970; none with a certificate. */
    private readonly expiresAt: number | undefined,
    private readonly onExpired: () => void,
  ) {}

  open(): void {
    this.hub.connections.add(this);
    this.#watchExpiry();
  }

  /** The connection is gone. */
  closed(): void {
    clearTimeout(this.#expiry);
    this.hub.connections.remove(this);
  }

  close(): void {
    this.client.close();
  }

  isSubscribed(filter: string): boolean {
    return filter in (this.client as unknown as { subscriptions: Record<string, unknown> }).subscriptions;
  }

  publish(topic: string, payload: Buffer | string): void {
    if (this.client.closed) return;
    this.client.publish(
      { cmd: "publish", topic, payload: Buffer.from(payload), qos: 0, retain: false, dup: false },
      () => undefined,
    );
  }

  /** The filters of this identity, and no others. */
  maySubscribe(filter: string): boolean {
    const { deviceId, moduleId } = this.identity;
    return (
      filter === twinResponseFilter ||
      filter === desiredPropertiesFilter ||
      filter === methodRequestFilter ||
      filter === deviceBoundFilter(this.identity) ||
      (moduleId !== undefined && filter === inputsFilter(deviceId, moduleId))
    );
  }

  /**
   * Takes what the client published; resolves when it may be confirmed.
   *
   * @throws HubError when it may not be published; the connection is closed then, as the service does it
   */
  async receive(topic: string, payload: Buffer): Promise<void> {
    const published = readTopic(topic);
    switch (published?.kind) {
      case "events":
        return this.#receiveEvent(published.identity, published.properties, payload);
      case "twin-get":
        return this.#answerTwin(published.requestId);
      case "twin-patch":
        return this.#patchReported(published.requestId, payload);
      case "method-response":
        this.hub.methods.respond(this.identity, published.requestId, published.status, payload);
        return;
      case undefined:
        throw refuse.unauthorized(`Nobody may publish to ${topic}.`);
    }
  }

  async #receiveEvent(sender: Identity, properties: Telemetry["properties"], body: Buffer): Promise<void> {
    if (sender.deviceId !== this.identity.deviceId || sender.moduleId !== this.identity.moduleId) {
      throw refuse.unauthorized("A device or module may send messages in its own name only.");
    }
    if (body.length > maximumMessageBytes) {
      throw refuse.tooLarge(`A message of ${body.length} bytes is larger than ${maximumMessageBytes}.`);
    }
    await storeTelemetry(this.hub, { ...this.identity, properties, body, authentication: this.authentication });
  }

  #answerTwin(requestId: string): Promise<void> {
    return this.#respond(requestId, () => {
      const twin = this.hub.twins.get(this.identity);
      this.publish(twinResponseTopic(200, requestId), JSON.stringify(clientTwinView(twin)));
    });
  }

  #patchReported(requestId: string, payload: Buffer): Promise<void> {
    return this.#respond(requestId, async () => {
      const twin = await this.hub.twins.report(this.identity, parse(payload));
      this.publish(twinResponseTopic(204, requestId, twin.reported.version), "");
    });
  }

  /** A refusal goes to the client, with the words that its SDK looks at. */
  async #respond(requestId: string, action: () => void | Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      const body = { errorCode: error.status * 1000 + 1, message: `ErrorCode:${error.code};${error.message}` };
      this.publish(twinResponseTopic(error.status, requestId), JSON.stringify(body));
    }
  }

  #watchExpiry(): void {
    if (this.expiresAt === undefined) return;
    const left = this.expiresAt - Date.now();
    this.#expiry = setTimeout(
      () => {
        if (left > maximumDelayMs) {
          this.#watchExpiry();
          return;
        }
        this.onExpired();
        this.close();
      },
      Math.min(Math.max(left, 0), maximumDelayMs),
    );
  }
}

function readTopic(topic: string): ReturnType<typeof parsePublishedTopic> {
  try {
    return parsePublishedTopic(topic);
  } catch (error) {
    if (error instanceof TopicError) throw refuse.argument(error.message);
    throw error;
  }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    throw refuse.argument("The patch of reported properties is not JSON.");
  }
}
