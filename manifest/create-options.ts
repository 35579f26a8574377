import type { CreateOptions, ModuleSettings } from "./deployment";
import { isObject } from "./json";

/** Longest text of one createOptions property: what edgeAgent itself writes, and old API versions take. */
export const CHUNK_LENGTH = 512;
/** edgeAgent reads up to 100 chunks; tools for editing manifests stop at 8. */
export const MAX_CHUNKS = 8;

/** Why createOptions cannot be read. */
export class CreateOptionsError extends Error {
  readonly code = "CreateOptionsInvalid";
  override name = "CreateOptionsError";
}

/** Compact JSON in chunks: `createOptions`, `createOptions01`, … with two digits, because edgeAgent sorts the names as text. */
export function splitCreateOptions(options: CreateOptions): Omit<ModuleSettings, "image"> {
  const text = JSON.stringify(options);
  const settings: Record<string, string> = {};
  let chunk = 0;
  for (let start = 0; start < text.length || chunk === 0; chunk++) {
    // A pair of surrogates stays together: half of one is no text.
    const splitsPair = /[\uD800-\uDBFF]/.test(text[start + CHUNK_LENGTH - 1] ?? "");
    const end = start + CHUNK_LENGTH - (splitsPair ? 1 : 0);
    settings[chunk === 0 ? "createOptions" : `createOptions${String(chunk).padStart(2, "0")}`] = text.slice(start, end);
    start = end;
  }
  return settings;
}

/**
 * Reads createOptions as edgeAgent does: chunk names in any case, sorted as text, the first without a number, then
 * contiguous from 01. Nothing, an empty text and `null` mean no options.
 * @throws CreateOptionsError on a gap, on text that is no JSON and on JSON that is no object.
 */
export function joinCreateOptions(settings: object): CreateOptions {
  const chunks: Record<string, unknown> = { ...settings };
  const names = Object.keys(chunks)
    .filter((name) => /^createoptions\d*$/i.test(name))
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  if (names.length === 0) return {};
  let text = "";
  names.forEach((name, index) => {
    const number = name.slice("createOptions".length);
    if (index === 0 ? number !== "" : Number(number) !== index) {
      const expected = index === 0 ? "createOptions" : `createOptions${String(index).padStart(2, "0")}`;
      throw new CreateOptionsError(`expected ${expected}, found ${name}`);
    }
    const chunk = chunks[name];
    text += typeof chunk === "string" ? chunk : JSON.stringify(chunk);
  });
  return parse(text);
}

function parse(text: string): CreateOptions {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CreateOptionsError(`is not JSON: ${(error as Error).message}`);
  }
  if (value === null) return {};
  if (!isObject(value))
    throw new CreateOptionsError(`is ${Array.isArray(value) ? "an array" : typeof value}, not an object`);
  return value;
}
