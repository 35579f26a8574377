/** What a route looks at in a message. */
export interface RoutedMessage {
  /** `/messages/modules/<module>/outputs/<output>`, `/messages/modules/<module>` or `/twinChangeNotifications`. */
  source: string;
  /** The sender's own properties; always texts. */
  applicationProperties: Readonly<Record<string, string>>;
  /** `contentType`, `contentEncoding`, `messageId`, `connectionDeviceId`, `connectionModuleId`, … */
  systemProperties: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** Stands for a `$body` property that the body does not have: edgeHub ranks it as null and calls it defined. */
export const MISSING = Symbol("missing");

/** A value at run time; `undefined` is the language's own undefined. */
export type RouteValue = string | number | boolean | null | typeof MISSING | undefined;

/** A property's value, whatever the case of its name. */
export function lookUp(properties: Readonly<Record<string, string>>, name: string): string | undefined {
  if (Object.hasOwn(properties, name)) return properties[name];
  const wanted = name.toLowerCase();
  const key = Object.keys(properties).find((candidate) => candidate.toLowerCase() === wanted);
  return key === undefined ? undefined : properties[key];
}

const ENCODINGS: Readonly<Record<string, "utf-8" | "utf-16le" | "utf-32">> = {
  "utf-8": "utf-8",
  "utf-16": "utf-16le",
  "utf-32": "utf-32",
};

const bodies = new WeakMap<RoutedMessage, { json: unknown }>();

/**
 * A value inside the body by a path such as `spot.name` or `boxes[0].label`. Undefined when the message does not say
 * that it is JSON in UTF-8, 16 or 32, when it is no JSON object and when the path leads to an object or array.
 */
export function bodyValue(message: RoutedMessage, path: readonly (string | number)[]): RouteValue {
  let parsed = bodies.get(message);
  if (!parsed) {
    parsed = { json: parseBody(message) };
    bodies.set(message, parsed);
  }
  let value = parsed.json;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return MISSING;
    value = (value as Record<string | number, unknown>)[step];
  }
  if (typeof value === "object" && value !== null) return undefined;
  return value as RouteValue;
}

function parseBody(message: RoutedMessage): unknown {
  const type = lookUp(message.systemProperties, "contentType");
  const encoding = ENCODINGS[lookUp(message.systemProperties, "contentEncoding")?.toLowerCase() ?? ""];
  if (type?.toLowerCase() !== "application/json" || encoding === undefined) return undefined;
  try {
    return JSON.parse(
      encoding === "utf-32" ? decodeUtf32(message.body) : new TextDecoder(encoding).decode(message.body),
    );
  } catch {
    return undefined;
  }
}

function decodeUtf32(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength - (bytes.byteLength % 4));
  let text = "";
  for (let at = 0; at < view.byteLength; at += 4) text += String.fromCodePoint(view.getUint32(at, true));
  return text.replace(/^\uFEFF/, "");
}
