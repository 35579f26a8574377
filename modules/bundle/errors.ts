import type { Message } from "esbuild";

/** A module's description (package.json, `edgeVision`) does not fit what lies beside it. */
export class ModuleDescriptionError extends Error {
  readonly code = "MODULE_DESCRIPTION_INVALID";

  constructor(
    file: string,
    readonly faults: readonly string[],
  ) {
    super(`${file}: ${faults.join("; ")}`);
    this.name = "ModuleDescriptionError";
  }
}

/** The sources of a module or a script do not compile. Each fault is `file:line:column: text`. */
export class BundleError extends Error {
  readonly code = "BUNDLE_FAILED";

  constructor(
    module: string,
    readonly faults: readonly string[],
  ) {
    super(`${module} cannot be bundled:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "BundleError";
  }
}

/** What esbuild threw over a module or a script, as a {@link BundleError}; any other error as it is. */
export function bundleErrorOf(name: string, error: unknown): Error {
  const messages = (error as { errors?: Message[] }).errors;
  return messages === undefined ? (error as Error) : new BundleError(name, messages.map(lineOf));
}

function lineOf({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
