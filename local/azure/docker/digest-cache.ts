import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";
import { type Sources, stampOf } from "./source-stamp";

/** What a bundle adds to an image's digest. */
export interface Digested {
  digest: string;
  /** What the image starts. */
  entry: string;
}

interface Entry {
  /** What the digest was made with, besides the files: versions, settings. */
  with: string;
  files: string[];
  stamp: string;
  digested: Digested;
}

/** A file that is changed so shortly before it is read could change again with no trace in its times. */
const settledMs = 1000;

/**
 * Digests of module folders that were bundled before, so that nothing is bundled to learn that nothing changed. An
 * entry is used only while its stamp is that of the files on disk; in doubt there is none.
 */
export class DigestCache {
  private readonly folder: string;

  constructor(private readonly stateFolder: string) {
    this.folder = path.join(stateFolder, "image-digests");
  }

  async get(key: string, settings: string, { trees, root }: Omit<Sources, "files">): Promise<Digested | undefined> {
    const entry = await this.read(key);
    if (entry?.with !== settings) return undefined;
    const stamp = stampOf({ files: entry.files, trees, root });
    return stamp?.value === entry.stamp ? entry.digested : undefined;
  }

  /**
   * Keeps what a bundle came to, unless its files are too young to tell a later change.
   *
   * @param startedAt when the first of the files was read, in milliseconds since 1970
   */
  async put(key: string, settings: string, sources: Sources, startedAt: number, made: Digested): Promise<void> {
    // A preview before the first `up` leaves no trace.
    if (!existsSync(this.stateFolder)) return;
    const stamp = stampOf(sources);
    if (stamp === undefined || stamp.changedAt > startedAt - settledMs) return;
    await mkdir(this.folder, { recursive: true });
    const entry: Entry = {
      with: settings,
      files: sources.files,
      stamp: stamp.value,
      digested: { digest: made.digest, entry: made.entry },
    };
    await writeFileAtomic(this.fileOf(key), JSON.stringify(entry), { fsync: false });
  }

  private async read(key: string): Promise<Entry | undefined> {
    try {
      return JSON.parse(await readFile(this.fileOf(key), "utf8")) as Entry;
    } catch {
      // Missing or half a file: the same as nothing known.
      return undefined;
    }
  }

  private fileOf(key: string): string {
    return path.join(this.folder, `${createHash("sha256").update(key).digest("hex")}.json`);
  }
}
