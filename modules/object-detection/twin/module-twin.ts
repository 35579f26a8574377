import type { ModuleClient as Client, Twin } from "azure-iot-device";
import type { Logger } from "pino";
import { setTimeout as wait } from "node:timers/promises";
import type { ObjectDetectionReported } from "@edge-vision/messages";
import type { Desired } from "./twin-settings";

/** Milliseconds before another attempt to reach edgeHub; doubles up to the most. */
const firstDelay = 1000;
const mostDelay = 60_000;

/** What the SDK types as `any`. */
interface ReportedProperties {
  update(patch: object, done: (error?: Error) => void): void;
}

/**
 * The module's twin, over the vendor's SDK. Connects in the background and for as long as it takes: the service answers
 * pictures without it.
 */
export class ModuleTwin {
  #client: Client | undefined;
  #twin: Twin | undefined;
  #reported: Partial<ObjectDetectionReported> = {};
  #closed = false;

  constructor(
    private readonly onDesired: (desired: Desired) => void,
    private readonly log: Logger,
  ) {}

  /** Whether an edge runtime started this process. */
  static available(environment: NodeJS.ProcessEnv): boolean {
    return environment.IOTEDGE_WORKLOADURI !== undefined || environment.EdgeHubConnectionString !== undefined;
  }

  /** Connects and listens to desired properties until {@link close}. */
  async run(): Promise<void> {
    for (let delay = firstDelay; !this.#closed; delay = Math.min(mostDelay, 2 * delay)) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        this.log.warn({ reason: (error as Error).message }, "edgeHub cannot be reached; trying again");
        await wait(delay);
      }
    }
  }

  /** Reports properties now, or when edgeHub is reached. */
  report(reported: Partial<ObjectDetectionReported>): void {
    this.#reported = { ...this.#reported, ...reported };
    if (!this.#twin) return;
    const sent = this.#reported;
    this.#reported = {};
    (this.#twin.properties.reported as ReportedProperties).update(sent, (error) => {
      if (!error) return;
      this.log.warn({ reason: error.message }, "reported properties were not taken");
      this.#reported = { ...sent, ...this.#reported };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.close();
  }

  async #connect(): Promise<void> {
    // The SDK is loaded only here: outside of an edge runtime its memory is saved.
    const { ModuleClient } = await import("azure-iot-device");
    const { Mqtt } = await import("azure-iot-device-mqtt");
    const client = await ModuleClient.fromEnvironment(Mqtt);
    client.on("error", (error: Error) => {
      this.log.warn({ reason: error.message }, "connection to edgeHub failed");
    });
    try {
      await client.open();
      const twin = await client.getTwin();
      this.#client = client;
      this.#twin = twin;
      twin.on("properties.desired", () => {
        this.onDesired(twin.properties.desired);
      });
      this.log.info("connected to edgeHub");
      this.report({});
    } catch (error) {
      client.removeAllListeners();
      await client.close().catch(() => undefined);
      throw error;
    }
  }
}
