import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { spotEventSchema } from "@edge-vision/messages";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import type { SpotStorage, StoredEvent, StoredSpots } from "./spot-storage";

const momentSchema = z.object({ wall: z.number(), tick: z.number(), boot: z.string() });

const spotsSchema = z.object({
  epoch: z.string().min(1),
  spots: z.record(
    z.string(),
    z.object({
      phase: z.enum(["unknown", "occupied", "free"]),
      since: z.number(),
      changes: z.number().int().min(0),
      seen: momentSchema.optional(),
      shape: z.string(),
    }),
  ),
});

const eventSchema = z.object({ sequence: z.number().int(), change: z.number().int(), event: spotEventSchema });

/**
 * Spots in `<folder>/spots.json`, each unconfirmed event in a file of `<folder>/outbox/`. Files are written beside,
 * synced and renamed; the folder is synced too, so that also a power cut leaves the old or the new.
 */
export class FileSpotStorage implements SpotStorage {
  readonly #folder: string;
  readonly #outbox: string;
  readonly #onUnreadable: (file: string) => void;

  constructor(folder: string, onUnreadable: (file: string) => void) {
    this.#folder = folder;
    this.#outbox = join(folder, "outbox");
    this.#onUnreadable = onUnreadable;
  }

  async readSpots(): Promise<StoredSpots | undefined> {
    return this.#read(join(this.#folder, "spots.json"), spotsSchema);
  }

  async writeSpots(spots: StoredSpots): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFileAtomic(join(this.#folder, "spots.json"), JSON.stringify(spots));
    await sync(this.#folder);
  }

  async readEvents(): Promise<StoredEvent[]> {
    await mkdir(this.#outbox, { recursive: true });
    const events: StoredEvent[] = [];
    for (const name of (await readdir(this.#outbox)).sort()) {
      const path = join(this.#outbox, name);
      // What a write that was cut off leaves behind.
      if (!/^\d+\.json$/.test(name)) await rm(path, { force: true });
      else {
        const event = await this.#read(path, eventSchema);
        if (event) events.push(event);
        else await rm(path, { force: true });
      }
    }
    return events;
  }

  async addEvent(event: StoredEvent): Promise<void> {
    await writeFileAtomic(this.#fileOf(event), JSON.stringify(event));
    await sync(this.#outbox);
  }

  async removeEvent(event: StoredEvent): Promise<void> {
    await rm(this.#fileOf(event), { force: true });
    await sync(this.#outbox);
  }

  #fileOf({ sequence }: StoredEvent): string {
    return join(this.#outbox, `${String(sequence).padStart(12, "0")}.json`);
  }

  async #read<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#onUnreadable(path);
      return undefined;
    }
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
