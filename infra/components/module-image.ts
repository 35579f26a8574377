import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Architecture, ModuleId } from "../config/schema";
import { buildContext } from "../project-root";
import type { RegistrySignIn } from "./module-registry";

export interface ModuleImageArgs {
  moduleId: ModuleId;
  architecture: Architecture;
  /** Where to push to. */
  registry: RegistrySignIn;
}

/** Docker's names of the architectures. */
export const PLATFORMS = {
  amd64: "linux/amd64",
  arm64v8: "linux/arm64",
  arm32v7: "linux/arm/v7",
} as const satisfies Record<Architecture, string>;

/** One module's image for one architecture, built from `modules/<id>` and pushed. */
export class ModuleImage extends pulumi.ComponentResource {
  /** `registry/repository@sha256:…`: what a manifest pins. */
  readonly reference: pulumi.Output<string>;

  constructor(
    name: string,
    { moduleId, architecture, registry }: ModuleImageArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("edge-vision:infra:ModuleImage", name, {}, options);
    const context = buildContext();
    const image = new docker.Image(
      name,
      {
        imageName: pulumi.interpolate`${registry.server}/${moduleId}:${architecture}`,
        build: {
          context,
          dockerfile: `${context}/modules/${moduleId}/Dockerfile`,
          platform: PLATFORMS[architecture],
          builderVersion: docker.BuilderVersion.BuilderBuildKit,
        },
        registry: { server: registry.server, username: registry.username, password: registry.password },
      },
      { parent: this },
    );
    this.reference = image.repoDigest;
    this.registerOutputs({ reference: this.reference });
  }
}
