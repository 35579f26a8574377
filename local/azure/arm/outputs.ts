import type { PropertyMap } from "@edge-vision/iotedge/kit";
import type { ArmType, Situation } from "./arm-type";

/** What Azure answers about a resource: what was asked for, what all resources have, and what its type adds. */
export function outputsOf(type: ArmType, situation: Situation): PropertyMap {
  return {
    ...bodyOf(type, situation.inputs),
    azureApiVersion: type.apiVersion,
    ...type.outputs?.(situation),
    name: situation.name,
    type: type.type,
  };
}

/** The arguments that make the body of a request, without those that make the id. */
export function bodyOf(type: ArmType, inputs: PropertyMap): PropertyMap {
  const names = new Set([
    "resourceGroupName",
    ...type.path.map(({ argument }) => argument),
    ...(typeof type.scope === "object" ? [type.scope.argument] : []),
    ...(type.writeOnly ?? []),
  ]);
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !names.has(key) && !key.startsWith("__")));
}
