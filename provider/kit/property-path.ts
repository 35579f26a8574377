import { isPropertyMap, isSecret, type PropertyValue } from "./property-value";

/** The way to a property: names of maps and indices of lists. */
export type PropertyPath = readonly (string | number)[];

/** A path as Pulumi writes it: `modules[0].env["a.b"]`. */
export function formatPath(path: PropertyPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w$-]+$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `["${step.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"]`;
  }
  return text;
}

/** A path from text; `*` stands for any one name or index, as in `rules[*].name`. */
export function parsePath(text: string): PropertyPath {
  const path: (string | number)[] = [];
  const step = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.[\]]+)/gy;
  let end = 0;
  for (let match = step.exec(text); match !== null; match = step.exec(text)) {
    const [, quoted, index, name] = match;
    if (quoted !== undefined) path.push(quoted.replaceAll(/\\(.)/g, "$1"));
    else if (index !== undefined) path.push(index === "*" ? "*" : Number(index));
    else if (name !== undefined) path.push(name);
    end = step.lastIndex;
  }
  if (end !== text.length) throw new SyntaxError(`"${text}" is not a property path: unreadable at position ${end}.`);
  return path;
}

/** Whether `path` is `pattern` or lies inside what it names; `*` in the pattern matches any one step. */
export function isWithin(path: PropertyPath, pattern: PropertyPath): boolean {
  return pattern.length <= path.length && pattern.every((step, index) => step === "*" || step === path[index]);
}

/** The value at a path, looking through the marks of secrets. */
export function valueAt(root: PropertyValue | undefined, path: PropertyPath): PropertyValue | undefined {
  let value = root;
  for (const step of path) {
    if (isSecret(value)) value = value.value;
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isPropertyMap(value)) value = value[step];
    else return undefined;
  }
  return value;
}
