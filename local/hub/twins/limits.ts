import { refuse } from "../errors";
import type { JsonObject } from "../store/model";
import { isObject } from "./patch";

/** Bytes of each part of a twin. Source: the developer guide on device twins. */
const sectionLimits = { tags: 8 * 1024, desired: 32 * 1024, reported: 32 * 1024 } as const;
const maximumStringBytes = 4096;
const maximumKeyBytes = 1024;
const maximumDepth = 10;
const maximumInteger = 2 ** 52 - 1;
const minimumInteger = -(2 ** 52);
const listedFaults = 10;

/**
 * Checks names, values and depth of what is written to a twin, with the path of each fault.
 *
 * @throws HubError `ArgumentInvalid` with up to ten faults
 */
export function checkValues(values: unknown, path: string): asserts values is JsonObject {
  if (!isObject(values)) throw refuse.argument(`${path} must be an object.`);
  const faults: string[] = [];
  walk(values, path, 1, faults);
  if (faults.length === 0) return;
  const rest = faults.length > listedFaults ? ` (${faults.length - listedFaults} more)` : "";
  throw refuse.argument(faults.slice(0, listedFaults).join(" ") + rest);
}

/** @throws HubError `ArgumentInvalid` when a whole section is too large */
export function checkSize(section: keyof typeof sectionLimits, values: JsonObject): void {
  const size = sizeOf(values);
  const limit = sectionLimits[section];
  if (size < limit) return;
  const name = section === "tags" ? "Tags" : `Properties.${section === "desired" ? "Desired" : "Reported"}`;
  throw refuse.argument(`'${name}' size should be less than ${limit} bytes, but it is ${size}.`);
}

/** Names and values as the service counts them: strings in UTF-8, numbers 8, booleans 4. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return 8;
  if (typeof value === "boolean") return 4;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce((sum, [name, item]) => sum + Buffer.byteLength(name) + sizeOf(item), 0);
}

function walk(value: unknown, path: string, depth: number, faults: string[]): void {
  if (depth > maximumDepth + 1) {
    faults.push(`${path} is nested deeper than ${maximumDepth} levels.`);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (item === null) faults.push(`${path}[${index}] is null, which an array may not hold.`);
      else walk(item, `${path}[${index}]`, depth + 1, faults);
    }
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      checkName(name, path, faults);
      walk(item, `${path}.${name}`, depth + 1, faults);
    }
  } else if (typeof value === "string") {
    const size = Buffer.byteLength(value);
    if (size > maximumStringBytes) {
      faults.push(`Property or Tag value should be maximum ${maximumStringBytes} bytes: ${path} has ${size}.`);
    }
  } else if (typeof value === "number" && Number.isInteger(value)) {
    if (value > maximumInteger || value < minimumInteger) faults.push(`${path} is outside of -2^52 to 2^52-1.`);
  }
}

function checkName(name: string, path: string, faults: string[]): void {
  if (Buffer.byteLength(name) > maximumKeyBytes) {
    faults.push(`A property's name under ${path} is longer than ${maximumKeyBytes} bytes.`);
    // eslint-disable-next-line no-control-regex -- control characters are what is refused
  } else if (name === "" || /[.$ \u0000-\u001f\u007f-\u009f]/.test(name)) {
    faults.push(
      `The name ${JSON.stringify(name)} under ${path} may not be empty or contain '.', '$', space or control characters.`,
    );
  }
}
