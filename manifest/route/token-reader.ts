import { RouteError } from "./error";
import type { Token, TokenKind } from "./tokens";

const END: Token = { kind: "end", text: "", position: 0 };

/** Walks over a route's tokens. */
export class TokenReader {
  private index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  peek(ahead = 0): Token {
    return this.tokens[this.index + ahead] ?? this.tokens.at(-1) ?? END;
  }

  /** The next token if it is of this kind (and text), taken. */
  take(kind: TokenKind, text?: string): Token | undefined {
    const token = this.peek();
    if (token.kind !== kind || (text !== undefined && token.text !== text)) return undefined;
    this.index++;
    return token;
  }

  /** @throws RouteError when the next token is another. */
  expect(kind: TokenKind, text?: string): Token {
    return this.take(kind, text) ?? this.fail(text ?? kind.toUpperCase());
  }

  /** @throws RouteError that says what was found instead of `wanted`. */
  fail(wanted: string): never {
    const { kind, text, position } = this.peek();
    const found = kind === "end" ? "the end of the route" : kind === "unterminated" ? `an open text ${text}` : text;
    throw new RouteError("syntax", `expected ${wanted}, found ${found}`, position);
  }
}
