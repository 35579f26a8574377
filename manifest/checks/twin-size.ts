import { isObject } from "../json";
import type { Report } from "./finding";

/** Bytes of desired properties in one twin. */
export const MAX_TWIN_BYTES = 32 * 1024;
/** Bytes of one text. */
export const MAX_VALUE_BYTES = 4096;
const MAX_KEY_BYTES = 1024;
const MAX_DEPTH = 10;
const MAX_INTEGER = 2 ** 52 - 1;

/** Bytes as IoT Hub counts them: names and texts in UTF-8, a number 8, a boolean 4. */
export function twinSize(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "boolean") return 4;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + twinSize(item), 0);
  if (!isObject(value)) return 8;
  return Object.entries(value).reduce((sum, [key, item]) => sum + Buffer.byteLength(key) + twinSize(item), 0);
}

/** Everything about one twin's desired properties that IoT Hub refuses. */
export function checkTwin(path: string, desired: unknown, report: Report): void {
  const size = twinSize(desired);
  if (size > MAX_TWIN_BYTES) report("error", "TwinSize", path, `has ${size} bytes, a twin takes ${MAX_TWIN_BYTES}`);
  walk(path, desired, 0, report);
}

function walk(path: string, value: unknown, depth: number, report: Report): void {
  if (depth > MAX_DEPTH) {
    report("error", "TwinDepth", path, `is nested deeper than ${MAX_DEPTH} levels`);
    return;
  }
  if (typeof value === "string" && Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    report("error", "TwinValue", path, `has ${Buffer.byteLength(value)} bytes, a text takes ${MAX_VALUE_BYTES}`);
  }
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) > MAX_INTEGER) {
    report("error", "TwinValue", path, `is ${value}, whole numbers end at ${MAX_INTEGER}`);
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (item === null)
        report("error", "TwinValue", `${path}[${index}]`, "is null, which a list in a twin cannot hold");
      walk(`${path}[${index}]`, item, depth + 1, report);
    });
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      checkKey(`${path}.${key}`, key, report);
      walk(`${path}.${key}`, item, depth + 1, report);
    }
  }
}

function checkKey(path: string, key: string, report: Report): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    report("error", "TwinKey", path, `has a name of ${Buffer.byteLength(key)} bytes, at most ${MAX_KEY_BYTES}`);
  }
  // eslint-disable-next-line no-control-regex -- IoT Hub refuses control characters
  if (/[.$#\s\u0000-\u001f]/.test(key)) {
    report("error", "TwinKey", path, `has the name "${key}"; no dot, $, #, space or control character may be in it`);
  }
}
