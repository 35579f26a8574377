import type { Provider, Resource } from "@edge-vision/iotedge/kit";
import { withoutSecrets, type PropertyMap } from "@edge-vision/iotedge/kit";
import { CommandResource } from "./command-resource";
import { localCommand, localRun, remoteCommand } from "./commands";
import { CopyToRemote } from "./copy-to-remote";
import { runLocally } from "./run-locally";
import { textOf } from "../text-of";

/** The provider command: real processes and real SSH. */
export function command(): Provider {
  const all: Resource<PropertyMap, PropertyMap>[] = [
    new CommandResource(localCommand),
    new CommandResource(remoteCommand),
    new CopyToRemote(),
  ];
  const resources = new Map(all.map((resource) => [resource.token, resource]));
  return {
    name: "command",
    version: "1.2.1",
    resource: (token) => resources.get(token),
    invoke: async ({ token, args, signal }) => {
      if (token !== "command:local:run") return undefined;
      const inputs = withoutSecrets(args) as PropertyMap;
      const text = textOf(inputs["command"] ?? "");
      const said = await runLocally(localRun(text, inputs, undefined, { signal, log: () => undefined }));
      return { result: { ...inputs, ...said } };
    },
    unknownTokenHint: "The local world has local.Command, local.run, remote.Command and remote.CopyToRemote.",
  };
}
