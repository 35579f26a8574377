import type { Provider } from "@edge-vision/iotedge/kit";
import { DigestCache } from "./digest-cache";
import { ImageResource } from "./image";
import { ImageStore } from "./image-store";
import { ModuleBuilder } from "./module-build";

/** The provider docker over the image store in a state folder. */
export function docker(stateFolder: string): Provider {
  const store = new ImageStore(stateFolder);
  const image = new ImageResource(store, new ModuleBuilder(store, new DigestCache(stateFolder)));
  return {
    name: "docker",
    version: "5.2.0",
    resource: (token) => (token === image.token ? image : undefined),
    unknownTokenHint: "The local world has docker.Image alone.",
  };
}
