import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Bundle, bundleModule, compilerVersion, readModuleDescription } from "@edge-vision/bundle";
import type { DigestCache, Digested } from "./digest-cache";
import { type ImageSettings, readDockerfile } from "./dockerfile";
import type { ImageStore } from "./image-store";

/** What decides about the content of an image. */
export interface BuildOrder {
  /** The folder in which everything lies that the image is made of. */
  context: string;
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
  constructor(
    private readonly store: ImageStore,
    private readonly cache: DigestCache,
  ) {}

  /**
   * The digest that the image will have: `sha256:<hex>` over files, entry, environment, ports and platform.
   *
   * @throws {NotAModuleError | BundleError | ModuleDescriptionError}
   */
  async digest(order: BuildOrder): Promise<string> {
    const module = await readModule(order);
    const known = await this.cache.get(module.folder, module.settings, module.sources);
    if (known !== undefined) return imageDigest(module, known);
    const folder = await mkdtemp(path.join(os.tmpdir(), "edge-vision-image-"));
    try {
      return imageDigest(module, await this.bundle(module, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Makes the image, puts it into the store and gives its digest. */
  async push(order: BuildOrder, repository: string): Promise<string> {
    const folder = await this.store.workFolder();
    try {
      const module = await readModule(order);
      const bundle = await this.bundle(module, folder);
      const { entry, nodePath, assets } = bundle;
      const digest = imageDigest(module, bundle);
      const description = {
        entry,
        env: module.env,
        exposedPorts: Object.fromEntries(module.exposedPorts.map((port) => [port, {}])),
        workingDirectory: ".",
        nodePath,
      };
      await this.store.publish(folder, { repository, digest, description, assets });
      await this.store.prune(repository);
      return digest;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async bundle({ folder, settings, sources }: Module, out: string): Promise<Bundle> {
    const startedAt = Date.now();
    const bundle = await bundleModule({ moduleFolder: folder, out });
    await this.cache.put(folder, settings, { ...sources, files: bundle.sources }, startedAt, bundle);
    return bundle;
  }
}

/** What is known of a module before it is bundled. */
interface Module extends ImageSettings {
  folder: string;
  platform: string;
  /** What else than files decides about the bundle. */
  settings: string;
  sources: { trees: string[]; root: string };
}

async function readModule({ context, dockerfile, platform, args }: BuildOrder): Promise<Module> {
  const folder = path.dirname(dockerfile);
  const image = readDockerfile(await readFile(dockerfile, "utf8"), args);
  if (!(await isModule(folder))) throw new NotAModuleError(dockerfile);
  const description = readModuleDescription(folder);
  return {
    ...image,
    folder,
    platform,
    settings: JSON.stringify({ compilerVersion, ...description }),
    sources: {
      root: path.resolve(context),
      trees: [...Object.values(description.assets), path.dirname(require.resolve("@edge-vision/bundle"))],
    },
  };
}

function imageDigest({ env, exposedPorts, platform }: Module, { digest: files, entry }: Digested): string {
  const content = JSON.stringify({ files, entry, env, exposedPorts, platform });
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
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
