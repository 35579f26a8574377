import { cp, readFile } from "node:fs/promises";
import path from "node:path";
import { findPackage } from "./packages";

interface PackageJson {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/**
 * Copies installed packages and everything that they depend on into `<out>/node_modules`, so that an image holds the
 * packages that stay outside the bundle and no others. An optional dependency that is not installed, such as the
 * binary for another platform, is left out.
 *
 * @param names packages to start with
 * @param from folder whose node_modules, or those above it, hold them
 * @returns names of what was copied, sorted
 * @throws {Error} a package that is needed is not installed
 */
export async function copyPackages(names: string[], from: string, out: string): Promise<string[]> {
  const copied = new Map<string, string>();
  const visit = async (name: string, at: string, optional: boolean): Promise<void> => {
    const found = findPackage(name, at);
    if (found === undefined) {
      if (optional) return;
      throw new Error(`${name} is needed in ${at} and not installed; run npm ci there`);
    }
    if (copied.has(name)) {
      if (copied.get(name) === found.folder) return;
      throw new Error(`${name} is needed in two versions, in ${copied.get(name) ?? ""} and ${found.folder}`);
    }
    copied.set(name, found.folder);
    await cp(found.folder, path.join(out, "node_modules", name), {
      recursive: true,
      dereference: true,
      filter: (source) => !path.relative(found.folder, source).split(path.sep).includes("node_modules"),
    });
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      await readFile(path.join(found.folder, "package.json"), "utf8"),
    ) as PackageJson;
    for (const dependency of new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)])) {
      await visit(dependency, found.folder, dependency in optionalDependencies);
    }
  };
  for (const name of names) await visit(name, from, false);
  return [...copied.keys()].sort();
}
