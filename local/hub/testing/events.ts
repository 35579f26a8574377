import { EventHubConsumerClient, type EventPosition, type ReceivedEventData } from "@azure/event-hubs";
import type { TestHub } from "./hub";
import { until } from "./hub";

/** Everything a reader gets from all partitions, by the vendor's client. */
export class Reader {
  readonly events: { partitionId: string; event: ReceivedEventData }[] = [];
  readonly errors: Error[] = [];
  readonly #client: EventHubConsumerClient;
  #subscription: { close(): Promise<void> } | undefined;

  constructor(hub: TestHub, { group = "$Default", policy = "service", key = undefined as string | undefined } = {}) {
    this.#client = new EventHubConsumerClient(
      group,
      hub.eventsConnectionString(policy, key === undefined ? {} : { key }),
      // A refusal is retried for minutes otherwise.
      { retryOptions: { maxRetries: 0 } },
    );
  }

  get client(): EventHubConsumerClient {
    return this.#client;
  }

  start(startPosition: EventPosition = { offset: "-1" }): this {
    this.#subscription = this.#client.subscribe(
      {
        processEvents: (events, { partitionId }) => {
          for (const event of events) this.events.push({ partitionId, event });
          return Promise.resolve();
        },
        processError: (error) => {
          this.errors.push(error);
          return Promise.resolve();
        },
      },
      { startPosition, maxWaitTimeInSeconds: 1, maxBatchSize: 100 },
    );
    return this;
  }

  /** Waits until there are at least so many. */
  async count(wanted: number): Promise<ReceivedEventData[]> {
    await until(() => this.events.length >= wanted);
    return this.events.map(({ event }) => event);
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
    await this.#client.close();
  }
}
