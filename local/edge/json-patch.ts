import { isDeepStrictEqual } from "node:util";
import { isObject } from "@edge-vision/manifest";

export type JsonObject = Record<string, unknown>;

/** A twin's section after a patch: objects are merged, `null` removes, everything else replaces. */
export function applyPatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else if (isObject(value)) {
      const known = result[key];
      result[key] = applyPatch(isObject(known) ? known : {}, value);
    } else result[key] = value;
  }
  return result;
}

/** Two patches as one: `null` stays, since it still has to remove. */
export function joinPatches(first: JsonObject, second: JsonObject): JsonObject {
  const result = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const known = result[key];
    result[key] = isObject(value) && isObject(known) ? joinPatches(known, value) : value;
  }
  return result;
}

/** The patch that makes `to` of `from`; empty when they are equal. */
export function diffPatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const known = from[key];
    if (isObject(value) && isObject(known)) {
      const inner = diffPatch(known, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!isDeepStrictEqual(value, known)) patch[key] = value;
  }
  return patch;
}
