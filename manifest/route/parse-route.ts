import type { RouteAst, RouteSink } from "./ast";
import { RouteError } from "./error";
import { parseExpression } from "./parse-expression";
import { TokenReader } from "./token-reader";
import { tokenize } from "./tokens";

/** A route's tree, or why there is none. */
export type ParsedRoute = { route: RouteAst; errors: [] } | { route?: undefined; errors: [RouteError] };

/** Parses a route with edgeHub's grammar; faults come back with their position and are not thrown. */
export function parseRoute(text: string): ParsedRoute {
  try {
    return { route: parse(text), errors: [] };
  } catch (error) {
    if (error instanceof RouteError) return { errors: [error] };
    throw error;
  }
}

function parse(text: string): RouteAst {
  const tokens = new TokenReader(tokenize(text));
  if (tokens.take("select")) tokens.expect("operator", "*");
  tokens.expect("from");
  const source = parseSource(tokens);
  const condition = tokens.take("where") ? parseExpression(tokens) : undefined;
  tokens.expect("into");
  const sink = parseSink(tokens);
  const next = tokens.peek();
  return {
    source,
    ...(condition && { condition }),
    sink,
    ...(next.kind !== "end" && { ignored: { text: text.slice(next.position), position: next.position } }),
  };
}

/** `/item(/item)*`; an item is `*` or an identifier, so keywords, numbers and `$names` are no items. */
function parseSource(tokens: TokenReader): string {
  let source = "";
  do {
    tokens.expect("operator", "/");
    const item = tokens.take("operator", "*") ?? tokens.take("identifier");
    if (!item) tokens.fail("a name or *");
    source += `/${item.text}`;
  } while (tokens.peek().text === "/");
  return source;
}

function parseSink(tokens: TokenReader): RouteSink {
  const system = tokens.take("systemProperty");
  if (system) {
    if (system.text.toLowerCase() === "$upstream") return { kind: "upstream" };
    throw new RouteError(
      "syntax",
      `unknown sink ${system.text}; write $upstream or BrokeredEndpoint("…")`,
      system.position,
    );
  }
  const name = tokens.take("identifier");
  if (!name) tokens.fail('$upstream or BrokeredEndpoint("/modules/<module>/inputs/<input>")');
  tokens.expect("operator", "(");
  const address = tokens.take("string");
  if (!address) tokens.fail("the address in quotes");
  tokens.expect("operator", ")");
  if (name.text.toLowerCase() !== "brokeredendpoint") {
    throw new RouteError(
      "syntax",
      `unknown sink ${name.text}; write $upstream or BrokeredEndpoint("…")`,
      name.position,
    );
  }
  return brokeredEndpoint(address.text.slice(1, -1), address.position);
}

/** edgeHub counts the segments and takes the second and the fourth; the literal words it does not read. */
function brokeredEndpoint(address: string, position: number): RouteSink {
  const segments = address.replace(/^\//, "").replace(/\/$/, "").split("/");
  const [, moduleId, , input] = segments;
  if (segments.length !== 4 || moduleId === undefined || input === undefined) {
    throw new RouteError("syntax", `"${address}" is not /modules/<module>/inputs/<input>`, position);
  }
  return { kind: "module", moduleId, input };
}
