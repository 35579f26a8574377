import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";

/** An installed package, found as Node's resolution finds it, whatever its `exports` hide. */
export interface InstalledPackage {
  folder: string;
  version: string;
  main: string;
}

export function findPackage(name: string, from: string): InstalledPackage | undefined {
  for (const modules of packageFolders(from)) {
    const file = path.join(modules, name, "package.json");
    if (!existsSync(file)) continue;
    const { version = "0.0.0", main = "index.js" } = JSON.parse(readFileSync(file, "utf8")) as {
      version?: string;
      main?: string;
    };
    return { folder: realpathSync(path.dirname(file)), version, main };
  }
  return undefined;
}

/** The existing node_modules folders from a folder upwards, nearest first. */
export function packageFolders(from: string): string[] {
  const folders: string[] = [];
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const modules = path.join(folder, "node_modules");
    if (existsSync(modules)) folders.push(modules);
    if (folder === path.dirname(folder)) return folders;
  }
}
