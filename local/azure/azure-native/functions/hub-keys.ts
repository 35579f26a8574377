import { secret, type PropertyMap } from "@edge-vision/iotedge/kit";
import type { HubPolicy } from "../../../hub/directory";
import { ArmError } from "../../arm/errors";
import { requireResource } from "../../arm/require-resource";
import { policiesIn } from "../types/hub-directory";
import { iotHub } from "../types/iot-hub";
import type { ArmFunction } from "./index";

/** All shared access policies of a hub, with their keys. */
export const hubKeys: ArmFunction = async (args, cloud) => {
  const { facts } = await requireResource(iotHub, args, cloud);
  return { result: { value: policiesIn(facts).map(marked) } };
};

/** One shared access policy of a hub. */
export const hubKeysForKeyName: ArmFunction = async (args, cloud) => {
  const { facts, name } = await requireResource(iotHub, args, cloud);
  const policies = policiesIn(facts);
  const policy = policies.find(({ keyName }) => keyName.toLowerCase() === String(args["keyName"]).toLowerCase());
  if (policy === undefined) {
    const there = policies.map(({ keyName }) => keyName).join(", ");
    throw new ArmError("KeyNotFound", `Hub '${name}' has no policy '${String(args["keyName"])}'; it has ${there}.`);
  }
  return { result: marked(policy) };
};

function marked({ keyName, rights, primaryKey, secondaryKey }: HubPolicy): PropertyMap {
  return { keyName, rights, primaryKey: secret(primaryKey), secondaryKey: secret(secondaryKey) };
}
