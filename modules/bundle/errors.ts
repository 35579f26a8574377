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

/** The module's sources do not compile. Each fault is `file:line:column: text`. */
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
