import { readEdgeHubDesired, type ManifestFormatError } from "@edge-vision/manifest";
import type { Logger } from "pino";
import type { JsonObject } from "../json-patch";
import type { EdgeHub } from "./edge-hub";

/** How `$edgeHub`'s desired properties were taken. */
export interface HubConfigurationStatus {
  code: number;
  description: string;
  version?: number;
}

/** Gives edgeHub its routes. Desired properties that cannot be read change nothing. */
export function configureHub(hub: EdgeHub, desired: JsonObject, log: Logger): HubConfigurationStatus {
  const version = typeof desired.$version === "number" ? { version: desired.$version } : {};
  try {
    const configuration = readEdgeHubDesired(desired);
    if (configuration.unapplied !== undefined) log.error(`no route is applied: ${configuration.unapplied}`);
    hub.configure(configuration, maximumBytes(desired));
    return { code: 200, description: "", ...version };
  } catch (error) {
    const { name, status, message } = error as ManifestFormatError;
    if (name !== "ManifestFormatError") throw error;
    log.error(`edgeHub's configuration is refused: ${message}`);
    return { code: status, description: `Error while parsing desired properties - ${message}`, ...version };
  }
}

/** `storeAndForwardConfiguration.storeLimits.maxSizeBytes`; real edgeHub heeds it for its store in memory only. */
function maximumBytes(desired: JsonObject): number | undefined {
  const { storeAndForwardConfiguration: storage } = desired as {
    storeAndForwardConfiguration?: { storeLimits?: { maxSizeBytes?: unknown } };
  };
  const bytes = storage?.storeLimits?.maxSizeBytes;
  return typeof bytes === "number" && bytes > 0 ? bytes : undefined;
}

/** `$edgeHub`'s reported properties in the shape of edgeHub 1.6. */
export function hubReported(deviceId: string, hub: EdgeHub, status: HubConfigurationStatus): JsonObject {
  const clients = [...hub.clients].map(([moduleId, { connected, since }]) => [
    `${deviceId}/${moduleId}`,
    connected
      ? { status: "Connected", lastConnectedTimeUtc: since }
      : { status: "Disconnected", lastDisconnectedTimeUtc: since },
  ]);
  return {
    schemaVersion: "1.0",
    lastDesiredStatus: { code: status.code, description: status.description },
    ...(status.version === undefined ? {} : { lastDesiredVersion: status.version }),
    clients: Object.fromEntries(clients) as JsonObject,
  };
}
