import path from "node:path";
import type { CreateOptions } from "@edge-vision/manifest";
import type { LocalImage } from "./image-store";
import type { PortTable } from "./ports";

/** What a module's environment is made of. */
export interface EnvironmentInput {
  moduleId: string;
  image: LocalImage;
  /** The module's `env` in the manifest. */
  env: Record<string, string>;
  createOptions: CreateOptions;
  /** What every module gets from the machine: `PATH`, `HOME`, `LANG` and what the supervisor adds. */
  base: Record<string, string>;
  /** `IOTEDGE_*`. */
  identity: Record<string, string>;
  /** Loopback ports of all modules. */
  ports: PortTable;
  /** Where named volumes are. */
  volumes: string;
  /** Whether a path of this machine exists. */
  exists: (hostPath: string) => boolean;
}

/** What a module's process gets, and what the user should know about how it differs from a container's. */
export interface ModuleEnvironment {
  env: Record<string, string>;
  /** Folders of volumes that must be there before the module starts. */
  folders: string[];
  /** One sentence for each thing that was replaced or left out. */
  notes: string[];
}

/**
 * The environment of a module that runs as a process instead of a container: the image's, then the manifest's, then
 * createOptions' (as edgeAgent orders them); host names of siblings and paths of binds are replaced by what they are
 * here.
 */
export function moduleEnvironment(input: EnvironmentInput): ModuleEnvironment {
  const notes: string[] = [];
  const { mounts, folders } = readBinds(input, notes);
  noteUnsupported(input.createOptions, notes);

  const declared = { ...input.image.env, ...input.env, ...readPairs(input.createOptions.Env ?? []) };
  const env: Record<string, string> = { ...input.base };
  if (input.image.nodePath.length > 0) env.NODE_PATH = input.image.nodePath.join(path.delimiter);
  Object.assign(env, input.identity);
  for (const [name, value] of Object.entries(declared)) {
    // All addresses of a container are its own; those of this machine are everyone's.
    const replaced = value === "0.0.0.0" ? "127.0.0.1" : replacePath(replaceHosts(value, input.ports), mounts);
    if (replaced !== value) notes.push(`${name}: ${value} is ${replaced} here.`);
    env[name] = replaced;
  }
  const own = Object.entries(input.ports[input.moduleId] ?? {});
  const first = own[0];
  if (first !== undefined) env.PORT = String(first[1]);
  return { env, folders, notes };
}

/** The ports a module serves: the image's and createOptions', each once, in that order. */
export function exposedPorts(image: LocalImage, createOptions: CreateOptions): string[] {
  const bindings = Object.keys(createOptions.HostConfig?.PortBindings ?? {});
  return [...new Set([...image.exposedPorts, ...Object.keys(createOptions.ExposedPorts ?? {}), ...bindings])];
}

/** `http://object-detection:8885/image` → `http://127.0.0.1:41234/image`, for every sibling and port that is known. */
export function replaceHosts(value: string, ports: PortTable): string {
  return value.replace(
    /\b([a-z][a-z0-9+.-]*:\/\/)([\w-]+)(?::(\d+))?(?=[/?#]|$|[\s,;"'])/gi,
    (whole: string, ...groups) => {
      const [scheme, host, port] = groups as [string, string, string | undefined];
      const local = ports[host]?.[`${port ?? (scheme.toLowerCase() === "https://" ? "443" : "80")}/tcp`];
      return local === undefined ? whole : `${scheme}127.0.0.1:${local}`;
    },
  );
}

interface Mount {
  target: string;
  source: string;
}

function readBinds(input: EnvironmentInput, notes: string[]): { mounts: Mount[]; folders: string[] } {
  const mounts: Mount[] = [];
  const folders: string[] = [];
  for (const bind of input.createOptions.HostConfig?.Binds ?? []) {
    const [source = "", target = ""] = bind.split(":");
    if (!source.startsWith("/")) {
      const folder = path.join(input.volumes, path.basename(source));
      folders.push(folder);
      mounts.push({ source: folder, target });
    } else if (input.exists(source)) {
      mounts.push({ source, target });
    } else {
      notes.push(`The bind ${bind} is left out: ${source} is not on this machine.`);
    }
  }
  // The longest target first: /data/models before /data.
  mounts.sort((a, b) => b.target.length - a.target.length);
  for (const device of input.createOptions.HostConfig?.Devices ?? []) {
    if (input.exists(device.PathOnHost)) continue;
    notes.push(`The device ${device.PathOnHost} is left out: it is not on this machine.`);
  }
  return { mounts, folders };
}

function replacePath(value: string, mounts: readonly Mount[]): string {
  for (const { source, target } of mounts) {
    if (value === target) return source;
    if (value.startsWith(`${target.replace(/\/$/, "")}/`)) return path.join(source, value.slice(target.length));
  }
  return value;
}

function readPairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Settings that change what a container runs; a process cannot follow them. */
const unsupported = ["Cmd", "Entrypoint", "WorkingDir"] as const;

function noteUnsupported(createOptions: CreateOptions, notes: string[]): void {
  for (const key of unsupported) {
    if (createOptions[key] !== undefined)
      notes.push(`createOptions.${key} is left out: modules run as processes here.`);
  }
}
