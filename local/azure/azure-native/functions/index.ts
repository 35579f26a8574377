import type { InvokeResult, PropertyMap } from "@edge-vision/iotedge/kit";
import type { ArmCloud } from "../../arm/cloud";
import { getClientConfig, getClientToken } from "./client";
import { getResource } from "./get-resource";
import { registryCredentials } from "./registry-credentials";
import {
  hubPolicies,
  hubPolicyForKeyName,
  logKeys,
  provisioningPolicies,
  provisioningPolicyForKeyName,
  storageKeys,
} from "./service-keys";

/** A function of Azure: an action, a `list…` or a `get…`. */
export type ArmFunction = (args: PropertyMap, cloud: ArmCloud) => Promise<InvokeResult>;

const functions: Record<string, ArmFunction> = {
  "azure-native:authorization:getClientConfig": getClientConfig,
  "azure-native:authorization:getClientToken": getClientToken,
  "azure-native:containerregistry:listRegistryCredentials": registryCredentials,
  "azure-native:deviceprovisioningservices:listIotDpsResourceKeys": provisioningPolicies,
  "azure-native:deviceprovisioningservices:listIotDpsResourceKeysForKeyName": provisioningPolicyForKeyName,
  "azure-native:iothub:listIotHubResourceKeys": hubPolicies,
  "azure-native:iothub:listIotHubResourceKeysForKeyName": hubPolicyForKeyName,
  "azure-native:operationalinsights:getSharedKeys": logKeys,
  "azure-native:storage:listStorageAccountKeys": storageKeys,
};

/** The function of a token; every type can be looked up with its `get…`. */
export function functionOf(token: string, cloud: ArmCloud): ArmFunction | undefined {
  const own = functions[token];
  if (own !== undefined) return own;
  const type = cloud.typeOf(token.replace(/:get([A-Z]\w*)$/, ":$1"));
  return type === undefined || type.token === token ? undefined : getResource(type);
}
