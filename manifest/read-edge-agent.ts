import { CreateOptionsError, joinCreateOptions } from "./create-options";
import type { CreateOptions, ImagePullPolicy, RegistryCredential } from "./deployment";
import { isObject } from "./json";
import { asObject, get, ManifestFormatError, text, topLevel } from "./reading";

/** What edgeAgent shall run, out of `$edgeAgent`'s desired properties. */
export interface AgentDeployment {
  schemaVersion: string;
  registryCredentials: Record<string, RegistryCredential>;
  systemModules: { edgeAgent?: RuntimeModule; edgeHub?: RuntimeModule };
  modules: RuntimeModule[];
}

/** One module, with every default filled in. */
export interface RuntimeModule {
  moduleId: string;
  image: string;
  createOptions: CreateOptions;
  env: Record<string, string>;
  status: "running" | "stopped";
  /** edgeAgent restarts after any exit unless this is `never`. */
  restartPolicy: string;
  imagePullPolicy: ImagePullPolicy;
  startupOrder: number;
  version: string;
}

/** startupOrder of a module that names none. */
const LAST = 4294967295;
const IMAGE = /^([^/]*\/)*[^/:]+(:[^/:]+)?$/;

/**
 * Reads `$edgeAgent`'s desired properties as edgeAgent does: unknown keys are ignored, defaults filled in, names of
 * properties and enum values in any case.
 * @throws ManifestFormatError with every fault; the runtime then keeps what it runs.
 */
export function readEdgeAgentDesired(desired: unknown): AgentDeployment {
  const faults: string[] = [];
  const root = topLevel(desired);
  const schemaVersion = text(get(root, "schemaVersion"));
  if (!/^1\.[01](\.0)?$/.test(schemaVersion)) {
    throw new ManifestFormatError(412, [
      `schemaVersion "${schemaVersion}" is not supported, edgeAgent takes 1.0 and 1.1`,
    ]);
  }
  const runtime = get(root, "runtime");
  if (text(get(runtime, "type")) !== "docker") faults.push('runtime.type must be "docker"');
  const registryCredentials = readCredentials(get(get(runtime, "settings"), "registryCredentials"), faults);
  if (!isObject(get(root, "systemModules"))) faults.push("systemModules is missing");
  const read = (group: string, id: string) => readModule(group, id, get(get(root, group), id), faults);
  const systemModules: AgentDeployment["systemModules"] = {};
  for (const id of ["edgeAgent", "edgeHub"] as const) {
    if (get(get(root, "systemModules"), id) !== undefined) systemModules[id] = read("systemModules", id);
  }
  const modules = Object.keys(asObject(get(root, "modules")))
    .filter((id) => !id.startsWith("$"))
    .map((id) => read("modules", id));
  if (faults.length > 0) throw new ManifestFormatError(400, faults);
  return {
    schemaVersion,
    registryCredentials,
    systemModules,
    modules,
  };
}

function readModule(group: string, moduleId: string, value: unknown, faults: string[]): RuntimeModule {
  const at = `${group}.${moduleId}`;
  const settings = asObject(get(value, "settings"));
  const image = text(get(settings, "image")).trim();
  if (text(get(value, "type")) !== "docker") faults.push(`${at}.type must be "docker"`);
  if (!IMAGE.test(image)) faults.push(`${at}.settings.image "${image}" is no image`);
  const status = text(get(value, "status")).toLowerCase();
  if (group === "modules" && status === "") faults.push(`${at}.status is missing`);
  let createOptions: CreateOptions = {};
  try {
    createOptions = joinCreateOptions(settings);
  } catch (error) {
    if (!(error instanceof CreateOptionsError)) throw error;
    faults.push(`${at}.settings.createOptions: ${error.message}`);
  }
  const env = Object.entries(asObject(get(value, "env"))).map(([key, entry]) => [key, text(get(entry, "value"))]);
  const order = get(value, "startupOrder");
  return {
    moduleId,
    image: /[:@]/.test(image.slice(image.lastIndexOf("/") + 1)) ? image : `${image}:latest`,
    createOptions,
    env: Object.fromEntries(env) as Record<string, string>,
    status: status === "stopped" ? "stopped" : "running",
    restartPolicy: text(get(value, "restartPolicy")).toLowerCase() || (group === "modules" ? "on-unhealthy" : "always"),
    imagePullPolicy: text(get(value, "imagePullPolicy")).toLowerCase() === "never" ? "never" : "on-create",
    startupOrder: typeof order === "number" ? order : group === "modules" ? LAST : 0,
    version: text(get(value, "version")),
  };
}

function readCredentials(value: unknown, faults: string[]): Record<string, RegistryCredential> {
  const credentials: Record<string, RegistryCredential> = {};
  for (const [name, entry] of Object.entries(asObject(value))) {
    const [address, username, password] = ["address", "username", "password"].map((key) => text(get(entry, key)));
    if (!address?.trim() || !username?.trim() || !password?.trim()) {
      faults.push(`runtime.settings.registryCredentials.${name} needs address, username and password`);
    } else credentials[name] = { address, username, password };
  }
  return credentials;
}
