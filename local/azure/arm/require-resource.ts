import { withoutSecrets, type PropertyMap } from "@edge-vision/iotedge/kit";
import type { ArmType, Situation } from "./arm-type";
import type { ArmCloud } from "./cloud";
import { ArmError } from "./errors";
import { armId } from "./locate";

/** The resource that a function's arguments name. */
export async function requireResource(type: ArmType, args: PropertyMap, cloud: ArmCloud): Promise<Situation> {
  const id = armId(type, withoutSecrets(args) as PropertyMap);
  const found = await cloud.store.get(id);
  if (found === undefined) throw new ArmError("ResourceNotFound", `The resource '${id}' was not found.`);
  return cloud.situationOf(found);
}
