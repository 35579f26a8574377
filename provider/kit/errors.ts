import type { PropertyMap } from "./property-value";

/** A failure that the user can do something about; the engine shows its message without a stack. */
export class ProviderError extends Error {
  override name = "ProviderError";

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The engine asked for a resource type or function that the provider does not have. */
export class UnknownTokenError extends ProviderError {
  override name = "UnknownTokenError";

  constructor(what: "resource type" | "function", provider: string, token: string, hint?: string) {
    super(
      "UNKNOWN_TOKEN",
      `The provider ${provider} has no ${what} "${token}".${hint === undefined ? "" : ` ${hint}`}`,
    );
  }
}

/** What has to exist does not: a read answers it with "gone", a delete with success. */
export class NotFoundError extends ProviderError {
  override name = "NotFoundError";

  constructor(message: string, options?: ErrorOptions) {
    super("NOT_FOUND", message, options);
  }
}

/** What shall be created is there already, and is not the same. */
export class AlreadyExistsError extends ProviderError {
  override name = "AlreadyExistsError";

  constructor(message: string, options?: ErrorOptions) {
    super("ALREADY_EXISTS", message, options);
  }
}

/**
 * A create or an update got half-way: the resource exists with these outputs but is not ready. State keeps it, and
 * the next run tries an update instead of a second create.
 */
export class IncompleteError extends ProviderError {
  override name = "IncompleteError";

  constructor(
    message: string,
    readonly id: string,
    readonly outputs: PropertyMap,
    options?: ErrorOptions,
  ) {
    super("INCOMPLETE", message, options);
  }
}
