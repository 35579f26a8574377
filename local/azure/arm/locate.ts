import type { PropertyMap } from "@edge-vision/iotedge/kit";
import { resourceId, scopeId, type IdPart } from "./arm-id";
import type { ArmType } from "./arm-type";

/** The id of a resource from its arguments. */
export function armId(type: ArmType, inputs: PropertyMap): string {
  return idOf(type, inputs, type.path.length);
}

/** The id of the resource that it is a part of, if there is one. */
export function parentId(type: ArmType, inputs: PropertyMap): string | undefined {
  const length = type.path.findLastIndex(({ implied }, index) => index < type.path.length - 1 && implied !== true) + 1;
  return length === 0 ? undefined : idOf(type, inputs, length);
}

function idOf(type: ArmType, inputs: PropertyMap, length: number): string {
  const parts = type.path
    .slice(0, length)
    .map(({ type: kind, argument, fixed }): IdPart => [kind, fixed ?? text(inputs[argument ?? ""])]);
  // A resource group is itself a scope: its id has no provider.
  if (type.type === "Microsoft.Resources/resourceGroups") return scopeId(parts[0]?.[1]);
  return resourceId(scopeOf(type, inputs), type.type.slice(0, type.type.indexOf("/")), parts);
}

function scopeOf(type: ArmType, inputs: PropertyMap): string {
  if (type.scope === "subscription") return scopeId();
  if (type.scope === "resourceGroup") return scopeId(text(inputs["resourceGroupName"]));
  return text(inputs[type.scope.argument]);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
