import type { JsonObject, TwinSection, UpdateTree } from "../store/model";

/** What a patch makes of a section: nested objects merge, `null` removes, everything else replaces. */
export function patchSection(section: TwinSection, patch: JsonObject, now: string): TwinSection {
  const { values, tree } = merge(section.values, section.updated, patch, now);
  return { values, updated: tree, version: section.version + 1 };
}

/** What a whole new document makes of a section, and the patch that leads there from the old one. */
export function replaceSection(
  section: TwinSection,
  values: JsonObject,
  now: string,
): { section: TwinSection; patch: JsonObject } {
  const patch = difference(section.values, values);
  return { section: patchSection(section, patch, now), patch };
}

export function emptySection(now: string): TwinSection {
  return { values: {}, version: 1, updated: { at: now } };
}

/** The patch semantics for values alone, as tags have them. */
export function mergeValues(values: JsonObject, patch: JsonObject): JsonObject {
  return merge(values, { at: "" }, patch, "").values;
}

function merge(
  values: JsonObject,
  tree: UpdateTree,
  patch: JsonObject,
  now: string,
): { values: JsonObject; tree: UpdateTree } {
  const merged = { ...values };
  const of = { ...tree.of };
  let changed = false;
  for (const [name, value] of Object.entries(patch)) {
    changed = true;
    if (value === null) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a property's name comes from the twin
      delete merged[name];
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- as above
      delete of[name];
    } else if (isObject(value)) {
      const before = Object.hasOwn(merged, name) ? merged[name] : undefined;
      const inner = merge(isObject(before) ? before : {}, of[name] ?? { at: now }, value, now);
      define(merged, name, inner.values);
      define(of, name, inner.tree);
    } else {
      define(merged, name, value);
      define(of, name, { at: now });
    }
  }
  return { values: merged, tree: { at: changed ? now : tree.at, ...(Object.keys(of).length > 0 ? { of } : {}) } };
}

/** The smallest patch that turns `before` into `after`. */
export function difference(before: JsonObject, after: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name) || after[name] === null) patch[name] = null;
  }
  for (const [name, value] of Object.entries(after)) {
    if (value === null) continue;
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (isObject(value) && isObject(old)) {
      const inner = difference(old, value);
      if (Object.keys(inner).length > 0) define(patch, name, inner);
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      define(patch, name, value);
    }
  }
  return patch;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A property may be named `__proto__`; it stays one. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
