import type { Connectivity } from "../identities/view";
import type { DeviceRecord, JsonObject, ModuleRecord, TwinRecord, TwinSection, UpdateTree } from "../store/model";

/** A twin as the service answers it. */
export function twinView(
  twin: TwinRecord,
  owner: { device: DeviceRecord; module?: ModuleRecord },
  connectivity: Connectivity,
): JsonObject {
  const { authentication, etag } = owner.module ?? owner.device;
  return {
    deviceId: twin.deviceId,
    ...(twin.moduleId === undefined ? {} : { moduleId: twin.moduleId }),
    etag: twin.etag,
    deviceEtag: etag,
    status: owner.device.status,
    statusUpdateTime: owner.device.statusUpdatedTime,
    connectionState: connectivity.connected ? "Connected" : "Disconnected",
    lastActivityTime: connectivity.lastActivityTime ?? "0001-01-01T00:00:00Z",
    cloudToDeviceMessageCount: 0,
    authenticationType: authentication.type,
    x509Thumbprint: authentication.x509Thumbprint,
    modelId: "",
    version: twin.version,
    ...(twin.moduleId === undefined || Object.keys(twin.tags).length > 0 ? { tags: twin.tags } : {}),
    properties: { desired: sectionView(twin.desired), reported: sectionView(twin.reported) },
    ...(twin.moduleId === undefined
      ? {
          capabilities: owner.device.capabilities,
          ...(owner.device.deviceScope === undefined ? {} : { deviceScope: owner.device.deviceScope }),
          parentScopes: owner.device.parentScopes,
        }
      : {}),
  };
}

function sectionView(section: TwinSection): JsonObject {
  return { ...section.values, $metadata: metadataView(section.updated), $version: section.version };
}

function metadataView(tree: UpdateTree): JsonObject {
  const view: JsonObject = { $lastUpdated: tree.at };
  for (const [name, inner] of Object.entries(tree.of ?? {})) view[name] = metadataView(inner);
  return view;
}

/** A twin as its client gets it over MQTT. */
export function clientTwinView(twin: TwinRecord): JsonObject {
  return {
    desired: { ...twin.desired.values, $version: twin.desired.version },
    reported: { ...twin.reported.values, $version: twin.reported.version },
  };
}
