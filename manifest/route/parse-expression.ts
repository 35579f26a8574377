import type { BinaryOperator, Expression } from "./ast";
import { RouteError } from "./error";
import type { TokenReader } from "./token-reader";
import type { Token } from "./tokens";

/** Deepest nesting: edgeHub's own parser takes seconds from about 50 brackets on. */
export const MAX_DEPTH = 32;

/** From the loosest to the tightest; all are left-associative. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ["??"],
  ["or"],
  ["and"],
  ["=", "!=", "<>"],
  ["<", "<=", ">", ">="],
  ["+", "-", "||"],
  ["*", "/", "%"],
];

/** One condition. @throws RouteError on bad grammar and on nesting deeper than {@link MAX_DEPTH}. */
export function parseExpression(tokens: TokenReader, level = 0, depth = 0): Expression {
  const operators = LEVELS[level];
  if (!operators) return parseUnary(tokens, depth);
  let left = parseExpression(tokens, level + 1, depth);
  for (;;) {
    const token = tokens.peek();
    const operator = operators.find((candidate) => candidate === operatorOf(token));
    if (!operator) return left;
    tokens.take(token.kind);
    const right = parseExpression(tokens, level + 1, depth);
    left = { kind: "binary", operator, left, right, position: token.position };
  }
}

function operatorOf(token: Token): string | undefined {
  if (token.kind === "operator") return token.text;
  return token.kind === "and" || token.kind === "or" ? token.kind : undefined;
}

/** NOT and - bind tighter than every operator between two operands: `NOT a = 'x'` is `(NOT a) = 'x'`. */
function parseUnary(tokens: TokenReader, depth: number): Expression {
  const token = tokens.peek();
  if (depth > MAX_DEPTH) {
    throw new RouteError("syntax", `the condition is nested deeper than ${MAX_DEPTH} levels`, token.position);
  }
  if (tokens.take("not")) {
    return { kind: "unary", operator: "not", operand: parseUnary(tokens, depth + 1), position: token.position };
  }
  if (tokens.take("operator", "-")) {
    return { kind: "unary", operator: "-", operand: parseUnary(tokens, depth + 1), position: token.position };
  }
  return parsePrimary(tokens, depth);
}

function parsePrimary(tokens: TokenReader, depth: number): Expression {
  const token = tokens.peek();
  const { position, text } = token;
  if (tokens.take("operator", "(")) {
    const inner = parseExpression(tokens, 0, depth + 1);
    tokens.expect("operator", ")");
    return inner;
  }
  if (tokens.take("operator", "{")) {
    const property = tokens.expect("systemProperty");
    tokens.expect("operator", "}");
    return { kind: "systemProperty", name: property.text, escaped: true, position };
  }
  if (tokens.take("systemProperty")) return { kind: "systemProperty", name: text, escaped: false, position };
  if (tokens.take("identifier")) {
    if (!tokens.take("operator", "(")) return { kind: "property", name: text, position };
    return { kind: "call", name: text, args: parseArguments(tokens, depth + 1), position };
  }
  if (tokens.take("string")) return { kind: "literal", value: unescape(text.slice(1, -1)), position };
  if (tokens.take("number")) return { kind: "literal", value: Number(text), position };
  if (tokens.take("true")) return { kind: "literal", value: true, position };
  if (tokens.take("false")) return { kind: "literal", value: false, position };
  if (tokens.take("null")) return { kind: "literal", value: null, position };
  if (tokens.take("undefined")) return { kind: "literal", value: undefined, position };
  return tokens.fail("a value");
}

function parseArguments(tokens: TokenReader, depth: number): Expression[] {
  const args: Expression[] = [];
  if (tokens.take("operator", ")")) return args;
  do args.push(parseExpression(tokens, 0, depth));
  while (tokens.take("operator", ","));
  tokens.expect("operator", ")");
  return args;
}

function unescape(text: string): string {
  return text
    .replace(/\\u([0-9a-fA-F]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(["'\\])/g, "$1");
}
