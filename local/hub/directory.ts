import { randomUUID } from "node:crypto";
import { statSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";

/** A shared access policy of a hub. */
export interface HubPolicy {
  keyName: string;
  primaryKey: string;
  secondaryKey: string;
  /** As Azure writes them: `"RegistryWrite, ServiceConnect, DeviceConnect"`. */
  rights: string;
}

/** What the control plane tells the hub process about one IoT Hub. */
export interface HubRecord {
  /** The resource's name: 3 to 50 letters, digits and hyphens. */
  name: string;
  /** `<name>.azure-devices.net`. */
  hostName: string;
  policies: HubPolicy[];
  partitionCount: number;
  consumerGroups: string[];
  eventHub: {
    /** The Event Hubs compatible name; readers choose the hub by it. */
    path: string;
    /** `sb://….servicebus.windows.net/`. */
    endpoint: string;
  };
  sku: { name: string; capacity: number };
}

/** A record as it is stored. The id is new for each created hub, so that a new hub never sees an old one's data. */
export interface StoredHubRecord extends HubRecord {
  id: string;
}

/** `code` is `INVALID_HUB_NAME`. */
export class HubNameError extends Error {
  override readonly name = "HubNameError";
  readonly code = "INVALID_HUB_NAME";
  constructor(hubName: string) {
    super(`The hub's name ${JSON.stringify(hubName)} is not 3 to 50 letters, digits and hyphens.`);
  }
}

/** Creates or updates a hub. The running hub process sees it with the next request. */
export async function writeHub(hubStateFolder: string, record: HubRecord): Promise<void> {
  const file = fileOf(hubStateFolder, record.name);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const id = (await readHub(hubStateFolder, record.name))?.id ?? randomUUID();
  const stored: StoredHubRecord = { ...record, id };
  await writeFileAtomic(file, `${JSON.stringify(stored, undefined, 2)}\n`, { mode: 0o600 });
}

/** The record, or nothing when there is no such hub. */
export async function readHub(hubStateFolder: string, name: string): Promise<StoredHubRecord | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(hubStateFolder, name), "utf8")) as StoredHubRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a hub; the hub process drops its data. A hub that is already gone is no error. */
export async function removeHub(hubStateFolder: string, name: string): Promise<void> {
  await rm(fileOf(hubStateFolder, name), { force: true });
}

function fileOf(hubStateFolder: string, name: string): string {
  if (!isHubName(name)) throw new HubNameError(name);
  return path.join(hubStateFolder, "directory", `${name.toLowerCase()}.json`);
}

function isHubName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]{1,48}[A-Za-z0-9]$/.test(name);
}

interface CacheEntry {
  record: StoredHubRecord;
  mtimeMs: number;
  size: number;
  inode: number;
}

/** The hub process's view: one `stat` a look-up, a file is read again only when it changed. */
export class HubDirectory {
  readonly #folder: string;
  readonly #cache = new Map<string, CacheEntry>();

  constructor(hubStateFolder: string) {
    this.#folder = path.join(hubStateFolder, "directory");
  }

  /** Finds a hub by `name.azure-devices.net`, in any case, with or without a port. */
  byHostName(hostName: string): StoredHubRecord | undefined {
    const match = /^([a-z0-9-]+)\.azure-devices\.net(?::\d+)?$/.exec(hostName.toLowerCase());
    return match?.[1] === undefined ? undefined : this.byName(match[1]);
  }

  byName(name: string): StoredHubRecord | undefined {
    return isHubName(name) ? this.#load(`${name.toLowerCase()}.json`) : undefined;
  }

  /** Finds a hub by its Event Hubs compatible name, in any case. */
  byEventHubPath(eventHubPath: string): StoredHubRecord | undefined {
    const wanted = eventHubPath.toLowerCase();
    return this.all().find((record) => record.eventHub.path.toLowerCase() === wanted);
  }

  all(): StoredHubRecord[] {
    let files: string[];
    try {
      files = readdirSync(this.#folder);
    } catch {
      return [];
    }
    return files.filter((file) => file.endsWith(".json")).flatMap((file) => this.#load(file) ?? []);
  }

  #load(file: string): StoredHubRecord | undefined {
    const full = path.join(this.#folder, file);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats === undefined) {
      this.#cache.delete(file);
      return undefined;
    }
    const cached = this.#cache.get(file);
    if (cached?.mtimeMs === stats.mtimeMs && cached.size === stats.size && cached.inode === stats.ino) {
      return cached.record;
    }
    const record = JSON.parse(readFileSync(full, "utf8")) as StoredHubRecord;
    this.#cache.set(file, { record, mtimeMs: stats.mtimeMs, size: stats.size, inode: stats.ino });
    return record;
  }
}
