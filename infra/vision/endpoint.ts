import { readFile } from "node:fs/promises";
import type { StackConfig } from "../config";
import { ConfigError } from "../config/faults";

/** The hub and resource manager that the stack's configuration names instead of Azure's own. */
export async function readEndpoint({ hubEndpoint, resourceManagerEndpoint }: StackConfig): Promise<{
  endpoint?: { host: string; port: number; ca?: string };
  resourceManagerEndpoint?: string;
}> {
  return {
    ...(hubEndpoint && {
      endpoint: { ...hubEndpoint, ...(hubEndpoint.ca !== undefined && { ca: await readCa(hubEndpoint.ca) }) },
    }),
    ...(resourceManagerEndpoint !== undefined && { resourceManagerEndpoint }),
  };
}

async function readCa(path: string): Promise<string> {
  const fault = (what: string) =>
    new ConfigError([{ path: "edge-vision:hubEndpoint.ca", message: `${what}, found "${path}"` }]);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    throw fault("must be a file that can be read");
  }
  if (!text.includes("BEGIN CERTIFICATE")) throw fault("must be a PEM file with a certificate");
  return text;
}
