import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./processes";

/** The pictures of the repository, as JPEG. */
export async function photos(): Promise<Buffer[]> {
  const folder = path.join(root, "tests", "photos");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jpg")).sort();
  return Promise.all(names.map(async (name) => readFile(path.join(folder, name))));
}
