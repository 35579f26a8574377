import { buildManifest, type Finding } from "@edge-vision/manifest";
import { NAMESPACE, type StackConfig } from "../config";
import type { CameraConfig } from "../config/schema";
import { checkManifest, ManifestError } from "./check-manifest";
import { checkHubLimits } from "./hub-limits";
import { visionDeployment } from "./modules";
import { visionSpec } from "./vision-spec";
import { placeholderImages } from "./with-outputs";

/**
 * Checks all that can be known before a resource is declared: the tier against the cameras, and every deployment.
 * @returns warnings about the stack, one line each; those about one deployment come from its component
 * @throws ConfigError or ManifestError
 */
export function checkStack(config: StackConfig): string[] {
  const warnings = [...checkHubLimits(config), ...silentCameras(config)];
  const targets = [
    ...config.devices.map((device) => ({ name: device.id, settings: device })),
    ...(config.fleet ? [{ name: "the fleet", settings: config.fleet }] : []),
  ];
  const faulty: { name: string; findings: readonly Finding[] }[] = [];
  for (const { name, settings } of targets) {
    const spec = visionSpec(config, settings);
    const manifest = buildManifest(visionDeployment({ ...spec, images: placeholderImages({}) }));
    try {
      checkManifest(manifest, { device: name, source: spec.camera.source, requireDigests: spec.requireDigests });
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      faulty.push({ name, findings: error.findings });
    }
  }
  const first = faulty[0];
  if (!first) return warnings;
  // Devices mostly differ in their camera alone: what is wrong for one is wrong for all, and said once.
  const seen = new Set(first.findings.map(({ path, message }) => path + message));
  const others = faulty
    .slice(1)
    .flatMap(({ name, findings }) =>
      findings
        .filter(({ path, message }) => !seen.has(path + message))
        .map((finding) => ({ ...finding, path: `${name}: ${finding.path}` })),
    );
  throw new ManifestError(faulty.map(({ name }) => name).join(", "), [...first.findings, ...others]);
}

/** Cameras that report changes of spots and watch none: allowed, since a module twin may name them later. */
function silentCameras({ devices, fleet }: StackConfig): string[] {
  const cameras = [
    ...devices.map(({ camera, spots }, index) => ({ path: `devices[${index}]`, camera, spots })),
    ...(fleet ? [{ path: "fleet", camera: fleet.camera, spots: undefined }] : []),
  ];
  const watchesNone = ({ camera, spots }: { camera: CameraConfig; spots: CameraConfig["spots"] }) =>
    camera.report === "spots" && (spots ?? camera.spots ?? []).length === 0;
  return cameras
    .filter(watchesNone)
    .map(
      ({ path }) =>
        `${NAMESPACE}:${path}.camera.report: is spots, and no spots are named, so nothing is reported; ` +
        "name spots, or report detections",
    );
}
