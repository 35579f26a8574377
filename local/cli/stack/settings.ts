import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse, stringify } from "yaml";
import { Failure } from "../failure";
import { pathsOf, type Project } from "../project";

/** What only this machine knows of the local world. */
export interface GeneratedConfig {
  hubEndpoint: { host: string; port: number; ca: string };
  resourceManagerEndpoint?: string;
}

interface ProjectSettings {
  main?: string;
  backend?: unknown;
  plugins?: { providers?: { name: string; path: string }[] };
  [key: string]: unknown;
}

interface StackSettings {
  encryptionsalt?: string;
  config?: Record<string, unknown>;
}

/**
 * Writes the settings that the engine works with: the project's own, with what this machine knows added. They are made
 * anew each time, so that edits of the project's files apply; the engine's encryption salt is kept, and never gets into
 * the working tree.
 *
 * @throws {Failure} CONFIGURATION when a settings file cannot be read
 */
export function writeSettings(project: Project, stack: string, generated: GeneratedConfig): string {
  const folder = pathsOf(project).settings;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const {
    main: _main,
    backend: _backend,
    ...settings
  } = readYaml(path.join(project.root, "Pulumi.yaml")) as ProjectSettings;
  for (const provider of settings.plugins?.providers ?? []) provider.path = path.resolve(project.root, provider.path);
  write(path.join(folder, "Pulumi.yaml"), settings);

  const kept = path.join(folder, `Pulumi.${stack}.yaml`);
  const salt = existsSync(kept) ? (readYaml(kept) as StackSettings).encryptionsalt : undefined;
  write(kept, {
    ...(salt !== undefined && { encryptionsalt: salt }),
    config: {
      ...readStackConfig(project, stack),
      ...Object.fromEntries(
        Object.entries(generated).flatMap(([key, value]) =>
          value === undefined ? [] : [[`edge-vision:${key}`, value]],
        ),
      ),
    },
  });
  return folder;
}

/**
 * The stack's config as it stands in the project.
 *
 * @throws {Failure} CONFIGURATION
 */
export function readStackConfig(project: Project, stack: string): Record<string, unknown> {
  const settings = readYaml(path.join(project.root, `Pulumi.${stack}.yaml`)) as StackSettings | null;
  return settings?.config ?? {};
}

/** The passphrase of the stack's secrets: made once, readable by the user alone. */
export function ensurePassphrase(project: Project): string {
  const { backend, passphrase } = pathsOf(project);
  mkdirSync(backend, { recursive: true, mode: 0o700 });
  if (!existsSync(passphrase)) writeFileSync(passphrase, randomBytes(24).toString("base64url"), { mode: 0o600 });
  return passphrase;
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0] ?? "";
    throw new Failure("CONFIGURATION", `${path.basename(file)} cannot be read: ${reason}`);
  }
}

function write(file: string, settings: object): void {
  writeFileSync(file, stringify(settings), { mode: 0o600 });
}
