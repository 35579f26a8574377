/** A failure that the user can act on: shown as its message alone, without a stack trace. */
export class Failure extends Error {
  override readonly name = "Failure";

  /**
   * @param code stable, for callers and tests
   * @param message what is wrong, where, and the next step
   */
  constructor(
    readonly code: FailureCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What can go wrong that a user can act on. */
export type FailureCode =
  | "BUSY"
  | "CONFIGURATION"
  | "ENGINE"
  | "DEPLOYMENT"
  | "MODULES"
  | "NOT_RUNNING"
  | "NO_PROJECT"
  | "PORT_IN_USE"
  | "SERVICE"
  | "TIMEOUT"
  | "UNKNOWN_MODULE";
