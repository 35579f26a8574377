import { readManifest } from "@edge-vision/manifest";
import type { StackOutputs } from "../stack/local-stack";
import type { Expectation } from "./readiness";

/** What each device has to run according to the manifests that were deployed. */
export function expectationsOf({ devices, manifest }: StackOutputs): Expectation[] {
  return devices.map((deviceId) => {
    const { agent } = readManifest(manifest[deviceId]);
    const modules = agent.modules.filter(({ status }) => status === "running");
    return { deviceId, images: Object.fromEntries(modules.map(({ moduleId, image }) => [moduleId, image])) };
  });
}
