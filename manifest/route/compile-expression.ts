import type { BinaryOperator, Expression } from "./ast";
import { compare, type Comparison } from "./compare";
import { RouteError } from "./error";
import { fits, FUNCTION_NAMES, overloadsOf } from "./functions";
import { bodyValue, lookUp, type RouteValue } from "./message";
import { accepts, type Compiled, type RouteType } from "./types";

/** Compiles a condition with edgeHub's typing rules. @throws RouteError of kind `type`. */
export function compileExpression(expression: Expression): Compiled {
  switch (expression.kind) {
    case "literal":
      return { type: literalType(expression.value), evaluate: () => expression.value };
    case "property":
      return { type: "string", evaluate: (message) => lookUp(message.applicationProperties, expression.name) };
    case "systemProperty":
      return compileSystemProperty(expression);
    case "call":
      return compileCall(expression);
    case "unary":
      return compileUnary(expression);
    case "binary":
      return compileBinary(expression);
  }
}

function literalType(value: string | number | boolean | null | undefined): RouteType {
  return value === null ? "null" : (typeof value as RouteType);
}

/** `$name`: an application property of that name first, then the body or a system property; `{$name}` skips the first. */
function compileSystemProperty({ name, escaped, position }: Extract<Expression, { kind: "systemProperty" }>): Compiled {
  const path = /^\$body\./i.test(name) ? bodyPath(name.slice("$body.".length), position) : undefined;
  if (path) {
    return {
      type: "query",
      evaluate: (message) =>
        (escaped || name.includes("[") ? undefined : lookUp(message.applicationProperties, name)) ??
        bodyValue(message, path),
    };
  }
  if (/[[\]]/.test(name)) return { type: "undefined", evaluate: () => undefined };
  return {
    type: "string",
    evaluate: (message) =>
      (escaped ? undefined : lookUp(message.applicationProperties, name)) ??
      lookUp(message.systemProperties, name.slice(1)),
  };
}

function bodyPath(text: string, position: number): (string | number)[] {
  return text.split(".").flatMap((step) => {
    const match = /^([^[\]]+)(?:\[(\d+)\])?$/.exec(step);
    if (!match?.[1]) throw new RouteError("type", `$body.${text} is no path: write $body.name.list[0]`, position);
    return match[2] === undefined ? [match[1]] : [match[1], Number(match[2])];
  });
}

function compileCall({ name, args, position }: Extract<Expression, { kind: "call" }>): Compiled {
  const overloads = overloadsOf(name);
  if (!overloads) {
    throw new RouteError("type", `unknown function ${name}; there are ${FUNCTION_NAMES.join(", ")}`, position);
  }
  const compiled = args.map(compileExpression);
  const types = compiled.map(({ type }) => type);
  const overload = overloads.find((candidate) => fits(candidate, types));
  if (!overload) throw new RouteError("type", `${name} does not take (${types.join(", ")})`, position);
  return {
    type: overload.returns,
    evaluate: (message) => overload.call(...compiled.map((argument) => argument.evaluate(message))),
  };
}

function compileUnary({ operator, operand, position }: Extract<Expression, { kind: "unary" }>): Compiled {
  const { type, evaluate } = compileExpression(operand);
  if (operator === "-") {
    if (type !== "number" && type !== "undefined") throw operandError("-", ["a number"], [type], position);
    return {
      type: "number",
      evaluate: (message) => {
        const value = evaluate(message);
        return typeof value === "number" ? -value : undefined;
      },
    };
  }
  if (type !== "null" && !accepts("boolean", type)) throw operandError("NOT", ["a condition"], [type], position);
  return {
    type: "boolean",
    evaluate: (message) => {
      const value = evaluate(message);
      return typeof value === "boolean" ? !value : undefined;
    },
  };
}

