import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { ConnectionStringError, parseDeviceConnectionString } from "../protocol/connection-string";

/** Who the device is, as `config.toml` says it. */
export interface EdgeConfig {
  hubHostName: string;
  deviceId: string;
  /** The device's symmetric key, base64. */
  deviceKey: string;
  /** What the device calls itself; the operating system's host name when not given. */
  hostname?: string;
}

/** `config.toml` cannot be used; `faults` has every reason with its key. `code` is `INVALID_EDGE_CONFIG`. */
export class EdgeConfigError extends Error {
  override readonly name = "EdgeConfigError";
  readonly code = "INVALID_EDGE_CONFIG";
  constructor(
    file: string,
    readonly faults: readonly string[],
  ) {
    super(`${file} cannot be used: ${faults.join("; ")}.`);
  }
}

/**
 * Reads the `config.toml` of IoT Edge 1.4 to 1.6: manual provisioning with a connection string, or with `iothub_hostname`,
 * `device_id` and a SAS key in the file.
 *
 * @throws EdgeConfigError with every fault
 */
export async function readEdgeConfig(file: string): Promise<EdgeConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new EdgeConfigError(file, [`it cannot be read (${String((error as NodeJS.ErrnoException).code)})`]);
  }
  return parseEdgeConfig(text, file);
}

type Table = Record<string, unknown>;

/** @throws EdgeConfigError */
export function parseEdgeConfig(text: string, file = "config.toml"): EdgeConfig {
  let document: Table;
  try {
    document = parse(text);
  } catch (error) {
    // The parser quotes the lines around the fault, and those may hold a key.
    const { line, column } = error as { line?: number; column?: number };
    throw new EdgeConfigError(file, [`it is not TOML (line ${String(line)}, column ${String(column)})`]);
  }

  const faults: string[] = [];
  const hostname = optionalText(document, "hostname", "hostname", faults);
  const provisioning = table(document.provisioning);
  if (provisioning === undefined) {
    throw new EdgeConfigError(file, [...faults, "the table [provisioning] is missing"]);
  }
  const device = readProvisioning(provisioning, faults);
  if (device === undefined || faults.length > 0) throw new EdgeConfigError(file, faults);
  return { ...device, ...(hostname === undefined ? {} : { hostname }) };
}

function readProvisioning(provisioning: Table, faults: string[]): Omit<EdgeConfig, "hostname"> | undefined {
  const source = provisioning.source;
  if (source === "dps") {
    faults.push('provisioning.source "dps" is not supported on this machine; use source = "manual"');
    return undefined;
  }
  if (source !== "manual") {
    faults.push(`provisioning.source is ${JSON.stringify(source)}; it must be "manual"`);
    return undefined;
  }
  if (provisioning.connection_string !== undefined) return readConnectionString(provisioning, faults);

  const hubHostName = text(provisioning, "iothub_hostname", "provisioning.iothub_hostname", faults);
  const deviceId = text(provisioning, "device_id", "provisioning.device_id", faults);
  const deviceKey = readAuthentication(provisioning, faults);
  if (hubHostName === undefined || deviceId === undefined || deviceKey === undefined) return undefined;
  return { hubHostName, deviceId, deviceKey };
}

function readConnectionString(provisioning: Table, faults: string[]): Omit<EdgeConfig, "hostname"> | undefined {
  const connectionString = text(provisioning, "connection_string", "provisioning.connection_string", faults);
  if (connectionString === undefined) return undefined;
  try {
    const { hostName, deviceId, sharedAccessKey, moduleId } = parseDeviceConnectionString(connectionString);
    if (moduleId !== undefined) faults.push("provisioning.connection_string is a module's; a device's is needed");
    if (sharedAccessKey === undefined) {
      faults.push(
        "provisioning.connection_string has x509=true, which is not supported on this machine; use a SAS key",
      );
      return undefined;
    }
    checkKey(sharedAccessKey, "SharedAccessKey in provisioning.connection_string", faults);
    return { hubHostName: hostName, deviceId, deviceKey: sharedAccessKey };
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error;
    faults.push(`provisioning.connection_string: ${error.message.replace(/\.$/, "")}`);
    return undefined;
  }
}

function readAuthentication(provisioning: Table, faults: string[]): string | undefined {
  const at = "provisioning.authentication";
  const authentication = table(provisioning.authentication);
  if (authentication === undefined) {
    faults.push(`${at} is missing; use method = "sas" with device_id_pk = { value = "…" }, or a connection_string`);
    return undefined;
  }
  if (authentication.method === "x509") {
    faults.push(`${at}.method "x509" is not supported on this machine; use method = "sas"`);
    return undefined;
  }
  if (authentication.method !== "sas") {
    faults.push(`${at}.method is ${JSON.stringify(authentication.method)}; it must be "sas"`);
    return undefined;
  }
  const key = table(authentication.device_id_pk);
  if (key?.uri !== undefined) {
    faults.push(`${at}.device_id_pk.uri is not supported on this machine; use device_id_pk = { value = "…" }`);
    return undefined;
  }
  const value = text(key ?? {}, "value", `${at}.device_id_pk.value`, faults);
  if (value !== undefined) checkKey(value, `${at}.device_id_pk.value`, faults);
  return value;
}

function checkKey(key: string, at: string, faults: string[]): void {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key) || key.length % 4 !== 0) faults.push(`${at} is not a base64 key`);
}

function table(value: unknown): Table | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : undefined;
}

function text(parent: Table, key: string, at: string, faults: string[]): string | undefined {
  if (parent[key] === undefined) {
    faults.push(`${at} is missing`);
    return undefined;
  }
  return optionalText(parent, key, at, faults);
}

function optionalText(parent: Table, key: string, at: string, faults: string[]): string | undefined {
  const value = parent[key];
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.trim() !== "") return value;
  faults.push(`${at} must be a text that is not empty`);
  return undefined;
}
