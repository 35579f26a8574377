import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";

/**
 * Reads a JSON document; nothing when it is not there or is not JSON: everything that the runtime keeps so can be made
 * anew.
 */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as unknown;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as Error).name === "SyntaxError") return undefined;
    throw error;
  }
}

/** Replaces a JSON document as a whole: a reader sees the old one or the new one. */
export async function writeJson(file: string, value: unknown, mode = 0o644): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, undefined, 2)}\n`, { mode });
}
