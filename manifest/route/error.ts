/**
 * A route that edgeHub refuses. `syntax` faults make it refuse its whole configuration; `type` faults (unknown
 * function, operand of the wrong type) surface later and leave the routes unapplied.
 */
export class RouteError extends Error {
  readonly code: "RouteSyntax" | "RouteType";
  override name = "RouteError";

  constructor(
    readonly kind: "syntax" | "type",
    /** What is wrong. */
    readonly reason: string,
    /** Offset in the route's text, from 0. */
    readonly position: number,
  ) {
    super(`${reason} (at character ${position + 1})`);
    this.code = kind === "syntax" ? "RouteSyntax" : "RouteType";
  }
}
