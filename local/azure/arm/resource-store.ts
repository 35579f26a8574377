import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { PropertyMap } from "@edge-vision/iotedge/kit";

/** A resource as it is kept: what was asked for, and what Azure would have made up at its creation. */
export interface StoredResource {
  id: string;
  /** Pulumi's type token. */
  token: string;
  inputs: PropertyMap;
  /** Keys, ids and times, made once. */
  facts: PropertyMap;
}

/**
 * The resources of the local Azure, one JSON file each in folders that mirror the ids. Each file is written whole or
 * not at all, so any number of processes can use the folder at once.
 */
export class ResourceStore {
  private readonly folder: string;

  constructor(stateFolder: string) {
    this.folder = path.join(stateFolder, "azure");
  }

  async get(id: string): Promise<StoredResource | undefined> {
    return read(this.fileOf(id));
  }

  async put(resource: StoredResource): Promise<void> {
    const file = this.fileOf(resource.id);
    // A removal of an emptied folder may come between the two steps.
    for (let attempt = 1; ; attempt++) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      try {
        await writeFileAtomic(file, `${JSON.stringify(resource, undefined, 2)}\n`, { mode: 0o600 });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 5) throw error;
      }
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.fileOf(id), { force: true });
  }

  /** All resources whose id is `id` or lies below it. What vanishes meanwhile is left out. */
  async below(id: string): Promise<StoredResource[]> {
    const own = await this.get(id);
    const folder = this.fileOf(id).replace(/\.json$/, "");
    return [...(own === undefined ? [] : [own]), ...(await walk(folder))];
  }

  async all(): Promise<StoredResource[]> {
    return walk(this.folder);
  }

  private fileOf(id: string): string {
    const parts = id
      .toLowerCase()
      .split("/")
      .filter((part) => part !== "")
      .map((part) => encodeURIComponent(part).replace(/^\.+$/, (dots) => "%2E".repeat(dots.length)));
    return `${path.join(this.folder, ...parts)}.json`;
  }
}

async function walk(folder: string): Promise<StoredResource[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
  const found = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return walk(file);
      if (!entry.name.endsWith(".json")) return [];
      return [await read(file)].filter((resource) => resource !== undefined);
    }),
  );
  return found.flat();
}

async function read(file: string): Promise<StoredResource | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as StoredResource;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}
