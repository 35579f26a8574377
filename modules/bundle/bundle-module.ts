import { constants, cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { contentDigest, filesOf } from "./content-digest";
import { bundleErrorOf } from "./errors";
import { nativePackages, readModuleDescription } from "./module-description";
import { packageFolders } from "./packages";
import { workspaceSources } from "./workspace-sources";

export interface BundleOptions {
  /** Folder of the module: its package.json and sources. */
  moduleFolder: string;
  /** Empty or missing folder that gets the image's files. */
  out: string;
  /** Copies the module's assets into `out`. @default true */
  assets?: boolean;
}

export interface Bundle {
  /** `sha256:<hex>` of the content; the same sources give the same digest on every machine. */
  digest: string;
  /** All files, relative to `out`, sorted. */
  files: string[];
  /** What the image starts, relative to `out`. */
  entry: string;
  /** Names of the assets inside `out`. */
  assets: string[];
  /** Folders in which the external packages are found on this machine, nearest first. */
  nodePath: string[];
  /** Absolute paths of the files that the scripts were made of. */
  sources: string[];
}

/**
 * Writes the files of a module's image: each entry point as one script with its dependencies inside
 * (`inference/child.ts` becomes `inference/child.js`), a package.json with the exact versions of the packages that
 * stay outside, and the assets.
 *
 * @throws {ModuleDescriptionError} the module's package.json has faults
 * @throws {BundleError} the sources do not compile
 */
export async function bundleModule(options: BundleOptions): Promise<Bundle> {
  const folder = path.resolve(options.moduleFolder);
  const out = path.resolve(options.out);
  const module = readModuleDescription(folder);
  await mkdir(out, { recursive: true });
  const sources = await compile(folder, out, module.entries, Object.keys(module.external));
  const manifest = {
    name: module.name,
    version: module.version,
    private: true,
    main: scriptOf(module.entries[0] ?? ""),
    dependencies: module.external,
  };
  await writeFile(path.join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  if (options.assets ?? true) {
    for (const [name, source] of Object.entries(module.assets)) {
      await cp(source, path.join(out, name), { recursive: true, dereference: true, mode: constants.COPYFILE_FICLONE });
    }
  }
  return {
    digest: await contentDigest(out),
    files: await filesOf(out),
    entry: manifest.main,
    assets: Object.keys(module.assets),
    nodePath: packageFolders(folder),
    sources,
  };
}

async function compile(folder: string, out: string, entries: string[], external: string[]): Promise<string[]> {
  try {
    const { metafile } = await build({
      absWorkingDir: folder,
      entryPoints: entries,
      outdir: out,
      outbase: folder,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      external: [...new Set([...nativePackages, ...external])],
      keepNames: true,
      // Names stay, for legible stacks. A script is held in memory as text, at twice the size if a comment is not ASCII.
      minifyWhitespace: true,
      minifySyntax: true,
      plugins: [workspaceSources],
      metafile: true,
      logLevel: "silent",
    });
    return Object.keys(metafile.inputs).map((file) => path.resolve(folder, file));
  } catch (error) {
    throw bundleErrorOf(path.basename(folder), error);
  }
}

function scriptOf(entry: string): string {
  return entry.replace(/\.ts$/, ".js");
}
