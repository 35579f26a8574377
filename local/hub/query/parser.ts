import { refuse } from "../errors";
import { tokenize, type Token } from "./lexer";

export type Expression =
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "path"; parts: string[] }
  | { kind: "not"; of: Expression }
  | { kind: "and" | "or"; left: Expression; right: Expression }
  | { kind: "compare"; operator: "=" | "!=" | "<" | "<=" | ">" | ">="; left: Expression; right: Expression }
  | { kind: "in"; left: Expression; items: Expression[] }
  | { kind: "call"; name: string; parameters: Expression[] };

export type Aggregate = "COUNT" | "AVG" | "SUM" | "MIN" | "MAX";

export interface SelectItem {
  name: string;
  path?: string[];
  aggregate?: Aggregate;
}

export interface Query {
  select: "*" | SelectItem[];
  top?: number;
  from: "devices" | "devices.modules";
  where?: Expression;
}

const aggregates: readonly string[] = ["COUNT", "AVG", "SUM", "MIN", "MAX"];
/** Functions of a condition, with the number of their parameters. */
const functions: Readonly<Record<string, number>> = {
  is_defined: 1,
  is_null: 1,
  is_string: 1,
  is_number: 1,
  is_bool: 1,
  is_object: 1,
  is_array: 1,
  is_primitive: 1,
  startswith: 2,
  endswith: 2,
  contains: 2,
};
const reserved: readonly string[] = ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "AS", "GROUP", "TOP"];
const maximumDepth = 50;

/** @throws HubError `ArgumentInvalid` with the position */
export function parseQuery(source: string): Query {
  return new Parser(source).query();
}

/** Parses what may stand after `WHERE`, such as a target condition. */
export function parseCondition(source: string): Expression {
  return new Parser(source).condition();
}

class Parser {
  readonly #tokens: Token[];
  #index = 0;
  #depth = 0;

  constructor(source: string) {
    this.#tokens = tokenize(source);
  }

  query(): Query {
    this.#expectKeyword("SELECT");
    const top = this.#takeKeyword("TOP") ? this.#count() : undefined;
    const select = this.#takeSymbol("*") ? "*" : this.#selectItems();
    this.#expectKeyword("FROM");
    const from = this.#path().join(".");
    if (from !== "devices" && from !== "devices.modules") {
      throw refuse.argument(`The local hub answers queries FROM devices and devices.modules, not from ${from}.`);
    }
    const where = this.#takeKeyword("WHERE") ? this.#or() : undefined;
    if (this.#isKeyword("GROUP")) throw refuse.argument("The local hub does not support GROUP BY.");
    this.#expectEnd();
    return { select, ...(top === undefined ? {} : { top }), from, ...(where === undefined ? {} : { where }) };
  }

  condition(): Expression {
    const expression = this.#or();
    this.#expectEnd();
    return expression;
  }

  #count(): number {
    const token = this.#next();
    if (token.kind === "number" && Number.isInteger(token.value) && token.value > 0) return token.value;
    throw unexpected(token, "a whole number above 0");
  }

