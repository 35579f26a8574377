import type { PropertyMap } from "@edge-vision/iotedge/kit";
import type { ArmType, Situation } from "./arm-type";

/** What Azure answers about a resource: what all have, and what its type adds. */
export function outputsOf(type: ArmType, situation: Situation): PropertyMap {
  const { location, tags } = situation.inputs;
  return {
    azureApiVersion: type.apiVersion,
    ...(location === undefined ? {} : { location }),
    ...(tags === undefined ? {} : { tags }),
    ...type.outputs(situation),
    name: situation.name,
    type: type.type,
  };
}
