import { CHUNK_LENGTH, CreateOptionsError, joinCreateOptions, MAX_CHUNKS } from "../create-options";
import type { CreateOptions, EdgeAgentDesired, SystemModule } from "../deployment";
import { checkContainer, type PublishedPort } from "./container";
import type { Report } from "./finding";
import type { ValidationOptions } from "./options";

const RESERVED = ["edgeAgent", "edgeHub", "$edgeAgent", "$edgeHub"];
const MAX_MODULES = 50;
const IMAGE = /^([^/]*\/)*[^/:]+(:[^/:]+)?$/;
const DIGEST = /@sha256:[0-9a-f]{64}$/;

/** Checks names, images, environment and container settings of all modules, the runtime's own included. */
export function checkModules(agent: EdgeAgentDesired, options: ValidationOptions, report: Report): void {
  const published: PublishedPort[] = [];
  for (const [id, module] of Object.entries(agent.systemModules)) {
    const path = `$edgeAgent.systemModules.${id}`;
    checkImage(`${path}.settings.image`, module.settings.image, undefined, report);
    checkEnv(path, module, report);
    const container = readOptions(path, module, report);
    const ports = id === "edgeHub" ? [5671, 8883, 443] : [];
    if (container) checkContainer({ path, id, options: container, serverPorts: ports, devices: [], published }, report);
  }
  const ids = Object.keys(agent.modules);
  if (ids.length > MAX_MODULES) {
    report(
      "error",
      "ModuleCount",
      "$edgeAgent.modules",
      `has ${ids.length} modules, a deployment takes ${MAX_MODULES}`,
    );
  }
  for (const [id, module] of Object.entries(agent.modules)) {
    const path = `$edgeAgent.modules.${id}`;
    checkName(path, id, report);
    checkImage(`${path}.settings.image`, module.settings.image, options.requireDigests ? "error" : "warning", report);
    checkEnv(path, module, report);
    if (!["always", "never"].includes(module.restartPolicy)) {
      const message = `must be always or never, found ${module.restartPolicy}; edgeAgent treats all but never as always`;
      report("warning", "RestartPolicy", `${path}.restartPolicy`, message);
    }
    const container = readOptions(path, module, report);
    if (!container) continue;
    const serverPorts =
      options.serverPorts?.[id] ?? Object.keys(container.ExposedPorts ?? {}).map((port) => Number.parseInt(port, 10));
    const devices = options.devices?.[id] ?? [];
    checkContainer({ path, id, options: container, serverPorts, devices, published }, report);
  }
}

function checkName(path: string, id: string, report: Report): void {
  if (RESERVED.some((name) => name.toLowerCase() === id.toLowerCase())) {
    report("error", "ReservedName", path, `the module's name "${id}" belongs to the runtime`);
  } else if (!/^[a-zA-Z0-9][a-zA-Z0-9_-]{1,127}$/.test(id)) {
    const message = `the module's name "${id}" must have 2 to 128 letters, digits, _ or -, the first no _ or -`;
    report("error", "Name", path, message);
  }
}

function checkImage(path: string, image: string, unpinned: "error" | "warning" | undefined, report: Report): void {
  if (!IMAGE.test(image.trim())) {
    const both = image.includes("@") ? "; with a digest there must be no tag" : "";
    report(
      "error",
      "Image",
      path,
      `"${image}" is no image for edgeAgent, write registry/repository:tag or …@sha256:…${both}`,
    );
  } else if (unpinned && !DIGEST.test(image)) {
    report(
      unpinned,
      "ImageNotPinned",
      path,
      `"${image}" has no digest, so what runs can change; pin …@sha256:<64 digits>`,
    );
  } else if (!unpinned && (!/[:@]/.test(image.split("/").at(-1) ?? "") || image.endsWith(":latest"))) {
    report("warning", "ImageNotPinned", path, `"${image}" is whatever is latest; name a version such as :1.6`);
  }
}

function checkEnv(path: string, { env }: SystemModule, report: Report): void {
  for (const name of Object.keys(env ?? {})) {
    if (!/^[^+#$\s.=]+$/.test(name)) {
      report("error", "EnvName", `${path}.env.${name}`, `the name "${name}" must have no +, #, $, =, dot or space`);
    }
  }
}

function readOptions(path: string, { settings }: SystemModule, report: Report): CreateOptions | undefined {
  const chunks = Object.entries<string>({ ...settings }).filter(([name]) => /^createoptions\d*$/i.test(name));
  for (const [name, chunk] of chunks) {
    if (Buffer.byteLength(chunk) > CHUNK_LENGTH) {
      const message = `has ${Buffer.byteLength(chunk)} bytes, a chunk takes ${CHUNK_LENGTH}; split it into ${name}01…`;
      report("error", "CreateOptionsSize", `${path}.settings.${name}`, message);
    }
  }
  if (chunks.length > MAX_CHUNKS) {
    const message = `takes ${chunks.length} chunks, tools that edit deployments read ${MAX_CHUNKS}`;
    report("warning", "CreateOptionsSize", `${path}.settings.createOptions`, message);
  }
  try {
    return joinCreateOptions(settings);
  } catch (error) {
    if (!(error instanceof CreateOptionsError)) throw error;
    report("error", "CreateOptions", `${path}.settings.createOptions`, error.message);
    return undefined;
  }
}
