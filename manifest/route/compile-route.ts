import type { RouteSink } from "./ast";
import { compileExpression } from "./compile-expression";
import { RouteError } from "./error";
import type { RoutedMessage } from "./message";
import { parseRoute } from "./parse-route";
import { sourceMatches } from "./source";

/** A route that is ready for messages. */
export interface CompiledRoute {
  /** Whether edgeHub would send this message along the route. */
  matches(message: RoutedMessage): boolean;
  sink: RouteSink;
}

/**
 * Compiles a route as edgeHub 1.6 does.
 * @throws RouteError with kind `syntax` (edgeHub refuses its whole configuration) or `type` (it applies no routes).
 */
export function compileRoute(text: string): CompiledRoute {
  const parsed = parseRoute(text);
  if (!parsed.route) throw parsed.errors[0];
  const { route } = parsed;
  const { source, sink } = route;
  if (!route.condition) return { sink, matches: (message) => sourceMatches(source, message.source) };
  const { type, evaluate } = compileExpression(route.condition);
  if (type !== "boolean" && type !== "query" && type !== "undefined") {
    const { position } = route.condition;
    throw new RouteError("type", `a condition must be true or false, this one is a ${type}`, position);
  }
  return {
    sink,
    matches: (message) => sourceMatches(source, message.source) && evaluate(message) === true,
  };
}
