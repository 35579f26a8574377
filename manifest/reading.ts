import { isObject } from "./json";

/** Desired properties that the runtime refuses as a whole; `status` is the code that it reports. */
export class ManifestFormatError extends Error {
  readonly code = "ManifestFormat";
  override name = "ManifestFormatError";

  constructor(
    readonly status: 400 | 412 | 417,
    readonly faults: readonly string[],
  ) {
    super(faults.join("; "));
  }
}

/** The desired properties as an object. @throws ManifestFormatError (417) when there are none. */
export function topLevel(desired: unknown): Record<string, unknown> {
  const root = asObject(desired);
  if (Object.keys(root).every((key) => key.startsWith("$"))) {
    throw new ManifestFormatError(417, ["the desired properties are empty"]);
  }
  return root;
}

/** A property by its name in any case. */
export function get(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/** The value if it is an object, else an empty one. */
export function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

/** A text, number or boolean as text; anything else is empty. */
export function text(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
