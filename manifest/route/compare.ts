import { MISSING, type RouteValue } from "./message";
import type { RouteType } from "./types";

/** Operators that compare. */
export type Comparison = "<" | "<=" | ">" | ">=" | "=" | "!=" | "<>";

/** Compares as edgeHub does: undefined with anything is undefined; values from the body rank by type first. */
export function compare(
  operator: Comparison,
  left: RouteValue,
  right: RouteValue,
  type: RouteType,
): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  const order = type === "query" ? rank(left) - rank(right) || orderOf(left, right) : orderOf(left, right);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
    case "<>":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** boolean < number < string < null, so a missing property is greater than any of them. */
function rank(value: RouteValue): number {
  if (typeof value === "boolean") return 1;
  if (typeof value === "number") return 2;
  return typeof value === "string" ? 3 : 4;
}

/** Order of two values of one type; texts by code unit, whatever the language. */
function orderOf(left: RouteValue, right: RouteValue): number {
  if (left === null || left === MISSING || right === null || right === MISSING) return 0;
  if (left === undefined || right === undefined) return 0;
  return left === right ? 0 : left < right ? -1 : 1;
}
