import { EventHubConsumerClient, type ReceivedEventData } from "@azure/event-hubs";

/** A message that reached the hub, as any consumer of the built-in endpoint sees it. */
export interface HubEvent {
  deviceId: string;
  /** The sending module; absent for a message of the device itself. */
  moduleId?: string;
  messageId?: string;
  /** When the hub took the message, ISO 8601. */
  enqueuedAt: string;
  sequenceNumber: number;
  partition: string;
  contentType?: string;
  /** The application properties that the sender set. */
  properties: Record<string, unknown>;
  /** The parsed body when it is JSON, its text when it is not. */
  body: unknown;
}

/** Where and what to read. */
export interface EventReaderOptions {
  /** Connection string of the Event Hubs endpoint, with its EntityPath. */
  connectionString: string;
  /** @default "$Default" */
  consumerGroup?: string;
  /** The first moment whose messages are wanted. @default now */
  since?: Date;
  onEvent: (event: HubEvent) => void;
  /** A connection that broke; the reader connects again by itself. */
  onError?: (error: Error) => void;
}

/** A running reader. */
export interface EventReader {
  close(): Promise<void>;
}

/**
 * Reads every partition of a hub's built-in endpoint from a moment on. The position is kept, so that a hub that went
 * away and came back is read on from where it was left: nothing twice, nothing missing.
 */
export function readEvents(options: EventReaderOptions): EventReader {
  const client = new EventHubConsumerClient(options.consumerGroup ?? "$Default", options.connectionString, {
    // One consumer that owns all partitions: claim them at once instead of one every ten seconds.
    loadBalancingOptions: { strategy: "greedy", updateIntervalInMs: 1_000 },
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 2_000, timeoutInMs: 10_000 },
  });
  const seen = new Map<string, number>();
  const subscription = client.subscribe(
    {
      processEvents: async (events, context) => {
        for (const event of events) {
          if (event.sequenceNumber <= (seen.get(context.partitionId) ?? -1)) continue;
          seen.set(context.partitionId, event.sequenceNumber);
          options.onEvent(toHubEvent(event, context.partitionId));
        }
        const last = events.at(-1);
        if (last) await context.updateCheckpoint(last);
      },
      processError: (error) => {
        options.onError?.(error);
        return Promise.resolve();
      },
    },
    { startPosition: { enqueuedOn: options.since ?? new Date() }, maxBatchSize: 100, maxWaitTimeInSeconds: 1 },
  );
  return {
    close: async () => {
      await subscription.close();
      await client.close();
    },
  };
}

/** Translates what the Event Hubs SDK hands out; the hub adds `iothub-…` system properties. */
export function toHubEvent(event: ReceivedEventData, partition: string): HubEvent {
  const system = event.systemProperties ?? {};
  const moduleId = text(system["iothub-connection-module-id"]);
  const messageId = text(event.messageId);
  const contentType = text(event.contentType);
  return {
    deviceId: text(system["iothub-connection-device-id"]) ?? "",
    ...(moduleId !== undefined && { moduleId }),
    ...(messageId !== undefined && { messageId }),
    enqueuedAt: event.enqueuedTimeUtc.toISOString(),
    sequenceNumber: event.sequenceNumber,
    partition,
    ...(contentType !== undefined && { contentType }),
    properties: { ...event.properties },
    body: parseBody(event.body),
  };
}

function parseBody(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return body;
  const decoded = body.toString("utf8");
  try {
    return JSON.parse(decoded);
  } catch {
    return decoded;
  }
}

function text(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  return typeof value === "string" && value !== "" ? value : undefined;
}
