import {
  type Checker,
  isPropertyMap,
  isUnknown,
  type PropertyPath,
  type PropertyValue,
  valueAt,
  withoutSecrets,
} from "../kit";

// IoT Hub's rule for device and module ids (identity registry, device identity properties).
const deviceId = /^[A-Za-z0-9\-.%_*?!(),:=@$']{1,128}$/;

/** An id of a device. */
export function checkDeviceId(checker: Checker, path: PropertyPath): void {
  const value = checker.read(path, "string", { required: true, what: "the device's id" });
  if (value !== undefined && !deviceId.test(value)) {
    checker.fail(
      path,
      `"${value}" is not a device id: 1 to 128 letters, digits and - . % _ * ? ! ( ) , : = @ $ ' are allowed.`,
    );
  }
}

/** One of a few words; undefined when it is missing, unknown or none of them (a fault). */
export function checkOneOf<T extends string>(
  checker: Checker,
  path: PropertyPath,
  allowed: readonly T[],
): T | undefined {
  const value = checker.read(path, "string");
  if (value === undefined || (allowed as readonly string[]).includes(value)) return value as T | undefined;
  checker.fail(path, `is "${value}"; allowed are ${allowed.map((word) => `"${word}"`).join(", ")}.`);
  return undefined;
}

/** A symmetric key: never shown, not even when it is wrong. */
export function checkKey(checker: Checker, path: PropertyPath): void {
  const value = checker.read(path, "string");
  if (value === undefined) return;
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") !== value || bytes.length < 16 || bytes.length > 64) {
    checker.fail(path, "must be base64 of 16 to 64 bytes, as `openssl rand -base64 32` makes it.");
  }
}

/** A certificate's thumbprint in hex. */
export function checkThumbprint(checker: Checker, path: PropertyPath, options: { required?: boolean } = {}): void {
  const value = checker.read(path, "string", {
    ...options,
    what: "the certificate's SHA-1 or SHA-256 thumbprint in hex",
  });
  if (value !== undefined && !/^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/.test(value)) {
    checker.fail(path, `"${value}" is not a thumbprint: 40 (SHA-1) or 64 (SHA-256) hex digits without separators.`);
  }
}

const maxTwinDepth = 10;
const maxTwinString = 4096;

/**
 * Tags or desired properties: names, depth, lengths and the section's size as IoT Hub limits them
 * (device twins, "Tags and properties format").
 */
export function checkTwinSection(checker: Checker, path: PropertyPath, maxBytes: number): void {
  if (checker.read(path, "object") === undefined) return;
  let bytes = 0;
  const visit = (at: PropertyPath, marked: PropertyValue, depth: number): void => {
    const value = withoutSecrets(marked);
    if (isUnknown(value) || value === null) return;
    if (typeof value === "string") {
      const length = Buffer.byteLength(value);
      bytes += length;
      if (length > maxTwinString)
        checker.fail(at, `is ${length} bytes long; a twin's text holds up to ${maxTwinString}.`);
    } else if (typeof value === "object") {
      if (depth > maxTwinDepth) {
        checker.fail(at, `lies deeper than the ${maxTwinDepth} levels that a twin has.`);
        return;
      }
      if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) visit([...at, index], item, depth + 1);
      } else if (isPropertyMap(value)) {
        for (const [key, item] of Object.entries(value)) {
          bytes += Buffer.byteLength(key);
          // eslint-disable-next-line no-control-regex -- control characters are what the hub refuses
          if (/[.$#\s\u0000-\u001f]/.test(key)) {
            checker.fail([...at, key], "has a name that twins refuse: no dot, $, #, space or control character.");
          }
          visit([...at, key], item, depth + 1);
        }
      }
    } else {
      bytes += typeof value === "number" ? 8 : 4;
    }
  };
  visit(path, valueAt(checker.properties, path) ?? null, 0);
  if (bytes > maxBytes) checker.fail(path, `takes ${bytes} bytes; a twin holds up to ${maxBytes} here.`);
}

/** A map of texts; its keys are returned. */
export function checkTexts(checker: Checker, path: PropertyPath): string[] {
  const keys = Object.keys(checker.read(path, "object") ?? {});
  for (const key of keys) checker.read([...path, key], "string");
  return keys;
}
