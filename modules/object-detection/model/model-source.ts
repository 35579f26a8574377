import { readdir, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import type { ModelReference } from "@edge-vision/messages";
import type { ModelFile } from "../inference/protocol";
import { parseCard } from "./card";
import { download, type DownloadOptions } from "./download";

/** Downloaded models that are kept, the one in use among them. */
const keptModels = 3;

/** Turns a reference to a model into a file on this machine. */
export class ModelSource {
  constructor(
    /** Downloaded models are kept here, each in a folder named after its SHA-256. */
    private readonly folder: string,
    private readonly options: Omit<DownloadOptions, "signal">,
  ) {}

  /**
   * The file of a model; a model from the network is fetched unless it is there already.
   *
   * @throws ModelError what {@link download} throws, or `CARD_INVALID`
   */
  async fetch(reference: ModelReference, signal?: AbortSignal): Promise<ModelFile> {
    const { url, file, sha256, card } = reference;
    const parsed = card === undefined ? {} : { card: parseCard(card, "the model's card") };
    if (url === undefined || sha256 === undefined) {
      return { file: file as string, ...(sha256 === undefined ? {} : { sha256 }), ...parsed };
    }
    const target = path.join(this.folder, sha256.toLowerCase(), "model.onnx");
    if (!(await exists(target)))
      await download(url, sha256, target, { ...this.options, ...(signal ? { signal } : {}) });
    const now = new Date();
    await utimes(path.dirname(target), now, now);
    await this.#prune();
    return { file: target, sha256, ...parsed };
  }

  /** Keeps the models that were used last. */
  async #prune(): Promise<void> {
    const folders = await Promise.all(
      (await readdir(this.folder)).map(async (name) => {
        const folder = path.join(this.folder, name);
        return { folder, used: (await stat(folder)).mtimeMs };
      }),
    );
    const old = folders.sort((a, b) => b.used - a.used).slice(keptModels);
    await Promise.all(old.map(async ({ folder }) => rm(folder, { recursive: true, force: true })));
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
