/** One way of getting an engine that was tried, and why it gave none. */
export interface Attempt {
  origin: "path" | "cache" | "download" | "built";
  reason: string;
}

/** No Pulumi CLI of the pinned version could be found, downloaded or built. */
export class EngineUnavailableError extends Error {
  readonly code = "ENGINE_UNAVAILABLE";

  constructor(
    version: string,
    readonly attempts: readonly Attempt[],
  ) {
    const tried = attempts.map(({ origin, reason }) => `  - ${label[origin]}: ${reason}`).join("\n");
    super(
      `Pulumi CLI ${version} is not here and could not be obtained:\n${tried}\n` +
        `Install it (https://www.pulumi.com/docs/install, version ${version}), or install Go 1.25.8 or later ` +
        `so that it can be built, or run once with access to the internet.`,
    );
    this.name = "EngineUnavailableError";
  }
}

/** A process that makes or checks the engine failed. */
export class EngineProcessError extends Error {
  readonly code = "ENGINE_PROCESS_FAILED";

  constructor(
    what: string,
    readonly output: string,
  ) {
    super(output === "" ? what : `${what}: ${output}`);
    this.name = "EngineProcessError";
  }
}

const label: Record<Attempt["origin"], string> = {
  path: "on PATH",
  cache: "in the cache",
  download: "download",
  built: "build with Go",
};
