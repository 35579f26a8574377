import { type DeploymentManifest, type Finding, validateManifest } from "@edge-vision/manifest";
import { cameraDevices } from "./camera-devices";
import { MODULE_PORTS } from "./modules";

/** A manifest that the runtime would refuse; `findings` has every error. */
export class ManifestError extends Error {
  readonly code = "ManifestInvalid";
  override name = "ManifestError";

  constructor(
    readonly device: string,
    readonly findings: readonly Finding[],
  ) {
    const count = findings.length === 1 ? "1 fault" : `${findings.length} faults`;
    super([`${count} in the deployment of ${device}:`, ...findings.map(format)].join("\n"));
  }
}

/** What is checked against, beside the manifest itself. */
export interface ManifestContext {
  /** Whom the manifest is for, in messages. */
  device: string;
  /** The camera's source, which tells the devices it needs. */
  source: string;
  requireDigests: boolean;
}

/**
 * Checks a manifest before anything is applied.
 * @returns the warnings, one line each
 * @throws ManifestError with every error
 */
export function checkManifest(
  manifest: DeploymentManifest,
  { device, source, requireDigests }: ManifestContext,
): string[] {
  const findings = validateManifest(manifest, {
    serverPorts: Object.fromEntries(Object.entries(MODULE_PORTS).map(([id, port]) => [id, [port]])),
    devices: { "camera-module": cameraDevices(source) },
    inputs: { "camera-module": [], "object-detection": [] },
    requireDigests,
  });
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new ManifestError(device, errors);
  return findings.map(format);
}

function format({ path, message, code }: Finding): string {
  return `  ${path}: ${message} [${code}]`;
}
