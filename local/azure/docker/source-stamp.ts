import { createHash } from "node:crypto";
import { type BigIntStats, readdirSync, statSync } from "node:fs";
import path from "node:path";

/** What a stamp is taken of. */
export interface Sources {
  /** Files that were read, absolute. */
  files: string[];
  /** Folders and files that are taken whole, absolute. */
  trees: string[];
  /** The folder that holds the files and decides, by what else lies in it, which files are read. */
  root: string;
}

export interface Stamp {
  value: string;
  /** When the youngest of all was last changed, in milliseconds since 1970. */
  changedAt: number;
}

/**
 * A short text that changes whenever a file could have another content, or another file could be read in its place:
 * size, inode and both times of every file, of the folders above it up to the root, and of the settings in these. The
 * time of the last status change can't be set by programs, so a copy with a kept date is noticed too.
 *
 * @returns undefined when something is gone or lies outside the root
 */
export function stampOf({ files, trees, root }: Sources): Stamp | undefined {
  const folders = new Set<string>();
  for (const file of files) {
    if (!isInside(file, root)) return undefined;
    for (let folder = path.dirname(file); !folders.has(folder); folder = path.dirname(folder)) {
      folders.add(folder);
      if (folder === root) break;
    }
  }
  const hash = createHash("sha256");
  let changedAt = 0;
  const add = (file: string, stats: BigIntStats): void => {
    hash.update(`${file}\0${stats.size} ${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs}\n`);
    changedAt = Math.max(changedAt, Number(stats.ctimeMs));
  };
  const settings = [...folders].filter((folder) => !folder.includes(`${path.sep}node_modules`)).flatMap(settingsOf);
  try {
    for (const file of [...files, ...folders, ...settings].sort()) add(file, statSync(file, { bigint: true }));
    for (const tree of trees) addTree(tree, add);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return { value: hash.digest("hex"), changedAt };
}

/** package.json, tsconfig.json and what these extend. */
function settingsOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => path.join(folder, name));
}

function addTree(tree: string, add: (file: string, stats: BigIntStats) => void): void {
  const stats = statSync(tree, { bigint: true });
  add(tree, stats);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(tree).sort()) addTree(path.join(tree, name), add);
}

function isInside(file: string, root: string): boolean {
  return file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}
