import { isDeepStrictEqual } from "node:util";

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The merge patch (RFC 7396) that turns `present` into `wanted`; undefined when there is nothing to do. A twin's
 * PATCH merges maps, so what shall go has to be named with null.
 */
export function mergePatch(present: Json, wanted: Json): Json | undefined {
  const patch: Json = {};
  for (const key of new Set([...Object.keys(present), ...Object.keys(wanted)])) {
    const old = present[key];
    const next = wanted[key];
    if (next === undefined || next === null) {
      if (old !== undefined) patch[key] = null;
    } else if (isObject(old) && isObject(next)) {
      const inner = mergePatch(old, next);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isDeepStrictEqual(old, next)) {
      patch[key] = next;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Properties or tags without what the hub adds: `$metadata`, `$version`. */
export function withoutMetadata(section: Json): Json {
  return Object.fromEntries(Object.entries(section).filter(([key]) => key !== "$metadata" && key !== "$version"));
}