  #selectItems(): SelectItem[] {
    const items: SelectItem[] = [];
    do items.push(this.#selectItem());
    while (this.#takeSymbol(","));
    return items;
  }

  #selectItem(): SelectItem {
    const path = this.#path();
    const aggregate = aggregates.find((name) => path.length === 1 && name === path[0]?.toUpperCase()) as
      Aggregate | undefined;
    if (aggregate !== undefined && this.#takeSymbol("(")) {
      const of = this.#isSymbol(")") ? undefined : this.#path();
      this.#expectSymbol(")");
      if (of === undefined && aggregate !== "COUNT") throw refuse.argument(`${aggregate}() needs a property.`);
      return { name: this.#alias() ?? aggregate.toLowerCase(), aggregate, ...(of === undefined ? {} : { path: of }) };
    }
    return { name: this.#alias() ?? path.at(-1) ?? "", path };
  }

  #alias(): string | undefined {
    return this.#takeKeyword("AS") ? this.#name() : undefined;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#takeKeyword("OR")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#takeKeyword("AND")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (!this.#takeKeyword("NOT")) return this.#comparison();
    return { kind: "not", of: this.#nested(() => this.#not()) };
  }

  #comparison(): Expression {
    const left = this.#operand();
    if (this.#takeKeyword("IN")) return { kind: "in", left, items: this.#list() };
    const token = this.#peek();
    if (token.kind !== "symbol" || !["=", "!=", "<>", "<", "<=", ">", ">="].includes(token.text)) return left;
    this.#index++;
    const operator = (token.text === "<>" ? "!=" : token.text) as "=";
    return { kind: "compare", operator, left, right: this.#operand() };
  }

  #list(): Expression[] {
    this.#expectSymbol("[");
    const items: Expression[] = [];
    do items.push(this.#operand());
    while (this.#takeSymbol(","));
    this.#expectSymbol("]");
    return items;
  }

  #operand(): Expression {
    const token = this.#peek();
    if (token.kind === "string") {
      this.#index++;
      return { kind: "literal", value: token.text };
    }
    if (token.kind === "number") {
      this.#index++;
      return { kind: "literal", value: token.value };
    }
    if (this.#takeSymbol("-")) {
      const number = this.#next();
      if (number.kind !== "number") throw unexpected(number, "a number");
      return { kind: "literal", value: -number.value };
    }
    if (this.#takeSymbol("(")) {
      const inner = this.#nested(() => this.#or());
      this.#expectSymbol(")");
      return inner;
    }
    const parts = this.#path();
    if (parts.length > 1) return { kind: "path", parts };
    const [name = ""] = parts;
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "null") return { kind: "literal", value: null };
    return this.#takeSymbol("(") ? this.#call(name, token) : { kind: "path", parts };
  }

  #call(name: string, at: Token): Expression {
    const known = Object.keys(functions).find((candidate) => candidate === name.toLowerCase());
    if (known === undefined) throw refuse.argument(`The function ${name} at position ${at.at + 1} is unknown.`);
    const parameters: Expression[] = [];
    if (!this.#isSymbol(")")) {
      do parameters.push(this.#operand());
      while (this.#takeSymbol(","));
    }
    this.#expectSymbol(")");
    if (parameters.length !== functions[known]) {
      throw refuse.argument(`${known} takes ${String(functions[known])} parameters, not ${parameters.length}.`);
    }
    return { kind: "call", name: known, parameters };
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > maximumDepth) throw refuse.argument(`A condition may be nested ${maximumDepth} levels deep.`);
    const result = parse();
    this.#depth--;
    return result;
  }

  #path(): string[] {
    const parts = [this.#name()];
    while (this.#takeSymbol(".")) parts.push(this.#anyName());
    return parts;
  }

  #name(): string {
    const token = this.#next();
    if (token.kind !== "name" || reserved.includes(token.text.toUpperCase())) throw unexpected(token, "a name");
    return token.text;
  }

  #anyName(): string {
    const token = this.#next();
    if (token.kind === "name" || token.kind === "string") return token.text;
    throw unexpected(token, "a property's name");
  }

  #peek(): Token {
    return this.#tokens[this.#index] ?? { kind: "end", at: 0 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#index++;
    return token;
  }

  #isKeyword(keyword: string): boolean {
    const token = this.#peek();
    return token.kind === "name" && token.text.toUpperCase() === keyword;
  }

  #takeKeyword(keyword: string): boolean {
    if (!this.#isKeyword(keyword)) return false;
    this.#index++;
    return true;
  }

  #expectKeyword(keyword: string): void {
    if (!this.#takeKeyword(keyword)) throw unexpected(this.#peek(), keyword);
  }

  #isSymbol(symbol: string): boolean {
    const token = this.#peek();
    return token.kind === "symbol" && token.text === symbol;
  }

  #takeSymbol(symbol: string): boolean {
    if (!this.#isSymbol(symbol)) return false;
    this.#index++;
    return true;
  }

  #expectSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) throw unexpected(this.#peek(), JSON.stringify(symbol));
  }

  #expectEnd(): void {
    const token = this.#peek();
    if (token.kind !== "end") throw unexpected(token, "the end");
  }
}

function unexpected(token: Token, wanted: string): Error {
  const found =
    token.kind === "end" ? "the end" : token.kind === "number" ? String(token.value) : JSON.stringify(token.text);
  return refuse.argument(`The query has ${found} at position ${token.at + 1} where ${wanted} is expected.`);
}
