import type { JsonObject } from "../store/model";
import { isObject } from "../twins/patch";
import type { Expression } from "./parser";

/** Whether a condition holds for a twin. What is undefined, or cannot be compared, does not hold, negated or not. */
export function matches(condition: Expression, twin: JsonObject): boolean {
  return evaluate(condition, twin) === true;
}

/** The value at a path; undefined when there is none. */
export function valueAt(twin: JsonObject, path: readonly string[]): unknown {
  let value: unknown = twin;
  for (const part of path) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

function evaluate(expression: Expression, twin: JsonObject): unknown {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "path":
      return valueAt(twin, expression.parts);
    case "not":
      return negate(evaluate(expression.of, twin));
    case "and": {
      const left = asTruth(evaluate(expression.left, twin));
      if (left === false) return false;
      const right = asTruth(evaluate(expression.right, twin));
      return right === false ? false : left === true && right === true ? true : undefined;
    }
    case "or": {
      const left = asTruth(evaluate(expression.left, twin));
      if (left === true) return true;
      const right = asTruth(evaluate(expression.right, twin));
      return right === true ? true : left === false && right === false ? false : undefined;
    }
    case "compare":
      return compare(expression.operator, evaluate(expression.left, twin), evaluate(expression.right, twin));
    case "in": {
      const left = evaluate(expression.left, twin);
      if (left === undefined) return undefined;
      return expression.items.some((item) => compare("=", left, evaluate(item, twin)) === true);
    }
    case "call":
      return call(
        expression.name,
        expression.parameters.map((parameter) => evaluate(parameter, twin)),
      );
  }
}

function asTruth(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function negate(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? !value : undefined;
}

function compare(operator: string, left: unknown, right: unknown): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (operator === "=") return left === right;
  if (operator === "!=") return left !== right;
  const comparable =
    (typeof left === "number" && typeof right === "number") || (typeof left === "string" && typeof right === "string");
  if (!comparable) return undefined;
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

function call(name: string, [first, second]: unknown[]): boolean | undefined {
  switch (name) {
    case "is_defined":
      return first !== undefined;
    case "is_null":
      return first === null;
    case "is_string":
      return typeof first === "string";
    case "is_number":
      return typeof first === "number";
    case "is_bool":
      return typeof first === "boolean";
    case "is_object":
      return isObject(first);
    case "is_array":
      return Array.isArray(first);
    case "is_primitive":
      return first === null || ["string", "number", "boolean"].includes(typeof first);
    default:
  }
  if (typeof first !== "string" || typeof second !== "string") return undefined;
  if (name === "startswith") return first.startsWith(second);
  return name === "endswith" ? first.endsWith(second) : first.includes(second);
}
