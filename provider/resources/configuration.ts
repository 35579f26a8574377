import { ConnectionString } from "azure-iot-common/dist/connection_string";
import {
  Checker,
  parsedConfiguration,
  type CheckResult,
  type PropertyMap,
  type PropertyPath,
  secret,
  valueAt,
  withoutSecrets,
} from "../kit";
import type { Endpoint } from "./transport";

/** The provider's configuration: `iotedge:<key>` of a stack, or the arguments of `Provider`. */
export interface ProviderConfiguration {
  connectionString?: string;
  hostName?: string;
  endpoint?: Endpoint;
  provisioningConnectionString?: string;
  provisioningHostName?: string;
  provisioningEndpoint?: Endpoint;
  resourceManagerEndpoint?: string;
}

const known = [
  "connectionString",
  "hostName",
  "endpoint",
  "provisioningConnectionString",
  "provisioningHostName",
  "provisioningEndpoint",
  "resourceManagerEndpoint",
];
const secrets = ["connectionString", "provisioningConnectionString"];
// What the engine itself may add to a provider's properties.
const engineOwn = ["version", "pluginDownloadURL"];

/** Faults of the configuration; connection strings become secret. */
export function checkConfiguration(news: PropertyMap): CheckResult {
  const checker = new Checker(parsedConfiguration(withoutSecrets(news) as PropertyMap));
  checker.onlyKnown([...known, ...engineOwn]);
  for (const name of secrets) checkConnectionString(checker, [name]);
  checker.read(["hostName"], "string");
  checker.read(["provisioningHostName"], "string");
  for (const name of ["endpoint", "provisioningEndpoint"]) checkEndpoint(checker, [name]);
  checkUrl(checker, ["resourceManagerEndpoint"]);
  const inputs = Object.entries(news).map(([key, value]) => [key, secrets.includes(key) ? secret(value) : value]);
  return { inputs: Object.fromEntries(inputs) as PropertyMap, failures: checker.failures };
}

/** The host name inside a service's connection string. */
export function hostNameOf(connectionString: string | undefined): string | undefined {
  return connectionString === undefined ? undefined : ConnectionString.parse(connectionString).HostName;
}

function checkConnectionString(checker: Checker, path: PropertyPath): void {
  const value = checker.read(path, "string");
  if (value === undefined) return;
  try {
    ConnectionString.parse(value, ["HostName", "SharedAccessKeyName", "SharedAccessKey"]);
  } catch {
    checker.fail(path, "is not a service's connection string: HostName=…;SharedAccessKeyName=…;SharedAccessKey=….");
  }
}

function checkEndpoint(checker: Checker, path: PropertyPath): void {
  if (checker.read(path, "object") === undefined) return;
  checker.onlyKnown(["host", "port", "ca"], path);
  checker.read([...path, "host"], "string", { required: true, what: "a host name or an address" });
  const port = checker.read([...path, "port"], "number", { required: true, what: "a port" });
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    checker.fail([...path, "port"], `is ${port}; a port is a whole number from 1 to 65535.`);
  }
  const ca = checker.read([...path, "ca"], "string");
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
    checker.fail([...path, "ca"], "must be certificates as PEM text, not a file's name.");
  }
}

function checkUrl(checker: Checker, path: PropertyPath): void {
  const text = checker.read(path, "string");
  if (text === undefined) return;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLoopback = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && isLoopback)) {
    const shown = JSON.stringify(valueAt(checker.properties, path));
    checker.fail(path, `is ${shown}; it must be an https URL, or an http URL of this machine's loopback.`);
  }
}
