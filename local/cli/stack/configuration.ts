import { Failure } from "../failure";
import type { Project } from "../project";
import { readStackConfig } from "./settings";
import { loadSource } from "./source";

/**
 * Checks the local stack's config as the program will, before anything is started: all faults at once.
 *
 * @throws {Failure} CONFIGURATION
 */
export function checkConfiguration(project: Project): void {
  const config = readStackConfig(project, "local");
  const { readConfig } = loadSource(project, "infra", "config.ts") as {
    readConfig: (raw: Record<string, string>) => { fleet?: unknown; provisioningEndpoint?: unknown };
  };
  try {
    const raw = Object.entries(config).map(([key, value]): [string, string] => [key, asPulumiText(value)]);
    const { fleet, provisioningEndpoint } = readConfig(Object.fromEntries(raw));
    if (fleet === undefined || provisioningEndpoint !== undefined) return;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ConfigInvalid") throw error;
    throw new Failure("CONFIGURATION", `Pulumi.local.yaml: ${(error as Error).message}`, { cause: error });
  }
  throw new Failure(
    "CONFIGURATION",
    "Pulumi.local.yaml: edge-vision:fleet: nothing on this machine enrolls devices; name them in " +
      "edge-vision:devices, or set edge-vision:provisioningEndpoint to a service that does",
  );
}

// Pulumi hands objects and lists to programs as JSON.
function asPulumiText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
