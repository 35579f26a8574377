import { mkdir, mkdtemp, rename, stat, writeFile } from "node:fs/promises";
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

  /** Puts a made folder at its place, whole or not at all; what is there already stays. */
  async publish(made: string, { repository, digest, description, assets }: NewImage): Promise<void> {
    if (await this.has(repository, digest)) return;
    const folder = this.folderOf(repository, digest);
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