function compileBinary({ operator, left, right, position }: Extract<Expression, { kind: "binary" }>): Compiled {
  const operands = [compileExpression(left), compileExpression(right)] as const;
  switch (operator) {
    case "*":
    case "/":
    case "%":
    case "+":
    case "-":
      return compileArithmetic(operator, operands, position);
    case "||":
      return check("||", "string", operands, position, "string", (a, b) =>
        typeof a === "string" && typeof b === "string" ? a + b : undefined,
      );
    case "and":
    case "or":
      return compileLogical(operator, operands, position);
    case "??":
      return compileCoalesce(operands, position);
    default:
      return compileComparison(operator, operands, position);
  }
}

type Operands = readonly [Compiled, Compiled];

function check(
  operator: string,
  expected: RouteType,
  [left, right]: Operands,
  position: number,
  returns: RouteType,
  operation: (a: RouteValue, b: RouteValue) => RouteValue,
): Compiled {
  if (!accepts(expected, left.type) || !accepts(expected, right.type)) {
    throw operandError(operator, [expected, expected], [left.type, right.type], position);
  }
  return { type: returns, evaluate: (message) => operation(left.evaluate(message), right.evaluate(message)) };
}

function compileArithmetic(operator: "*" | "/" | "%" | "+" | "-", operands: Operands, position: number): Compiled {
  const query = operands.some(({ type }) => type === "query");
  // Values out of the body have no remainder in edgeHub, and a route that asks for it does not compile.
  if (operator === "%" && query) throw operandError("%", ["number", "number"], operands.map(typeOf), position);
  return check(operator, "number", operands, position, query ? "query" : "number", (a, b) => {
    if (typeof a !== "number" || typeof b !== "number") return undefined;
    const result = { "*": a * b, "/": a / b, "%": a % b, "+": a + b, "-": a - b }[operator];
    return Number.isNaN(result) ? undefined : result;
  });
}

/**
 * Three-valued logic. Where the left side comes out of the body both sides must be true or false at run time, else the
 * result is undefined; a body value on the right of anything else does not compile.
 */
function compileLogical(operator: "and" | "or", operands: Operands, position: number): Compiled {
  const [left, right] = operands;
  const fromBody = left.type === "query";
  const simple = (type: RouteType) => type === "boolean" || type === "null" || type === "undefined";
  if (!(simple(left.type) || fromBody) || !(simple(right.type) || fromBody)) {
    throw operandError(operator.toUpperCase(), ["a condition", "a condition"], operands.map(typeOf), position);
  }
  const dominant = operator === "or";
  return {
    type: fromBody ? "query" : "boolean",
    evaluate: (message) => {
      const values = [left.evaluate(message), right.evaluate(message)];
      if (values.every((value) => typeof value === "boolean")) {
        return dominant ? values.includes(true) : !values.includes(false);
      }
      return !fromBody && values.includes(dominant) ? dominant : undefined;
    },
  };
}

function compileComparison(operator: Comparison & BinaryOperator, operands: Operands, position: number): Compiled {
  const query = operands.some(({ type }) => type === "query");
  const type = query ? "query" : operands[0].type;
  return check(operator, operands[0].type, operands, position, "boolean", (a, b) => compare(operator, a, b, type));
}

function compileCoalesce(operands: Operands, position: number): Compiled {
  const [left, right] = operands;
  const query = operands.some(({ type }) => type === "query");
  const type = query ? "query" : left.type === "undefined" ? right.type : left.type;
  return check("??", left.type, operands, position, type, (a, b) => (a === undefined ? b : a));
}

function typeOf({ type }: Compiled): RouteType {
  return type;
}

function operandError(operator: string, wanted: string[], given: RouteType[], position: number): RouteError {
  const hint =
    [...given, ...wanted].includes("string") && [...given, ...wanted].includes("number")
      ? "; properties are texts, use as_number(…)"
      : "";
  return new RouteError(
    "type",
    `${operator} takes ${wanted.join(" and ")}, not ${given.join(" and ")}${hint}`,
    position,
  );
}
