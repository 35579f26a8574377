import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

/** How the edge runtime starts an image: `image.json` beside its files. */
export interface ImageDescription {
  /** Script that is started, relative to the image. */
  entry: string;
  env: Record<string, string>;
  /** `{"8885/tcp": {}}`, as in an image's configuration. */
  exposedPorts: Record<string, Record<string, never>>;
  workingDirectory: string;
  /** Folders with the packages that are not inside the bundle. */
  nodePath: string[];
  /** Names of assets with their absolute folder or file. */
  assets: Record<string, string>;
}

/** An image to be put into the store. */
export interface NewImage {
  repository: string;
  digest: string;
  description: Omit<ImageDescription, "assets">;
  /** Names of files and folders inside it. */
  assets: string[];
}

/** Three architectures, and three pushes. */
const keptImages = 9;

const hour = 3_600_000;

/** Images of the local world: `<repository>/<hex of the digest>/`. An image never changes once it is there. */
export class ImageStore {
  readonly folder: string;

  constructor(stateFolder: string) {
    this.folder = path.join(stateFolder, "images");
  }

  folderOf(repository: string, digest: string): string {
    return path.join(this.folder, ...repository.split("/"), digest.replace(/^sha256:/, ""));
  }

  async has(repository: string, digest: string): Promise<boolean> {
    return exists(path.join(this.folderOf(repository, digest), "image.json"));
  }

  /** A folder on the same disk in which an image is made; the caller removes it. */
  async workFolder(): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    return mkdtemp(path.join(this.folder, ".making-"));
  }

  /**
   * Removes all but the latest images of a repository, and what killed processes left half made. Devices run what was
   * pushed last; those before are kept for the time until they have changed over.
   */
  async prune(repository: string): Promise<void> {
    const images = await this.byAge(path.join(this.folder, ...repository.split("/")), /^[0-9a-f]{64}$/);
    const old = images.slice(keptImages).map(({ folder }) => folder);
    const unfinished = (await this.byAge(this.folder, /^\.making-/)).filter(
      ({ changed }) => changed < Date.now() - hour,
    );
    for (const folder of [...old, ...unfinished.map(({ folder: made }) => made)]) {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Folders by name, the latest first. */
  private async byAge(parent: string, name: RegExp): Promise<{ folder: string; changed: number }[]> {
    const names = await readdir(parent).catch(() => []);
    const folders = await Promise.all(
      names
        .filter((entry) => name.test(entry))
        .map(async (entry) => {
          const folder = path.join(parent, entry);
          // One that vanishes meanwhile is the oldest.
          return {
            folder,
            changed: await stat(folder)
              .then(({ mtimeMs }) => mtimeMs)
              .catch(() => 0),
          };
        }),
    );
    return folders.sort((a, b) => b.changed - a.changed);
  }

  /** Puts a made folder at its place, whole or not at all; what is there already stays. */
  async publish(made: string, { repository, digest, description, assets }: NewImage): Promise<void> {
    const folder = this.folderOf(repository, digest);
    if (await this.has(repository, digest)) {
      // Pushed again, it is the latest again.
      await utimes(folder, new Date(), new Date());
      return;
    }
    const image: ImageDescription = {
      ...description,
      assets: Object.fromEntries(assets.map((name) => [name, path.join(folder, name)])),
    };
    await writeFile(path.join(made, "image.json"), `${JSON.stringify(image, undefined, 2)}\n`);
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      await rename(made, folder);
    } catch (error) {
      // Someone else published the same content first.
      if (!(await this.has(repository, digest))) throw error;
    }
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
