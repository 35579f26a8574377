import { type DeploymentManifest, DESIRED } from "@edge-vision/manifest";
import * as pulumi from "@pulumi/pulumi";
import type { RegistrySignIn } from "../components/module-registry";
import type { ModuleId } from "../config/schema";

/** Stands for a digest that is not known yet, in checks before anything is built. */
const UNKNOWN_DIGEST = `sha256:${"0".repeat(64)}`;

/** Images that are known as they are, the others by a name and digest that stand for them. */
export function placeholderImages(images: Partial<Record<ModuleId, pulumi.Input<string>>>): Record<ModuleId, string> {
  const placeholder = (id: ModuleId) => {
    const image = images[id];
    return typeof image === "string" ? image : `registry.invalid/${id}@${UNKNOWN_DIGEST}`;
  };
  return { "camera-module": placeholder("camera-module"), "object-detection": placeholder("object-detection") };
}

/** A manifest whose images and passwords may not be known yet; everything else in it is plain. */
export interface ManifestInputs {
  modulesContent: Record<string, unknown>;
  /** The same with placeholders for what is not known, to check at preview. */
  plain: DeploymentManifest;
}

/**
 * Builds a manifest and puts the images and the registry's sign-in in as outputs at their places, so that a preview
 * shows all of the rest, and only the password is a secret.
 */
export function withOutputs(
  build: (images: Record<ModuleId, string>) => DeploymentManifest,
  images: Record<ModuleId, pulumi.Input<string>>,
  registry?: RegistrySignIn,
): ManifestInputs {
  const plain = build(placeholderImages(images));
  const agent = plain.modulesContent.$edgeAgent[DESIRED];
  const modules = Object.entries(agent.modules).map(([id, module]) => [
    id,
    { ...module, settings: { ...module.settings, image: images[id as ModuleId] } },
  ]);
  const settings = {
    ...agent.runtime.settings,
    ...(registry && {
      registryCredentials: {
        modules: { address: registry.server, username: registry.username, password: pulumi.secret(registry.password) },
      },
    }),
  };
  return {
    plain,
    modulesContent: {
      ...plain.modulesContent,
      $edgeAgent: {
        [DESIRED]: {
          ...agent,
          runtime: { ...agent.runtime, settings },
          modules: Object.fromEntries(modules) as Record<string, unknown>,
        },
      },
    },
  };
}
