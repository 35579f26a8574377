import { accessSync, constants, existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** The folder that keeps the engines of this user: `$XDG_CACHE_HOME/edge-vision/engine`. */
export function engineCache(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CACHE_HOME"];
  return path.join(
    base !== undefined && path.isAbsolute(base) ? base : path.join(os.homedir(), ".cache"),
    "edge-vision/engine",
  );
}

/** The CLI inside an engine's folder, where `PulumiCommand.get({ root })` looks for it. */
export function binaryOf(root: string): string {
  return path.join(root, "bin/pulumi");
}

/** The Go module that the engine is built from. */
export function sourceFolder(): string {
  // Beside this file in the source tree; from dist/, back in it.
  const folders = [path.join(__dirname, "source"), path.join(__dirname, "../../engine/source")];
  return folders.find((folder) => existsSync(path.join(folder, "go.mod"))) ?? (folders[0] as string);
}

/** All executables of this name on PATH, in its order. */
export function onPath(name: string, env: NodeJS.ProcessEnv = process.env): string[] {
  return (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, name))
    .filter((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
