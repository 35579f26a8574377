import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";

/**
 * Runs a script that each command of the engine starts anew: a provider or the program. Most of such a start is finding
 * and compiling hundreds of files, so the script is taken from its bundle, with the code that an earlier run has
 * compiled. Without a bundle, or when files have changed since it was made, the script runs as it is.
 *
 * @param main absolute path of the compiled script; `npm run build` puts its bundle beside it
 * @returns what the script exports
 */
export function launch(main: string): unknown {
  const file = main.replace(/\.js$/, ".bundle.js");
  const id = idOf(file);
  return id === undefined ? createRequire(main)(main) : runBundle(file, file.replace(/\.js$/, `.${id}.code`));
}

/** What identifies the bundle's content, or undefined when there is none or one of its sources is younger. */
function idOf(file: string): string | undefined {
  try {
    const { mtimeMs } = statSync(file);
    const { id, inputs } = JSON.parse(readFileSync(`${file}on`, "utf8")) as { id: string; inputs: string[] };
    const changed = (input: string) => statSync(path.join(path.dirname(file), input)).mtimeMs > mtimeMs;
    return inputs.some(changed) ? undefined : id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function runBundle(file: string, codeFile: string): unknown {
  const cachedData = contentOf(codeFile);
  // The bundle is plain ASCII.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "latin1")}\n})`;
  const script = new Script(source, { filename: file, ...(cachedData && { cachedData }) });
  if (cachedData === undefined || script.cachedDataRejected) {
    // At the end, when all that a run needs is compiled.
    process.once("exit", () => {
      save(codeFile, script.createCachedData());
    });
  }
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parameters: unknown[]) => void;
  run(module.exports, createRequire(file), module, file, path.dirname(file));
  return module.exports;
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Other processes may be reading the file. A folder that cannot be written to only makes the next start slower. */
function save(file: string, content: Buffer): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, content);
    renameSync(unfinished, file);
  } catch {
    rmSync(unfinished, { force: true });
  }
}
