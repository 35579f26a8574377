import {
  type Checker,
  containsUnknown,
  isPropertyMap,
  isUnknown,
  parsePath,
  type PropertyPath,
  type PropertyValue,
  secret,
  unknown,
  valueAt,
  withoutSecrets,
} from "../kit";
import { checkTwinSection } from "./checks";

/** Desired properties by module id, as a deployment manifest has them. */
export type ModulesContent = Record<string, Record<string, unknown>>;

const desiredKey = "properties.desired";
const maxDesiredBytes = 32 * 1024;

/** Custom modules of edgeAgent's desired properties; undefined when there is no deployment in them. */
export function agentModules(content: ModulesContent): Record<string, unknown> | undefined {
  const desired = content["$edgeAgent"]?.[desiredKey] as { runtime?: unknown; modules?: unknown } | undefined;
  if (desired?.runtime === undefined) return undefined;
  return (desired.modules ?? {}) as Record<string, unknown>;
}

/** Ids of the custom modules, sorted; those of a layer stand in its keys. */
export function moduleIds(content: ModulesContent): string[] {
  const agent = content["$edgeAgent"] ?? {};
  const layered = Object.keys(agent).flatMap((key) => /^properties\.desired\.modules\.([^.]+)$/.exec(key)?.[1] ?? []);
  return [...new Set([...Object.keys(agentModules(content) ?? {}), ...layered])].sort();
}

/** The same from inputs of a preview, in which parts may be unknown. */
export function previewModuleIds(content: PropertyValue | undefined): PropertyValue {
  const plain = withoutSecrets(content ?? unknown);
  const agent = valueAt(plain, ["$edgeAgent"]);
  const modules = valueAt(plain, ["$edgeAgent", desiredKey, "modules"]);
  if (!isPropertyMap(plain) || !isPropertyMap(agent) || isUnknown(agent[desiredKey]) || isUnknown(modules))
    return unknown;
  return moduleIds(plain as never);
}

/** Whether the content is a layer: its keys reach into the desired properties instead of replacing them. */
export function isLayered(content: ModulesContent): boolean {
  return Object.values(content).some((module) => Object.keys(module).some((key) => key.startsWith(`${desiredKey}.`)));
}

/** The deployment without its modules and routes; the runtime stays as it was. */
export function emptied(content: ModulesContent): ModulesContent {
  const agent = content["$edgeAgent"]?.[desiredKey] as Record<string, unknown> | undefined;
  const hub = content["$edgeHub"]?.[desiredKey] as Record<string, unknown> | undefined;
  return {
    $edgeAgent: { [desiredKey]: { ...agent, modules: {} } },
    $edgeHub: {
      [desiredKey]: {
        schemaVersion: "1.1",
        storeAndForwardConfiguration: { timeToLiveSecs: 7200 },
        ...hub,
        routes: {},
      },
    },
  };
}

const credentials = parsePath('$edgeAgent["properties.desired"].runtime.settings.registryCredentials.*.password');

/**
 * Passwords of registries marked secret, whether or not the program says so: the hub gives them back plain, and an
 * import has no marks of its own.
 */
export function markCredentials(content: ModulesContent | PropertyValue): PropertyValue {
  return markedAt(content as PropertyValue, credentials);
}

function markedAt(value: PropertyValue, path: PropertyPath): PropertyValue {
  const [step, ...rest] = path;
  if (step === undefined) return isUnknown(value) ? value : secret(value);
  if (!isPropertyMap(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, PropertyValue] => [
    key,
    step === "*" || step === key ? markedAt(item, rest) : item,
  ]);
  return Object.fromEntries(entries);
}

/** Shape, names and sizes of a deployment's content. What is unknown yet is passed over. */
export function checkModulesContent(checker: Checker, path: PropertyPath, { layers }: { layers: boolean }): void {
  const content = checker.read(path, "object", { required: true, what: "the deployment's modules by id" });
  if (content === undefined) return;
  const layered = layers && isLayered(content as never);
  if (!layered) {
    for (const system of ["$edgeAgent", "$edgeHub"]) {
      checker.read([...path, system, desiredKey], "object", {
        required: !checker.isUnknown([...path, system]),
        what: `the desired properties of ${system}, as a whole deployment needs them`,
      });
    }
    checkAgent(checker, [...path, "$edgeAgent", desiredKey]);
  }
  for (const id of Object.keys(content)) {
    if (!/^(\$edgeAgent|\$edgeHub|[A-Za-z0-9_-]{1,128})$/.test(id)) {
      checker.fail([...path, id], "is not a module id: 1 to 128 letters, digits, - and _ are allowed.");
    }
    const module = checker.read([...path, id], "object");
    for (const key of Object.keys(module ?? {})) {
      if (key === desiredKey) checkTwinSection(checker, [...path, id, key], maxDesiredBytes);
      else if (!key.startsWith(`${desiredKey}.`)) {
        checker.fail([...path, id, key], `is not known here; a module has "${desiredKey}".`);
      } else if (!layers) {
        checker.fail(
          [...path, id, key],
          `belongs to a layered deployment; one device takes "${desiredKey}" as a whole.`,
        );
      }
    }
  }
}

function checkAgent(checker: Checker, path: PropertyPath): void {
  const desired = withoutSecrets(valueAt(checker.properties, path) ?? null);
  if (!isPropertyMap(desired) || containsUnknown(desired)) return;
  const type = checker.read([...path, "runtime", "type"], "string", { required: true, what: '"docker"' });
  if (type !== undefined && type !== "docker")
    checker.fail([...path, "runtime", "type"], `is "${type}"; it must be "docker".`);
  checker.read([...path, "systemModules", "edgeAgent"], "object", { required: true, what: "the runtime's own module" });
  checker.read([...path, "systemModules", "edgeHub"], "object", { required: true, what: "the runtime's own module" });
}
