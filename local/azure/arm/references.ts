import { parsePath, valueAt, type Checker } from "@edge-vision/iotedge/kit";
import type { ArmType, Situation } from "./arm-type";
import { ArmError } from "./errors";

/** Faults every argument that has to be an id of a certain type and is none. */
export function checkReferences(type: ArmType, checker: Checker): void {
  for (const [argument, target] of Object.entries(type.references ?? {})) {
    const path = parsePath(argument);
    const id = checker.read(path, "string");
    if (id !== undefined && !isIdOf(target, id)) checker.fail(path, `"${id}" is no id of a ${target}.`);
  }
}

/** Refuses ids of resources that are not there. */
export async function requireReferences(type: ArmType, { inputs, store }: Situation): Promise<void> {
  for (const argument of Object.keys(type.references ?? {})) {
    const id = valueAt(inputs, parsePath(argument));
    if (typeof id !== "string" || (await store.get(id)) !== undefined) continue;
    throw new ArmError("LinkedResourceNotFound", `The resource '${id}', given as ${argument}, was not found.`);
  }
}

function isIdOf(type: string, id: string): boolean {
  const [namespace = "", ...kinds] = type.split("/");
  const tail = `/providers/${namespace}${kinds.map((kind) => `/${kind}/[^/]+`).join("")}`.replaceAll(".", "\\.");
  return new RegExp(`^/subscriptions/[^/]+/resourceGroups/[^/]+${tail}$`, "i").test(id);
}
