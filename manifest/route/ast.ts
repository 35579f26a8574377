/** A parsed route: `FROM source [WHERE condition] INTO sink`. */
export interface RouteAst {
  /** Path of the source as written, without spaces. */
  source: string;
  condition?: Expression;
  sink: RouteSink;
  /** Text after the sink. edgeHub ignores it without a word. */
  ignored?: { text: string; position: number };
}

/** Where a route leads. */
export type RouteSink = { kind: "upstream" } | { kind: "module"; moduleId: string; input: string };

/** A condition or a part of it; `position` is its offset in the route's text. */
export type Expression =
  | { kind: "literal"; value: string | number | boolean | null | undefined; position: number }
  | { kind: "property"; name: string; position: number }
  | { kind: "systemProperty"; name: string; escaped: boolean; position: number }
  | { kind: "call"; name: string; args: Expression[]; position: number }
  | { kind: "unary"; operator: "-" | "not"; operand: Expression; position: number }
  | { kind: "binary"; operator: BinaryOperator; left: Expression; right: Expression; position: number };

/** Operators between two operands. */
export type BinaryOperator =
  "*" | "/" | "%" | "+" | "-" | "||" | "<" | "<=" | ">" | ">=" | "=" | "!=" | "<>" | "and" | "or" | "??";
