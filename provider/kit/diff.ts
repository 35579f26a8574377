import { formatPath, isWithin, parsePath, type PropertyPath } from "./property-path";
import { isPropertyMap, isSecret, isUnknown, type PropertyMap, type PropertyValue } from "./property-value";

/** One property that differs. */
export interface PropertyDiff {
  /** As Pulumi writes it: `modulesContent["$edgeAgent"].modules.camera`. */
  path: string;
  kind: "add" | "delete" | "update";
  /** The resource has to be replaced for it. */
  replace: boolean;
}

/** What differs between what is and what shall be; empty when nothing does. */
export interface Diff {
  changes: PropertyDiff[];
  /** A replacement deletes first, because both can't exist at once. @default false */
  deleteBeforeReplace?: boolean;
}

export interface DiffOptions {
  /** Paths whose change replaces the resource; `*` stands for any one step: `rules[*].name`. */
  replaceOnChanges?: readonly string[];
  /** Two values that mean the same to the service are no change. Called for every pair that differs. */
  same?: (path: PropertyPath, old: PropertyValue, next: PropertyValue) => boolean;
}

/**
 * Compares inputs property by property, into maps and lists. An unknown counts as a change, because it may become
 * one; marks of secrets don't.
 */
export function diffProperties(olds: PropertyMap, news: PropertyMap, options: DiffOptions = {}): PropertyDiff[] {
  const patterns = (options.replaceOnChanges ?? []).map(parsePath);
  const changes: PropertyDiff[] = [];
  const report = (path: PropertyPath, kind: PropertyDiff["kind"]): void => {
    // A change of the whole is a change of each part: {} → {a: 1} adds "a", but 1 → {a: 1} updates the parent.
    const replace = patterns.some((pattern) => isWithin(path, pattern) || isWithin(pattern, path));
    changes.push({ path: formatPath(path), kind, replace });
  };
  const compare = (path: PropertyPath, markedOld?: PropertyValue, markedNew?: PropertyValue): void => {
    const old = isSecret(markedOld) ? markedOld.value : markedOld;
    const next = isSecret(markedNew) ? markedNew.value : markedNew;
    // The engine leaves out what is null: a missing property and a null one are the same.
    if (old === undefined || old === null) {
      if (next !== undefined && next !== null) report(path, "add");
    } else if (next === undefined || next === null) {
      report(path, "delete");
    } else if (Array.isArray(old) && Array.isArray(next)) {
      if (options.same?.(path, old, next) === true) return;
      for (let index = 0; index < Math.max(old.length, next.length); index++) {
        compare([...path, index], old[index], next[index]);
      }
    } else if (isPropertyMap(old) && isPropertyMap(next)) {
      if (options.same?.(path, old, next) === true) return;
      for (const key of new Set([...Object.keys(old), ...Object.keys(next)]))
        compare([...path, key], old[key], next[key]);
    } else if (isUnknown(next) || old !== next) {
      if (options.same?.(path, old, next) !== true) report(path, "update");
    }
  };
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) compare([key], olds[key], news[key]);
  return changes;
}
