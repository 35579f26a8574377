import { createHash } from "node:crypto";
import type { MessageProperties } from "../../protocol/topics";
import { encodeEvent } from "../amqp/event-message";
import type { Hub } from "../hub";

export interface Telemetry {
  deviceId: string;
  moduleId?: string;
  properties: MessageProperties;
  body: Buffer;
  authentication: { scope: "hub" | "device"; type: "sas" | "x509Certificate" };
}

/**
 * Stores a message among the hub's events; resolves when it is durable. A device's messages keep their order.
 *
 * @throws HubError `IotHubQuotaExceeded`
 */
export async function storeTelemetry(hub: Hub, telemetry: Telemetry): Promise<void> {
  const { deviceId, moduleId, properties, body, authentication } = telemetry;
  const generationId =
    (moduleId === undefined ? hub.state.devices.get(deviceId) : hub.state.module(deviceId, moduleId))?.generationId ??
    "";
  hub.connections.touch(telemetry);
  const counted = hub.quota.take(body.length + sizeOf(properties));
  const encode = (sequenceNumber: number, enqueuedTime: number): Buffer =>
    encodeEvent({
      sequenceNumber,
      enqueuedTime,
      deviceId,
      ...(moduleId === undefined ? {} : { moduleId }),
      generationId,
      authentication,
      properties,
      body,
    });
  await hub.events.append(partitionOf(deviceId, hub.events.partitionCount), encode, [counted]);
}

function sizeOf({ system, application }: MessageProperties): number {
  return [...Object.entries(system), ...Object.entries(application)].reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

/** All messages of one device go to one partition. */
export function partitionOf(deviceId: string, partitionCount: number): number {
  return createHash("sha256").update(deviceId).digest().readUInt32BE() % partitionCount;
}
