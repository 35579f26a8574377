/** A connection string as its fields; the names are kept as they were written, looked up without regard to case. */
export type ConnectionStringFields = Record<string, string>;

/** A service's connection string: a hub's policy. */
export interface ServiceConnectionString {
  hostName: string;
  sharedAccessKeyName: string;
  sharedAccessKey: string;
}

/** A device's or module's connection string. */
export interface DeviceConnectionString {
  hostName: string;
  deviceId: string;
  moduleId?: string;
  sharedAccessKey?: string;
  gatewayHostName?: string;
  x509?: boolean;
}

/** `code` is `INVALID_CONNECTION_STRING`; the message names every field that is wrong and never shows a value. */
export class ConnectionStringError extends Error {
  override readonly name = "ConnectionStringError";
  readonly code = "INVALID_CONNECTION_STRING";
}

/**
 * Splits `Name=value;Name=value`. A value may contain `=` (keys are base64).
 *
 * @throws ConnectionStringError
 */
export function parseConnectionString(text: string): ConnectionStringFields {
  const fields: ConnectionStringFields = {};
  const faults: string[] = [];
  for (const part of text.trim().split(";")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = at < 0 ? "" : part.slice(0, at).trim();
    if (!/^[A-Za-z0-9]+$/.test(name)) {
      faults.push(`part ${Object.keys(fields).length + faults.length + 1} is not Name=value`);
    } else if (field(fields, name) !== undefined) {
      faults.push(`${name} stands twice`);
    } else {
      fields[name] = part.slice(at + 1);
    }
  }
  if (faults.length > 0) throw fault(faults);
  return fields;
}

/** Writes the fields in the given order, without those that are undefined. */
export function formatConnectionString(fields: Record<string, string | undefined>): string {
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(";");
}

/** @throws ConnectionStringError with every missing field */
export function parseServiceConnectionString(text: string): ServiceConnectionString {
  const fields = parseConnectionString(text);
  requireFields(fields, ["HostName", "SharedAccessKeyName", "SharedAccessKey"]);
  return {
    hostName: field(fields, "HostName") ?? "",
    sharedAccessKeyName: field(fields, "SharedAccessKeyName") ?? "",
    sharedAccessKey: field(fields, "SharedAccessKey") ?? "",
  };
}

/** @throws ConnectionStringError with every missing field */
export function parseDeviceConnectionString(text: string): DeviceConnectionString {
  const fields = parseConnectionString(text);
  const x509 = field(fields, "x509")?.toLowerCase() === "true";
  requireFields(fields, ["HostName", "DeviceId", ...(x509 ? [] : ["SharedAccessKey"])]);
  const moduleId = field(fields, "ModuleId");
  const sharedAccessKey = field(fields, "SharedAccessKey");
  const gatewayHostName = field(fields, "GatewayHostName");
  return {
    hostName: field(fields, "HostName") ?? "",
    deviceId: field(fields, "DeviceId") ?? "",
    ...(moduleId === undefined ? {} : { moduleId }),
    ...(sharedAccessKey === undefined ? {} : { sharedAccessKey }),
    ...(gatewayHostName === undefined ? {} : { gatewayHostName }),
    ...(x509 ? { x509 } : {}),
  };
}

function field(fields: ConnectionStringFields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found = Object.keys(fields).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? undefined : fields[found];
}

function requireFields(fields: ConnectionStringFields, names: readonly string[]): void {
  const missing = names.filter((name) => (field(fields, name) ?? "") === "");
  if (missing.length > 0) throw fault(missing.map((name) => `${name} is missing`));
}

function fault(faults: readonly string[]): ConnectionStringError {
  return new ConnectionStringError(`The connection string cannot be used: ${faults.join("; ")}.`);
}
