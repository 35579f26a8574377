import * as iotedge from "@edge-vision/iotedge";
import { buildManifest, type DeploymentManifest } from "@edge-vision/manifest";
import * as pulumi from "@pulumi/pulumi";
import type { ModuleId } from "../config/schema";
import { checkManifest } from "../vision/check-manifest";
import { visionDeployment, type VisionSpec } from "../vision/modules";
import { withOutputs } from "../vision/with-outputs";
import type { RegistrySignIn } from "./module-registry";

export interface VisionDeploymentArgs extends Omit<VisionSpec, "images"> {
  deviceId: pulumi.Input<string>;
  /** Whether a module's image without a digest is an error. */
  requireDigests: boolean;
  /** Image of each module for the device's architecture, pinned. */
  images: Record<ModuleId, pulumi.Input<string>>;
  /** What the device pulls with. @default images that anyone may pull */
  registry?: RegistrySignIn;
}

/** The two modules on one device: builds the manifest, checks it at preview and applies it. */
export class VisionDeployment extends pulumi.ComponentResource {
  /** What runs on the device; holds the registry's password as a secret. */
  readonly manifest: pulumi.Output<DeploymentManifest>;

  constructor(
    name: string,
    args: VisionDeploymentArgs,
    options: pulumi.ComponentResourceOptions & { provider: iotedge.Provider },
  ) {
    const { provider, ...rest } = options;
    super("edge-vision:infra:VisionDeployment", name, {}, rest);
    const { deviceId, images, registry, requireDigests, ...spec } = args;
    const manifest = withOutputs(
      (pinned) => buildManifest(visionDeployment({ ...spec, images: pinned })),
      images,
      registry,
    );
    const context = { device: name, source: spec.camera.source, requireDigests };
    for (const warning of checkManifest(manifest.plain, context)) void pulumi.log.warn(warning.trim(), this);
    const deployment = new iotedge.DeviceDeployment(
      name,
      { deviceId, modulesContent: manifest.modulesContent },
      { parent: this, provider },
    );
    this.manifest = deployment.modulesContent.apply(
      (modulesContent) => ({ modulesContent }) as unknown as DeploymentManifest,
    );
    this.registerOutputs({ deviceId });
  }
}
