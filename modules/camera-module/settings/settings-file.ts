import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { DesiredProperties } from "./live-settings";

/** The desired properties that were applied last, so that a restart without the hub goes on with them. */
export class SettingsFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined at the first start, and when the file is not what this module wrote. */
  async read(): Promise<DesiredProperties | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#path, "utf8"));
      return typeof value === "object" && value !== null ? (value as DesiredProperties) : undefined;
    } catch {
      return undefined;
    }
  }

  async write(desired: DesiredProperties): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFileAtomic(this.#path, JSON.stringify(desired), { mode: 0o600 });
  }
}
