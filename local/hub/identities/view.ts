import type { DeviceRecord, JsonObject, ModuleRecord } from "../store/model";

/** Whether an identity is connected now, and since when; for what a request sees. */
export interface Connectivity {
  connected: boolean;
  /** Since when, or when it ended; nothing when it never was. */
  changedAt?: string;
  lastActivityTime?: string;
}

const never = "0001-01-01T00:00:00Z";

/** A device as the service answers it. */
export function deviceView(device: DeviceRecord, connectivity: Connectivity): JsonObject {
  return {
    deviceId: device.deviceId,
    generationId: device.generationId,
    etag: device.etag,
    ...connection(connectivity),
    status: device.status,
    statusReason: device.statusReason,
    statusUpdatedTime: device.statusUpdatedTime,
    cloudToDeviceMessageCount: 0,
    authentication: device.authentication,
    capabilities: device.capabilities,
    ...(device.deviceScope === undefined ? {} : { deviceScope: device.deviceScope }),
    parentScopes: device.parentScopes,
  };
}

/** A module as the service answers it. */
export function moduleView(module: ModuleRecord, connectivity: Connectivity): JsonObject {
  return {
    moduleId: module.moduleId,
    managedBy: module.managedBy,
    deviceId: module.deviceId,
    generationId: module.generationId,
    etag: module.etag,
    ...connection(connectivity),
    cloudToDeviceMessageCount: 0,
    authentication: module.authentication,
  };
}

function connection(connectivity: Connectivity): JsonObject {
  return {
    connectionState: connectivity.connected ? "Connected" : "Disconnected",
    connectionStateUpdatedTime: connectivity.changedAt ?? never,
    lastActivityTime: connectivity.lastActivityTime ?? never,
  };
}
