/** A JSON object. */
export type JsonObject = Record<string, unknown>;

export type AuthenticationType = "sas" | "selfSigned" | "certificateAuthority" | "none";

export interface Authentication {
  type: AuthenticationType;
  symmetricKey: { primaryKey: string | null; secondaryKey: string | null };
  x509Thumbprint: { primaryThumbprint: string | null; secondaryThumbprint: string | null };
}

/** A device as it is stored; what a request sees is made in `identities/view.ts`. */
export interface DeviceRecord {
  deviceId: string;
  generationId: string;
  etag: string;
  status: "enabled" | "disabled";
  statusReason: string | null;
  statusUpdatedTime: string;
  authentication: Authentication;
  capabilities: { iotEdge: boolean };
  deviceScope?: string;
  parentScopes: string[];
}

export interface ModuleRecord {
  deviceId: string;
  moduleId: string;
  generationId: string;
  etag: string;
  managedBy: string | null;
  authentication: Authentication;
}

/** The twin of a device, or of a module. */
export interface TwinRecord {
  deviceId: string;
  moduleId?: string;
  tags: JsonObject;
  desired: TwinSection;
  reported: TwinSection;
  version: number;
  etag: string;
}

/** Desired or reported properties; `updated` mirrors `values` with the time of each property's last change. */
export interface TwinSection {
  values: JsonObject;
  version: number;
  updated: UpdateTree;
}

export interface UpdateTree {
  at: string;
  of?: Record<string, UpdateTree>;
}

/** A configuration at scale, or a deployment of edge modules. */
export interface ConfigurationRecord {
  id: string;
  schemaVersion: string;
  labels: Record<string, string> | null;
  content: JsonObject;
  targetCondition: string;
  priority: number;
  metrics: { queries: Record<string, string> };
  createdTimeUtc: string;
  lastUpdatedTimeUtc: string;
  etag: string;
}

/** How a device or module is named in maps: `d`, or `d/m`. No id contains a slash. */
export function keyOf({ deviceId, moduleId }: { deviceId: string; moduleId?: string }): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
}
