import type { RoutedMessage, RouteValue } from "./message";

/** Types that edgeHub's compiler knows; `query` is a value out of the body, whose type shows only at run time. */
export type RouteType = "string" | "number" | "boolean" | "null" | "undefined" | "query";

/** A compiled expression: its type, and how to get its value from a message. */
export interface Compiled {
  type: RouteType;
  evaluate: (message: RoutedMessage) => RouteValue;
}

/** Whether a value of type `given` may stand where `expected` is wanted. */
export function accepts(expected: RouteType, given: RouteType, queryAllowed = true): boolean {
  if (given === expected || given === "undefined" || expected === "undefined") return true;
  return queryAllowed && (given === "query" || expected === "query");
}
