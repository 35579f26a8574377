import type { Provider } from "@edge-vision/iotedge/kit";
import { withoutSecrets, type PropertyMap } from "@edge-vision/iotedge/kit";
import { ArmResource } from "../arm/arm-resource";
import { ArmCloud } from "../arm/cloud";
import { ResourceStore } from "../arm/resource-store";
import { functionOf } from "./functions";
import { armTypes } from "./types";

/** The package that the stand-in answers for; programs are written against this version of its SDK. */
const version = "3.28.0";

/** The provider azure-native over the local Azure in a state folder. */
export function azureNative(stateFolder: string): Provider {
  const cloud = new ArmCloud(stateFolder, new ResourceStore(stateFolder), armTypes);
  const resources = new Map(armTypes.map((type) => [type.token, new ArmResource(type, cloud)]));
  return {
    name: "azure-native",
    version,
    configure: ({ configuration: { location } }) => {
      cloud.defaultLocation = typeof location === "string" ? location : undefined;
    },
    resource: (token) => resources.get(canonical(token)),
    invoke: async ({ token, args }) =>
      functionOf(canonical(token), cloud)?.(withoutSecrets(args) as PropertyMap, cloud),
    unknownTokenHint: "The local world stands in for a part of Azure; docs/local.md lists what it has.",
  };
}

/** `azure-native:iothub/v20230630:IotHubResource` is another version of the same type. */
function canonical(token: string): string {
  return token.replace(/^(azure-native:\w+)\/v\d+\w*:/, "$1:");
}
