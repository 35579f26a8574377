import type { RouteValue } from "./message";
import { accepts, type RouteType } from "./types";

/** One way to call a function. */
interface Overload {
  parameters: readonly RouteType[] | "any";
  /** The last parameter may repeat. */
  variadic?: boolean;
  /** Body values are taken for any parameter. */
  query: boolean;
  returns: RouteType;
  call(...args: RouteValue[]): RouteValue;
}

const numeric = (operation: (x: number) => number): Overload[] => [
  {
    parameters: ["number"],
    query: true,
    returns: "number",
    call: (x) => (typeof x === "number" ? defined(operation(x)) : undefined),
  },
];

const textual = (
  returns: RouteType,
  operation: (a: string, b: string) => RouteValue,
  parameters: RouteType[] = ["string", "string"],
): Overload[] => [
  {
    parameters,
    query: true,
    returns,
    call: (a, b = "") => (typeof a === "string" && typeof b === "string" ? operation(a, b) : undefined),
  },
];

/** A constant answer by type, with the run-time answer for values out of the body. */
const typeTest = (type: RouteType, test: (value: RouteValue) => RouteValue): Overload[] => [
  { parameters: [type], query: false, returns: "boolean", call: test },
  { parameters: ["query"], query: false, returns: "boolean", call: test },
  { parameters: "any", query: false, returns: "boolean", call: () => false },
];

const substring = (text: RouteValue, start: RouteValue, length: RouteValue): RouteValue => {
  if (typeof text !== "string" || typeof start !== "number" || typeof length !== "number") return undefined;
  if (start < 0 || length < 0 || start + length > text.length) return undefined;
  return text.slice(Math.trunc(start), Math.trunc(start) + Math.trunc(length));
};

/** edgeHub's functions; names are matched in any case. */
const FUNCTIONS: ReadonlyMap<string, readonly Overload[]> = new Map(
  Object.entries<Overload[]>({
    abs: numeric(Math.abs),
    exp: numeric(Math.exp),
    square: numeric((x) => x * x),
    ceiling: numeric(Math.ceil),
    floor: numeric(Math.floor),
    sign: numeric(Math.sign),
    sqrt: numeric(Math.sqrt),
    power: [
      {
        parameters: ["number", "number"],
        query: true,
        returns: "number",
        call: (x, y) => (typeof x === "number" && typeof y === "number" ? defined(x ** y) : undefined),
      },
    ],
    as_number: [
      {
        parameters: ["string"],
        query: true,
        returns: "number",
        call: (value) => (typeof value === "string" ? toNumber(value) : typeof value === "number" ? value : undefined),
      },
      { parameters: ["number"], query: false, returns: "number", call: (value) => value },
    ],
    is_bool: typeTest("boolean", (value) => (value === undefined ? undefined : typeof value === "boolean")),
    is_number: typeTest("number", (value) => (value === undefined ? undefined : typeof value === "number")),
    is_string: typeTest("string", (value) => (value === undefined ? undefined : typeof value === "string")),
    is_null: [
      { parameters: ["string"], query: false, returns: "boolean", call: () => false },
      {
        parameters: ["query"],
        query: false,
        returns: "boolean",
        // A property that is not there is not null to edgeHub; one that is null is.
        call: (value) => (value === undefined ? undefined : value === null),
      },
      { parameters: ["null"], query: false, returns: "boolean", call: () => true },
      { parameters: "any", query: false, returns: "boolean", call: () => false },
    ],
    is_defined: [{ parameters: "any", query: true, returns: "boolean", call: (value) => value !== undefined }],
    concat: [
      {
        parameters: ["string", "string"],
        variadic: true,
        query: true,
        returns: "string",
        call: (...texts) => (texts.every((text) => typeof text === "string") ? texts.join("") : undefined),
      },
    ],
    length: textual("number", (text) => text.length, ["string"]),
    lower: textual("string", (text) => text.toLowerCase(), ["string"]),
    upper: textual("string", (text) => text.toUpperCase(), ["string"]),
    substring: [
      {
        parameters: ["string", "number"],
        query: true,
        returns: "string",
        call: (text, start) =>
          substring(
            text,
            start,
            typeof text === "string" && typeof start === "number" ? text.length - start : undefined,
          ),
      },
      { parameters: ["string", "number", "number"], query: true, returns: "string", call: substring },
    ],
    index_of: textual("number", (text, part) => text.indexOf(part)),
    starts_with: textual("boolean", (text, part) => text.startsWith(part)),
    ends_with: textual("boolean", (text, part) => text.endsWith(part)),
    contains: textual("boolean", (text, part) => text.includes(part)),
  }),
);

/** Names of all functions, for messages. */
export const FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()];

/** The overloads of a function, or nothing for an unknown name. */
export function overloadsOf(name: string): readonly Overload[] | undefined {
  return FUNCTIONS.get(name.toLowerCase());
}

/** Whether an overload takes arguments of these types. */
export function fits({ parameters, variadic, query }: Overload, given: readonly RouteType[]): boolean {
  if (parameters === "any") return given.length === 1;
  if (variadic ? given.length < parameters.length : given.length !== parameters.length) return false;
  return given.every((type, index) => accepts(parameters[index] ?? parameters.at(-1) ?? "undefined", type, query));
}

function defined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function toNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?(\d+(,\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)
    ? Number(trimmed.replaceAll(",", ""))
    : undefined;
}
