import { readFile } from "node:fs/promises";
import type { StackConfig } from "../config";
import { ConfigError, type ConfigFault } from "../config/faults";

/** Where data planes answer, with certificates as text. */
export interface Endpoints {
  endpoint?: Endpoint;
  provisioningEndpoint?: Endpoint;
  resourceManagerEndpoint?: string;
}

interface Endpoint {
  host: string;
  port: number;
  /** PEM text. */
  ca?: string;
}

/**
 * The endpoints that the stack's configuration names instead of Azure's own.
 * @throws ConfigError with every certificate file that cannot be used
 */
export async function readEndpoints(config: StackConfig): Promise<Endpoints> {
  const faults: ConfigFault[] = [];
  const read = async (key: "hubEndpoint" | "provisioningEndpoint"): Promise<Endpoint | undefined> => {
    const endpoint = config[key];
    if (!endpoint) return undefined;
    const { host, port, ca } = endpoint;
    return ca === undefined ? { host, port } : { host, port, ca: await readCa(`edge-vision:${key}.ca`, ca, faults) };
  };
  const endpoint = await read("hubEndpoint");
  const provisioningEndpoint = await read("provisioningEndpoint");
  if (faults.length > 0) throw new ConfigError(faults);
  const { resourceManagerEndpoint } = config;
  return {
    ...(endpoint && { endpoint }),
    ...(provisioningEndpoint && { provisioningEndpoint }),
    ...(resourceManagerEndpoint !== undefined && { resourceManagerEndpoint }),
  };
}

async function readCa(path: string, file: string, faults: ConfigFault[]): Promise<string> {
  try {
    const text = await readFile(file, "utf8");
    if (text.includes("BEGIN CERTIFICATE")) return text;
    faults.push({ path, message: `must be a PEM file with a certificate, found "${file}"` });
  } catch {
    faults.push({ path, message: `must be a file that can be read, found "${file}"` });
  }
  return "";
}
