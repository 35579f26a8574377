import { secret, type PropertyMap } from "@edge-vision/iotedge/kit";
import type { HubPolicy } from "../../../hub/directory";
import { ArmError } from "../../arm/errors";
import { requireResource } from "../../arm/require-resource";
import { logWorkspace } from "../types/monitoring";
import { policiesIn } from "../types/hub-directory";
import { iotHub } from "../types/iot-hub";
import { provisioningService } from "../types/provisioning-service";
import { storageAccount } from "../types/storage-account";
import type { ArmType } from "../../arm/arm-type";
import type { ArmFunction } from "./index";
import { textOf } from "../../text-of";

/** All shared access policies of a hub or a provisioning service, with their keys. */
function policies(type: ArmType): ArmFunction {
  return async (args, cloud) => {
    const { facts } = await requireResource(type, args, cloud);
    return { result: { value: policiesIn(facts).map(marked) } };
  };
}

/** One shared access policy. */
function policyForKeyName(type: ArmType): ArmFunction {
  return async (args, cloud) => {
    const { facts, name } = await requireResource(type, args, cloud);
    const all = policiesIn(facts);
    const asked = textOf(args["keyName"]);
    const policy = all.find(({ keyName }) => keyName.toLowerCase() === asked.toLowerCase());
    if (policy !== undefined) return { result: marked(policy) };
    const there = all.map(({ keyName }) => keyName).join(", ");
    throw new ArmError("KeyNotFound", `'${name}' has no policy '${asked}'; it has ${there}.`);
  };
}

function marked({ keyName, rights, primaryKey, secondaryKey }: HubPolicy): PropertyMap {
  return { keyName, rights, primaryKey: secret(primaryKey), secondaryKey: secret(secondaryKey) };
}

/** The two account keys, also where they are not accepted for requests. */
export const storageKeys: ArmFunction = async (args, cloud) => {
  const { facts } = await requireResource(storageAccount, args, cloud);
  const keys = (facts["keys"] as string[]).map((value, index) => ({
    creationTime: facts["creationTime"] ?? null,
    keyName: `key${index + 1}`,
    permissions: "FULL",
    value: secret(value),
  }));
  return { result: { keys } };
};

/** The keys with which agents send logs. */
export const logKeys: ArmFunction = async (args, cloud) => {
  const { facts } = await requireResource(logWorkspace, args, cloud);
  const [primary = "", secondary = ""] = facts["keys"] as string[];
  return { result: { primarySharedKey: secret(primary), secondarySharedKey: secret(secondary) } };
};

export const hubPolicies = policies(iotHub);
export const hubPolicyForKeyName = policyForKeyName(iotHub);
export const provisioningPolicies = policies(provisioningService);
export const provisioningPolicyForKeyName = policyForKeyName(provisioningService);
