import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * How a key becomes the HMAC's key: IoT Hub decodes base64, Event Hubs takes the text as it is.
 */
export type KeyEncoding = "base64" | "utf8";

/** The parts of `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`. */
export interface SasToken {
  /** The resource, decoded: `hub.azure-devices.net/devices/d`. */
  resource: string;
  /** The resource as it stood in the token; this is what was signed. */
  encodedResource: string;
  signature: string;
  /** Seconds since 1970. */
  expiry: number;
  /** The policy's name; none when a device's own key signed. */
  keyName?: string;
}

export interface CreateSasOptions {
  resource: string;
  key: string;
  keyName?: string;
  /** Seconds since 1970. */
  expiry: number;
  /** @default "base64" */
  keyEncoding?: KeyEncoding;
}

export type SasFault = "MALFORMED" | "EXPIRED" | "WRONG_RESOURCE" | "WRONG_SIGNATURE";

/** A token that is refused; `code` says why. The message never holds a key or a signature. */
export class SasError extends Error {
  override readonly name = "SasError";
  constructor(
    readonly code: SasFault,
    message: string,
  ) {
    super(message);
  }
}

const scheme = "SharedAccessSignature ";
const maximumTokenLength = 4096;

/** Signs `encodeURIComponent(resource) + "\n" + expiry` with HMAC-SHA256. */
export function createSas(options: CreateSasOptions): string {
  const encodedResource = encodeURIComponent(options.resource);
  const signature = sign(options.key, options.keyEncoding ?? "base64", `${encodedResource}\n${options.expiry}`);
  const keyName = options.keyName === undefined ? "" : `&skn=${encodeURIComponent(options.keyName)}`;
  return `${scheme}sr=${encodedResource}&sig=${encodeURIComponent(signature)}&se=${options.expiry}${keyName}`;
}

/**
 * Reads a token in the forms that the vendor's SDKs write: fields in any order, `/` and `=` of the signature escaped or
 * not.
 *
 * @throws SasError `MALFORMED`
 */
export function parseSas(text: string): SasToken {
  if (text.length > maximumTokenLength) throw malformed(`it is longer than ${maximumTokenLength} characters`);
  if (!text.startsWith(scheme)) throw malformed(`it does not start with "${scheme.trim()}"`);

  const fields = new Map<string, string>();
  for (const field of text.slice(scheme.length).split("&")) {
    const at = field.indexOf("=");
    if (at <= 0) throw malformed("a field has no value");
    fields.set(field.slice(0, at).trim(), field.slice(at + 1));
  }
  const encodedResource = fields.get("sr");
  const signature = fields.get("sig");
  const expiry = fields.get("se");
  if (encodedResource === undefined || signature === undefined || expiry === undefined) {
    throw malformed("it needs the fields sr, sig and se");
  }
  if (!/^\d{1,15}$/.test(expiry)) throw malformed("se is not a number of seconds");
  const keyName = fields.get("skn");
  return {
    resource: decode(encodedResource),
    encodedResource,
    signature: decode(signature),
    expiry: Number(expiry),
    ...(keyName === undefined || keyName === "" ? {} : { keyName: decode(keyName) }),
  };
}

export interface VerifySasOptions {
  /** Every key that is valid now, usually primary and secondary. */
  keys: readonly string[];
  /**
   * What the caller wants to use, decoded and without a scheme; the token's resource must be this or a path above it.
   * Not given: the caller has judged the resource itself.
   */
  resource?: string;
  /** @default "base64" */
  keyEncoding?: KeyEncoding;
  /** Milliseconds since 1970. @default Date.now() */
  now?: number;
}

/**
 * Checks time, resource and signature.
 *
 * @throws SasError `EXPIRED`, `WRONG_RESOURCE`, `WRONG_SIGNATURE`
 */
export function verifySas(token: SasToken, options: VerifySasOptions): void {
  const now = options.now ?? Date.now();
  if (token.expiry * 1000 <= now) {
    throw new SasError(
      "EXPIRED",
      `The token expired at ${formatTime(token.expiry)}; it is ${new Date(now).toISOString()} now. Make a new one.`,
    );
  }
  if (options.resource !== undefined && !covers(token.resource, options.resource)) {
    throw new SasError("WRONG_RESOURCE", `The token is for ${token.resource}, not for ${options.resource}.`);
  }
  const text = `${token.encodedResource}\n${token.expiry}`;
  const given = Buffer.from(token.signature, "base64");
  const matches = options.keys.some((key) => {
    const expected = Buffer.from(sign(key, options.keyEncoding ?? "base64", text), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches)
    throw new SasError("WRONG_SIGNATURE", `The token for ${token.resource} is not signed with a valid key.`);
}

/** Whether a token for `granted` may be used for `wanted`: equal, or a path above it. Host names ignore case. */
export function covers(granted: string, wanted: string): boolean {
  const above = normalize(granted);
  const below = normalize(wanted);
  return below === above || below.startsWith(`${above}/`);
}

function normalize(resource: string): string {
  const path = resource.replace(/^[a-z]+:\/\//i, "").replace(/\/+$/, "");
  const slash = path.indexOf("/");
  return slash < 0 ? path.toLowerCase() : path.slice(0, slash).toLowerCase() + path.slice(slash);
}

/** The bare HMAC-SHA256 in base64; what the workload API's `sign` answers. */
export function sign(key: string, encoding: KeyEncoding, text: string | Buffer): string {
  return createHmac("sha256", Buffer.from(key, encoding)).update(text).digest("base64");
}

function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed("a field is not URL-encoded");
  }
}

function malformed(why: string): SasError {
  return new SasError("MALFORMED", `The shared access signature cannot be read: ${why}.`);
}
