import { createHash } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { bundleErrorOf } from "./errors";

/** Stay outside: a package with a binary, and this one, whose compiler decides about the digests of images. */
const alwaysExternal = ["ssh2", "@edge-vision/bundle", "@edge-vision/*/package.json"];

/**
 * Bundles a compiled script with all that it requires into one file beside it, which starts faster: `main.js` becomes
 * `main.bundle.js`, and `main.bundle.json` tells an `id` of its content and the project's own files it was made of,
 * relative to its folder. What was kept for another bundle is removed.
 *
 * @param external names of more packages that stay outside
 * @throws {BundleError} the script or what it requires cannot be bundled
 */
export async function bundleScript(main: string, external: string[] = []): Promise<void> {
  const folder = path.dirname(path.resolve(main));
  const name = path.basename(main, ".js");
  const { outputFiles, metafile } = await compile(path.resolve(main), folder, external);
  const content = outputFiles[0]?.contents ?? new Uint8Array();
  const own = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules/"));
  const description = { id: createHash("sha256").update(content).digest("hex").slice(0, 16), inputs: own };
  const kept = `${name}.bundle.${description.id}.code`;
  for (const file of await readdir(folder)) {
    if (file.startsWith(`${name}.bundle.`) && file !== kept) await rm(path.join(folder, file));
  }
  await writeFile(path.join(folder, `${name}.bundle.json`), `${JSON.stringify(description)}\n`);
  await writeFile(path.join(folder, `${name}.bundle.js`), content);
}

async function compile(main: string, folder: string, external: string[]) {
  try {
    return await build({
      absWorkingDir: folder,
      entryPoints: [main],
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      external: [...alwaysExternal, ...external],
      // Compiled code that is kept cannot import.
      supported: { "dynamic-import": false },
      minifyWhitespace: true,
      legalComments: "none",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
  } catch (error) {
    throw bundleErrorOf(main, error);
  }
}
