import { outputsOf } from "../../arm/outputs";
import type { ArmType } from "../../arm/arm-type";
import { requireResource } from "../../arm/require-resource";
import type { ArmFunction } from "./index";

/** `get…` of a type: the outputs of what is there, with its id. */
export function getResource(type: ArmType): ArmFunction {
  return async (args, cloud) => {
    const found = await requireResource(type, args, cloud);
    return { result: { ...outputsOf(type, found), id: found.id } };
  };
}
