import { formatPath, type PropertyPath, valueAt } from "./property-path";
import {
  containsUnknown,
  isPropertyMap,
  isUnknown,
  type PropertyMap,
  type PropertyValue,
  withoutSecrets,
} from "./property-value";

/** One fault in what a user wrote. */
export interface CheckFailure {
  /** Path of the property: `tags.site`. */
  property: string;
  /** What is wrong, what is allowed, what to do. Never the value of a secret. */
  reason: string;
}

type Kind = "string" | "number" | "boolean" | "object" | "array";
interface Kinds {
  string: string;
  number: number;
  boolean: boolean;
  object: PropertyMap;
  array: PropertyValue[];
}

export interface ReadOptions {
  required?: boolean;
  /** Words that say what belongs there, for the message about a missing property. */
  what?: string;
}

/**
 * Reads properties and collects every fault instead of stopping at the first. Looks through the marks of secrets;
 * what is unknown can't be checked yet and is passed over.
 */
export class Checker {
  readonly failures: CheckFailure[] = [];

  constructor(readonly properties: PropertyMap) {}

  fail(path: PropertyPath, reason: string): void {
    this.failures.push({ property: formatPath(path), reason });
  }

  /** The plain value, or undefined when it is missing, unknown or of another type (a fault). */
  read<K extends Kind>(path: PropertyPath, kind: K, options: ReadOptions = {}): Kinds[K] | undefined {
    const marked = valueAt(this.properties, path);
    if (marked === undefined || marked === null) {
      if (options.required === true) {
        this.fail(path, `is missing: give ${options.what ?? `a value of type ${kind}`}.`);
      }
      return undefined;
    }
    const value = withoutSecrets(marked);
    if (isUnknown(value)) return undefined;
    const found = Array.isArray(value) ? "array" : isPropertyMap(value) ? "object" : typeof value;
    if (found === kind) return value as Kinds[K];
    this.fail(path, `is of type ${found}; it must be ${options.what ?? `of type ${kind}`}.`);
    return undefined;
  }

  /** Faults every property that is not in the list, at the given map. */
  onlyKnown(known: readonly string[], path: PropertyPath = []): void {
    const map = valueAt(this.properties, path);
    if (!isPropertyMap(map)) return;
    for (const key of Object.keys(map)) {
      if (!known.includes(key) && !key.startsWith("__")) {
        this.fail([...path, key], `is not a property here; known are ${known.join(", ")}.`);
      }
    }
  }

  /** Whether the value at the path is not fully known yet. */
  isUnknown(path: PropertyPath): boolean {
    return containsUnknown(valueAt(this.properties, path));
  }
}
