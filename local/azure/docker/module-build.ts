import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bundleModule } from "@edge-vision/bundle";
import { readDockerfile } from "./dockerfile";
import type { ImageDescription, ImageStore } from "./image-store";

/** What decides about the content of an image. */
export interface BuildOrder {
  dockerfile: string;
  platform: string;
  args: Record<string, string>;
}

/** `code` is `NOT_A_MODULE`: the Dockerfile is not that of a module of this project. */
export class NotAModuleError extends Error {
  readonly code = "NOT_A_MODULE";

  constructor(dockerfile: string) {
    super(
      `${dockerfile} lies in no module: a folder with a package.json that has "edgeVision". Without a Docker engine ` +
        `only modules can be built. Use a prebuilt image, or add "edgeVision" to its package.json.`,
    );
    this.name = "NotAModuleError";
  }
}

/**
 * Makes images of modules without a Docker engine: the bundle that the Dockerfile would build, with the environment
 * and the ports that it declares.
 */
export class ModuleBuilder {
  constructor(private readonly store: ImageStore) {}

  /**
   * The digest that the image will have: `sha256:<hex>` over files, entry, environment, ports and platform.
   *
   * @throws {NotAModuleError | BundleError | ModuleDescriptionError}
   */
  async digest(order: BuildOrder): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "edge-vision-image-"));
    try {
      return (await make(order, folder)).digest;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Makes the image, puts it into the store and gives its digest. */
  async push(order: BuildOrder, repository: string): Promise<string> {
    const folder = await this.store.workFolder();
    try {
      const { digest, description, assets } = await make(order, folder);
      await this.store.publish(folder, { repository, digest, description, assets });
      await this.store.prune(repository);
      return digest;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

interface Made {
  digest: string;
  description: Omit<ImageDescription, "assets">;
  assets: string[];
}

async function make({ dockerfile, platform, args }: BuildOrder, out: string): Promise<Made> {
  const moduleFolder = path.dirname(dockerfile);
  const { env, exposedPorts } = readDockerfile(await readFile(dockerfile, "utf8"), args);
  if (!(await isModule(moduleFolder))) throw new NotAModuleError(dockerfile);
  const { digest: files, entry, nodePath, assets } = await bundleModule({ moduleFolder, out });
  const content = JSON.stringify({ files, entry, env, exposedPorts, platform });
  return {
    digest: `sha256:${createHash("sha256").update(content).digest("hex")}`,
    description: {
      entry,
      env,
      exposedPorts: Object.fromEntries(exposedPorts.map((port) => [port, {}])),
      workingDirectory: ".",
      nodePath,
    },
    assets,
  };
}

async function isModule(folder: string): Promise<boolean> {
  const file = path.join(folder, "package.json");
  const there = await stat(file).then(
    () => true,
    () => false,
  );
  if (!there) return false;
  const content = JSON.parse(await readFile(file, "utf8")) as { edgeVision?: unknown };
  return content.edgeVision !== undefined;
}
