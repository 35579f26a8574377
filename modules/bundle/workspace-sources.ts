import { existsSync } from "node:fs";
import path from "node:path";
import type { Plugin } from "esbuild";
import { findPackage } from "./packages";

/**
 * Resolves `@edge-vision/<name>` to that workspace's TypeScript instead of its `dist`, so that an image always holds
 * the sources as they are, built or not.
 */
export const workspaceSources: Plugin = {
  name: "workspace-sources",
  setup(build) {
    build.onResolve({ filter: /^@edge-vision\/[^/]+$/ }, ({ path: name, resolveDir }) => {
      const found = findPackage(name, resolveDir);
      if (found === undefined) return undefined;
      const source = path.join(found.folder, found.main.replace(/^(\.\/)?dist\//, "").replace(/\.js$/, ".ts"));
      return existsSync(source) ? { path: source } : undefined;
    });
  },
};
