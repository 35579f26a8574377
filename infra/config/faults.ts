import leven from "leven";
import type { z } from "zod";

/** One fault of the stack's configuration. */
export interface ConfigFault {
  /** Where: `edge-vision:devices[0].camera.fps`. */
  path: string;
  /** What is wrong, with the value, what is allowed and the next step. */
  message: string;
}

/** The stack's configuration cannot be used; `faults` has all of it. */
export class ConfigError extends Error {
  readonly code = "ConfigInvalid";
  override name = "ConfigError";

  constructor(readonly faults: readonly ConfigFault[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super([`${count} in the stack's configuration:`, ...faults.map((f) => `  ${f.path}: ${f.message}`)].join("\n"));
  }
}

/** The known name that is closest to a mistyped one, if any is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, distance: leven(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** A fault for a name that nothing knows. */
export function unknownKey(path: string, name: string, known: readonly string[]): ConfigFault {
  const close = nearest(name, known);
  const hint = close === undefined ? `known are ${known.join(", ")}` : `did you mean ${close}?`;
  return { path, message: `is not known; ${hint}` };
}

/** What is wrong with `value`, one fault for each of zod's issues. */
export function schemaFaults(
  path: string,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  known: KnownKeys,
): ConfigFault[] {
  return issues.flatMap((issue) => {
    const at = path + propertyPath(issue.path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(`${at}.${key}`, key, known(issue.path)));
    }
    const found = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], value);
    if (found === undefined) return [{ path: at, message: `is missing; ${allowed(issue)}` }];
    return [{ path: at, message: `${allowed(issue)}, found ${show(found)}` }];
  });
}

/** The names that are allowed at a path inside a value. */
export type KnownKeys = (path: readonly PropertyKey[]) => readonly string[];

function propertyPath(parts: readonly PropertyKey[]): string {
  return parts.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${article(issue.expected)}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must ${bound(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum)}`;
    case "invalid_key":
      return issue.issues.map(allowed).join(" and ");
    default:
      return issue.message;
  }
}

function bound(origin: string, word: string, limit: number | bigint): string {
  if (origin === "array") return `have ${word} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  if (origin !== "string") return `be ${word} ${limit}`;
  return word === "at least" && limit === 1 ? "not be empty" : `have ${word} ${limit} characters`;
}

function article(type: string): string {
  const name = type === "int" ? "integer" : type === "record" ? "object" : type;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
