import type { JsonObject } from "@edge-vision/manifest";
import type { StackConfig } from "../config";
import type { CameraConfig, DeviceConfig } from "../config/schema";
import { dailyMessages, TIERS } from "./hub-limits";
import type { VisionSpec } from "./modules";

/** What runs on one device, out of the stack's configuration. */
export function visionSpec(
  config: StackConfig,
  device: Pick<DeviceConfig, "camera" | "model" | "spots" | "preview">,
): Omit<VisionSpec, "images"> & { requireDigests: boolean } {
  const share = Math.floor(dailyMessages(config) / Math.max(1, config.devices.length));
  const camera: CameraConfig = {
    dailyBudget: share,
    budgetUnit: TIERS[config.hubSku].bytes,
    ...device.camera,
    ...(device.spots && { spots: device.spots }),
  };
  return {
    camera,
    ...(device.model && { model: device.model as JsonObject }),
    preview: device.preview ?? config.preview,
    edgeAgentImage: config.edgeAgentImage,
    edgeHubImage: config.edgeHubImage,
    timeToLiveSecs: config.timeToLiveSecs,
    routes: config.routes,
    requireDigests: config.requireDigests,
  };
}
