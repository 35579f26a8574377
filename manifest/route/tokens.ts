import { RouteError } from "./error";

/** What a token is; operators and brackets are their own kind. */
export type TokenKind =
  | "select"
  | "from"
  | "where"
  | "into"
  | "string"
  | "unterminated"
  | "number"
  | "true"
  | "false"
  | "null"
  | "undefined"
  | "and"
  | "or"
  | "not"
  | "operator"
  | "systemProperty"
  | "identifier"
  | "path"
  | "unknown"
  | "end";

/** A piece of a route's text. */
export interface Token {
  kind: TokenKind;
  text: string;
  position: number;
}

/** Longest route: a twin's longest text. */
export const MAX_ROUTE_LENGTH = 4096;

const ID = String.raw`[^()<>@,;:\\"/\[\]?={} \t\n\r]+`;
const QUERY_PATH = String.raw`[^()<>@,;:\\"/?={} \t\n\r]+`;
const STRING = String.raw`"(?:\\(?:["'\\]|u[0-9a-fA-F]{4})|[^"\\])*"|'(?:\\(?:["'\\]|u[0-9a-fA-F]{4})|[^'\\])*'`;
const UNTERMINATED = String.raw`"(?:\\(?:["'\\]|u[0-9a-fA-F]{4})|[^"\\])*|'(?:\\(?:["'\\]|u[0-9a-fA-F]{4})|[^'\\])*`;

/**
 * The lexer takes the longest match, and of equally long ones the first rule here. Identifiers may hold quotes and most
 * operators, which is why `a!='x'` begins with an identifier `a!` and `'b'INTO` is one.
 */
const RULES: readonly (readonly [TokenKind | "space", RegExp])[] = (
  [
    ["select", "[sS][eE][lL][eE][cC][tT]"],
    ["from", "[fF][rR][oO][mM]"],
    ["where", "[wW][hH][eE][rR][eE]"],
    ["into", "[iI][nN][tT][oO]"],
    ["string", STRING],
    ["unterminated", UNTERMINATED],
    ["number", "-?[0-9]+"],
    ["number", "0[xX][0-9a-fA-F]+"],
    ["number", String.raw`-?[0-9]*\.[0-9]+(?:[eE][+\-]?[0-9]+)?|-?[0-9]*[eE][+\-]?[0-9]+`],
    ["true", "true"],
    ["false", "false"],
    ["null", "null"],
    ["undefined", "undefined"],
    ["operator", String.raw`\|\||\?\?|!=|<>|<=|>=|[(),+\-*/%=<>{}]`],
    ["and", "[aA][nN][dD]"],
    ["or", "[oO][rR]"],
    ["not", "[nN][oO][tT]"],
    ["systemProperty", String.raw`\$${QUERY_PATH}`],
    ["identifier", ID],
    ["path", QUERY_PATH],
    ["space", String.raw`[ \t\r\n]+`],
    ["space", String.raw`/\*[\s\S]*?\*/`],
    ["unknown", String.raw`[\s\S]`],
  ] as const
).map(([kind, source]) => [kind, new RegExp(source, "y")] as const);

/**
 * The tokens of a route's text, the last of kind `end`.
 * @throws RouteError when the text is longer than {@link MAX_ROUTE_LENGTH}.
 */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_ROUTE_LENGTH) {
    throw new RouteError(
      "syntax",
      `the route has ${text.length} characters, at most ${MAX_ROUTE_LENGTH} fit a twin`,
      0,
    );
  }
  const tokens: Token[] = [];
  for (let position = 0; position < text.length;) {
    let best: { kind: TokenKind | "space"; text: string } = { kind: "unknown", text: "" };
    for (const [kind, rule] of RULES) {
      rule.lastIndex = position;
      const match = rule.exec(text)?.[0] ?? "";
      if (match.length > best.text.length) best = { kind, text: match };
    }
    if (best.kind !== "space") tokens.push({ kind: best.kind, text: best.text, position });
    position += best.text.length;
  }
  tokens.push({ kind: "end", text: "", position: text.length });
  return tokens;
}
