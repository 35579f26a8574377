import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ModuleDescriptionError } from "./errors";
import { findPackage } from "./packages";

/** What a module's package.json says about its image, with absolute paths. */
export interface ModuleDescription {
  name: string;
  version: string;
  /** Entry points, relative to the module's folder; the first is what the image starts. */
  entries: string[];
  /** Packages with native parts: installed beside the bundle, never inside it. Name to exact version. */
  external: Record<string, string>;
  /** Name in the image to the absolute folder or file. */
  assets: Record<string, string>;
}

/** Never bundled, whoever depends on them: they load binaries that lie beside their own code. */
export const nativePackages = ["sharp", "onnxruntime-node", "onnxruntime-web", "onnxruntime-common"];

/**
 * Reads `<folder>/package.json`:
 * `"edgeVision": { "entries": ["main.ts"], "external": ["package"], "assets": { "models": "../../models" } }`.
 *
 * @throws {ModuleDescriptionError} with every fault
 */
export function readModuleDescription(folder: string): ModuleDescription {
  const file = path.join(folder, "package.json");
  const faults: string[] = [];
  const text = read(file);
  const { name, version, dependencies, edgeVision } = record(text);
  const { entries = ["main.ts"], external = [], assets = {}, ...unknown } = record(edgeVision);
  for (const key of Object.keys(unknown))
    faults.push(`edgeVision.${key}: unknown; known are entries, external, assets`);

  const entryList = strings(entries, "edgeVision.entries", faults);
  if (entryList.length === 0) faults.push("edgeVision.entries: at least one file is needed");
  for (const entry of entryList) {
    if (!entry.endsWith(".ts") || !inside(folder, entry)) {
      faults.push(`edgeVision.entries: ${entry}: must be a .ts file inside the module's folder`);
    } else if (!existsSync(path.join(folder, entry))) {
      faults.push(`edgeVision.entries: ${entry}: no such file in ${folder}`);
    }
  }

  const needed = new Set([
    ...nativePackages.filter((native) => native in record(dependencies)),
    ...strings(external, "edgeVision.external", faults),
  ]);
  const versions: Record<string, string> = {};
  for (const packageName of [...needed].sort()) {
    const found = findPackage(packageName, folder);
    if (found === undefined) faults.push(`edgeVision.external: ${packageName}: not installed; run npm ci`);
    else versions[packageName] = found.version;
  }

  const assetFolders: Record<string, string> = {};
  for (const [asset, target] of Object.entries(record(assets)).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^[\w.-]+$/.test(asset) || asset.startsWith(".")) {
      faults.push(`edgeVision.assets: ${asset}: must be a plain name`);
    } else if (typeof target !== "string" || !existsSync(path.resolve(folder, target))) {
      faults.push(`edgeVision.assets.${asset}: ${String(target)}: no such file or folder`);
    } else {
      assetFolders[asset] = path.resolve(folder, target);
    }
  }
  if (faults.length > 0) throw new ModuleDescriptionError(file, faults);
  return {
    name: typeof name === "string" ? name : path.basename(folder),
    version: typeof version === "string" ? version : "0.0.0",
    entries: entryList,
    external: versions,
    assets: assetFolders,
  };
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new ModuleDescriptionError(file, [missing ? "no such file; a module has one" : `not JSON: ${String(error)}`]);
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function strings(value: unknown, where: string, faults: string[]): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  faults.push(`${where}: must be a list of strings`);
  return [];
}

function inside(folder: string, file: string): boolean {
  const relative = path.relative(folder, path.resolve(folder, file));
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}
