import type * as pulumi from "@pulumi/pulumi";
import { ModuleImage } from "./components/module-image";
import type { ModuleRegistry, RegistrySignIn } from "./components/module-registry";
import type { StackConfig } from "./config";
import { type Architecture, MODULE_IDS, type ModuleId } from "./config/schema";

/** The stack's images. */
export interface StackImages {
  /** The registry, unless every image is prebuilt. */
  registry?: ModuleRegistry;
  /** Both modules' images for an architecture that the stack has devices of. */
  of(architecture: Architecture): Record<ModuleId, pulumi.Input<string>>;
  /** All references: module → architecture → `registry/repository@sha256:…`. */
  references: Record<ModuleId, Partial<Record<Architecture, pulumi.Input<string>>>>;
}

/** Builds what devices need and no image is given for; with all images given no registry and no Docker is needed. */
export function moduleImages(config: StackConfig, createRegistry: (push: boolean) => ModuleRegistry): StackImages {
  const used = [...config.devices, ...(config.fleet ? [config.fleet] : [])].map(({ architecture }) => architecture);
  const architectures = [...new Set(used)];
  const missing = MODULE_IDS.some((id) => architectures.some((arch) => config.images[id]?.[arch] === undefined));
  const registry = missing ? createRegistry(true) : undefined;
  const references: StackImages["references"] = { "camera-module": {}, "object-detection": {} };
  for (const moduleId of MODULE_IDS) {
    for (const architecture of architectures) {
      references[moduleId][architecture] =
        config.images[moduleId]?.[architecture] ?? build(moduleId, architecture, registry?.push);
    }
  }
  return {
    ...(registry && { registry }),
    references,
    of(architecture) {
      const pick = (moduleId: ModuleId): pulumi.Input<string> => {
        const reference = references[moduleId][architecture];
        if (reference === undefined) throw new RangeError(`no image of ${moduleId} for ${architecture}`);
        return reference;
      };
      return { "camera-module": pick("camera-module"), "object-detection": pick("object-detection") };
    },
  };
}

function build(
  moduleId: ModuleId,
  architecture: Architecture,
  push: RegistrySignIn | undefined,
): pulumi.Output<string> {
  if (!push) throw new RangeError("an image is built without a registry to push to");
  return new ModuleImage(`${moduleId}-${architecture}`, { moduleId, architecture, registry: push }).reference;
}
