import { existsSync } from "node:fs";
import path from "node:path";

/** The project's folder: the nearest one upwards with a Pulumi.yaml. */
export function projectRoot(from = __dirname): string {
  if (existsSync(path.join(from, "Pulumi.yaml"))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error("no Pulumi.yaml in this folder or above it");
  return projectRoot(parent);
}

/**
 * The folder that images are built from. Relative where the engine runs the program in its own folder, so that state
 * does not depend on where the project lies.
 */
export function buildContext(): string {
  const root = projectRoot();
  return process.cwd() === path.join(root, "infra") ? ".." : root;
}
