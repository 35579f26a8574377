import path from "node:path";
import { require as requireTypeScript } from "tsx/cjs/api";
import type { Project } from "../project";

/** Loads a module of the project from its TypeScript source, so that an edit counts without a build. */
export function loadSource(project: Project, ...names: string[]): unknown {
  return requireTypeScript(path.join(project.root, ...names), __filename);
}
