import { refuse } from "../errors";

export type Token =
  | { kind: "name"; text: string; at: number }
  | { kind: "string"; text: string; at: number }
  | { kind: "number"; value: number; at: number }
  | { kind: "symbol"; text: string; at: number }
  | { kind: "end"; at: number };

const maximumLength = 8 * 1024;
const space = /\s+/y;
const name = /[A-Za-z_$][A-Za-z0-9_$-]*/y;
const number = /\d+(\.\d+)?([eE][+-]?\d+)?/y;
const text = /'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.|"")*)"/sy;
const symbol = /<>|!=|<=|>=|[=<>(),.*[\]-]/y;

/**
 * Splits a query or a condition.
 *
 * @throws HubError `ArgumentInvalid` with the position
 */
export function tokenize(source: string): Token[] {
  if (source.length > maximumLength) throw refuse.argument(`A query may have ${maximumLength} characters.`);
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const blank = match(space);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const found = match(name) ?? match(number) ?? match(text) ?? match(symbol);
    if (found === null) {
      throw refuse.argument(
        `The query has an unexpected character ${JSON.stringify(source[at])} at position ${at + 1}.`,
      );
    }
    tokens.push(toToken(found, at));
    at += found[0].length;
  }
  tokens.push({ kind: "end", at });
  return tokens;
}

function toToken(found: RegExpExecArray, at: number): Token {
  const whole = found[0];
  const first = whole.charAt(0);
  if (/[A-Za-z_$]/.test(first)) return { kind: "name", text: whole, at };
  if (/\d/.test(first)) return { kind: "number", value: Number(whole), at };
  if (first === "'" || first === '"') {
    const inner = whole.slice(1, -1).replaceAll(first + first, first);
    return { kind: "string", text: inner.replace(/\\(.)/gs, "$1"), at };
  }
  return { kind: "symbol", text: whole, at };
}
