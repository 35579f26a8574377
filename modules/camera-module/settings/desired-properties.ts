import type { DesiredProperties } from "./live-settings";

type Json = Record<string, unknown>;

/**
 * Keeps a module's desired properties by the rules of twins: a patch merges objects, replaces everything else (arrays
 * too, which `azure-iot-device` merges element by element) and removes what it sets to null.
 */
export class DesiredPropertyStore {
  #properties: Json | undefined;

  /** Takes the whole of the desired properties. Returns them when they are new. */
  replace(properties: DesiredProperties): DesiredProperties | undefined {
    if (this.#properties && version(properties) === version(this.#properties)) return undefined;
    this.#properties = merge({}, properties);
    return this.#properties;
  }

  /**
   * Takes a patch. Returns the properties after it; undefined when it is one already known; `"gap"` when a patch
   * before it was missed, so that the whole must be read.
   */
  patch(patch: DesiredProperties): DesiredProperties | "gap" | undefined {
    if (!this.#properties) return "gap";
    const step = version(patch) - version(this.#properties);
    if (step <= 0) return undefined;
    if (step > 1) return "gap";
    this.#properties = merge(this.#properties, patch);
    return this.#properties;
  }
}

function version(properties: DesiredProperties): number {
  return typeof properties.$version === "number" ? properties.$version : 0;
}

/** JSON merge patch, RFC 7396. */
function merge(target: Json, patch: DesiredProperties): Json {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? merge(isObject(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
