import { containsUnknown, isPropertyMap, isSecret, isUnknown, valueAt, withoutSecrets } from "@edge-vision/iotedge/kit";
import type { Checker, PropertyMap, PropertyPath, PropertyValue } from "@edge-vision/iotedge/kit";
import type { z } from "zod";

/**
 * Checks properties against a zod schema and reports every fault. What a preview does not know yet is passed over,
 * and so is a rule that looks at several values of which one is unknown.
 */
export function checkShape(checker: Checker, schema: z.ZodType): void {
  const properties = withoutSecrets(checker.properties) as PropertyMap;
  const result = schema.safeParse(known(properties));
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    const value = valueOrUnknown(properties, path);
    if (isUnknown(value)) continue;
    if ((issue.code === "custom" || issue.code === "invalid_union") && containsUnknown(value)) continue;
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) checker.fail([...path, key], "is not a property of this resource.");
    } else {
      checker.fail(path, reasonOf(issue, value, isWithinSecret(checker.properties, path)));
    }
  }
}

function reasonOf(issue: z.core.$ZodIssue, value: PropertyValue | undefined, hidden: boolean): string {
  const shown = hidden || typeof value === "object" ? "" : ` (it is ${JSON.stringify(value)})`;
  if (value === undefined || value === null) return "is missing.";
  switch (issue.code) {
    case "invalid_type":
      return `must be of type ${issue.expected}${shown}.`;
    case "invalid_value":
      return `must be one of ${issue.values.map((allowed) => JSON.stringify(allowed)).join(", ")}${shown}.`;
    case "too_small":
      return `must ${atLeast(issue.origin)} ${issue.minimum}${shown}.`;
    case "too_big":
      return `must ${atMost(issue.origin)} ${issue.maximum}${shown}.`;
    default:
      return `${issue.message}${shown}.`;
  }
}

const sized = { string: "characters", array: "items" } as Record<string, string | undefined>;

function atLeast(origin: string): string {
  return sized[origin] === undefined ? "be at least" : `have at least this many ${sized[origin]}:`;
}

function atMost(origin: string): string {
  return sized[origin] === undefined ? "be at most" : `have at most this many ${sized[origin]}:`;
}

/** The same without unknown and internal properties: zod must not see them. */
function known(value: PropertyValue): unknown {
  if (isUnknown(value)) return undefined;
  if (Array.isArray(value)) return value.map(known);
  if (!isPropertyMap(value)) return value;
  const entries = Object.entries(value).filter(([key, item]) => !key.startsWith("__") && item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, known(item)]));
}

/** The value at the path, or the unknown that the path runs into. */
function valueOrUnknown(root: PropertyMap, path: PropertyPath): PropertyValue | undefined {
  let value: PropertyValue | undefined = root;
  for (const step of path) {
    if (isUnknown(value)) return value;
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isPropertyMap(value)) value = value[step];
    else return undefined;
  }
  return value;
}

function isWithinSecret(root: PropertyMap, path: PropertyPath): boolean {
  return path.some((_, index) => isSecret(valueAt(root, path.slice(0, index + 1))));
}
