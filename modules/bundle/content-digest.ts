import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";

/** All files below a folder, as sorted paths relative to it with forward slashes. */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
}

/** `sha256:<hex>` over names and contents of all files below a folder; times and modes do not count. */
export async function contentDigest(folder: string): Promise<string> {
  const all = createHash("sha256");
  for (const file of await filesOf(folder)) {
    const one = createHash("sha256");
    await pipeline(createReadStream(path.join(folder, file)), one);
    all.update(`${file}\0${one.digest("hex")}\n`);
  }
  return `sha256:${all.digest("hex")}`;
}
