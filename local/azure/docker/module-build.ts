import { createHash } from "node:crypto";
import { cp, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { bundleModule, type Bundle } from "@edge-vision/bundle";
import { readDockerfile } from "./dockerfile";
import type { ImageStore } from "./image-store";

/** What decides about the content of an image. */
export interface BuildOrder {
  dockerfile: string;
  platform: string;
  args: Record<string, string>;
}

/** An image that is made but not yet in the store. */
export interface ModuleBuild {
  /** `sha256:<hex>` over files, entry, environment, ports and platform. */
  digest: string;
  publish(repository: string): Promise<void>;
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
 * Makes images of modules without a Docker engine: the bundle that the Dockerfile would build, and the environment and
 * ports that it declares. Each order is made once for as long as this object lives.
 */
export class ModuleBuilds {
  private readonly made = new Map<string, Promise<ModuleBuild>>();
  private readonly folders: string[] = [];

  constructor(private readonly store: ImageStore) {}

  build(order: BuildOrder): Promise<ModuleBuild> {
    const key = JSON.stringify(order);
    const found = this.made.get(key);
    if (found !== undefined) return found;
    const making = this.make(order);
    this.made.set(key, making);
    // What failed is tried again.
    making.catch(() => this.made.delete(key));
    return making;
  }

  async close(): Promise<void> {
    await Promise.all(this.folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  private async make({ dockerfile, platform, args }: BuildOrder): Promise<ModuleBuild> {
    const moduleFolder = path.dirname(dockerfile);
    const { env, exposedPorts } = readDockerfile(await readFile(dockerfile, "utf8"), args);
    if (!(await isModule(moduleFolder))) throw new NotAModuleError(dockerfile);
    const made = await this.store.workFolder();
    this.folders.push(made);
    const bundle = await bundleModule({ moduleFolder, out: made });
    const digest = digestOf(bundle, { env, exposedPorts, platform });
    return {
      digest,
      publish: async (repository) => {
        if (await this.store.has(repository, digest)) return;
        // A copy: the same image may go to several repositories.
        const copy = await this.store.workFolder();
        this.folders.push(copy);
        await cp(made, copy, { recursive: true });
        const ports = Object.fromEntries(exposedPorts.map((port) => [port, {}]));
        const { entry, nodePath, assets } = bundle;
        await this.store.publish(
          copy,
          repository,
          digest,
          { entry, env, exposedPorts: ports, workingDirectory: ".", nodePath },
          assets,
        );
      },
    };
  }
}

function digestOf(bundle: Bundle, settings: object): string {
  const { digest, entry } = bundle;
  return `sha256:${createHash("sha256")
    .update(JSON.stringify({ files: digest, entry, ...settings }))
    .digest("hex")}`;
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
