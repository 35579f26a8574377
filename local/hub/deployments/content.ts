import { refuse } from "../errors";
import type { JsonObject } from "../store/model";
import { isObject } from "../twins/patch";

/** What a configuration says of one twin: the whole of its desired properties, or parts of them. */
export interface TwinContent {
  /** Each path under `properties.desired`, shortest first; an empty path is the whole. */
  parts: { path: string[]; value: unknown }[];
}

export interface ConfigurationContent {
  device?: TwinContent;
  modules: Map<string, TwinContent>;
}

const prefix = "properties.desired";

/**
 * Reads `{modulesContent: {m: {"properties.desired": {…}}}, deviceContent: {"properties.desired.x": …}}`.
 *
 * @throws HubError `ArgumentInvalid` with every fault
 */
export function readContent(value: unknown): ConfigurationContent {
  const faults: string[] = [];
  const content: ConfigurationContent = { modules: new Map() };
  if (!isObject(value)) throw refuse.argument("The configuration's content must be an object.");

  const known = ["modulesContent", "deviceContent", "moduleContent"];
  for (const name of Object.keys(value)) if (!known.includes(name)) faults.push(`content.${name} is unknown.`);
  if (value.modulesContent !== undefined && value.modulesContent !== null) {
    if (isObject(value.modulesContent)) {
      for (const [moduleId, twin] of Object.entries(value.modulesContent)) {
        content.modules.set(moduleId, readTwin(twin, `modulesContent.${moduleId}`, faults));
      }
    } else {
      faults.push("modulesContent must be an object.");
    }
  }
  if (value.deviceContent !== undefined && value.deviceContent !== null) {
    content.device = readTwin(value.deviceContent, "deviceContent", faults);
  }
  if (faults.length === 0 && content.modules.size === 0 && content.device === undefined) {
    faults.push("The content needs modulesContent or deviceContent.");
  }
  if (faults.length > 0) throw refuse.argument(faults.join(" "));
  return content;
}

function readTwin(value: unknown, where: string, faults: string[]): TwinContent {
  const parts: TwinContent["parts"] = [];
  if (!isObject(value)) {
    faults.push(`${where} must be an object.`);
    return { parts };
  }
  for (const [name, part] of Object.entries(value)) {
    if (name === prefix) parts.push({ path: [], value: part });
    else if (name.startsWith(`${prefix}.`)) parts.push({ path: name.slice(prefix.length + 1).split("."), value: part });
    else faults.push(`${where} has the key ${JSON.stringify(name)}; allowed are "${prefix}" and "${prefix}.<path>".`);
  }
  parts.sort((a, b) => a.path.length - b.path.length);
  return { parts };
}

/** Desired properties after the content is laid over them: a whole replaces, a part replaces what stands at its path. */
export function layOver(values: JsonObject, content: TwinContent): JsonObject {
  let result = values;
  for (const { path, value } of content.parts) {
    if (path.length === 0) {
      if (!isObject(value)) throw refuse.argument(`"${prefix}" must be an object.`);
      result = value;
    } else {
      result = set(result, path, value);
    }
  }
  return result;
}

function set(values: JsonObject, path: readonly string[], value: unknown): JsonObject {
  const [name = "", ...rest] = path;
  const inner = Object.hasOwn(values, name) ? values[name] : undefined;
  const next = rest.length === 0 ? value : set(isObject(inner) ? inner : {}, rest, value);
  return Object.fromEntries([...Object.entries(values).filter(([key]) => key !== name), [name, next]]);
}

/** Modules that a deployment brings: those with content, and those that `$edgeAgent` is to run. */
export function namedModules(content: ConfigurationContent, edgeAgentDesired: JsonObject | undefined): Set<string> {
  const names = new Set(content.modules.keys());
  const modules = isObject(edgeAgentDesired?.modules) ? edgeAgentDesired.modules : {};
  for (const name of Object.keys(modules)) names.add(name);
  return names;
}
