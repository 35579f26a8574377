import { refuse } from "../errors";
import type { Authentication, AuthenticationType, JsonObject } from "../store/model";
import { isObject } from "../twins/patch";
import { newKey } from "./ids";

const types: readonly AuthenticationType[] = ["sas", "selfSigned", "certificateAuthority", "none"];

/**
 * Reads `authentication` of an identity that is created or updated; empty symmetric keys are made by the hub.
 *
 * @throws HubError `ArgumentInvalid` with every fault
 */
export function readAuthentication(value: unknown, before: Authentication | undefined): Authentication {
  const given: JsonObject = isObject(value) ? value : {};
  const faults: string[] = [];
  const keys = isObject(given.symmetricKey) ? given.symmetricKey : {};
  const thumbprints = isObject(given.x509Thumbprint) ? given.x509Thumbprint : {};

  const primaryKey = readKey(keys.primaryKey, "authentication.symmetricKey.primaryKey", faults);
  const secondaryKey = readKey(keys.secondaryKey, "authentication.symmetricKey.secondaryKey", faults);
  const primaryThumbprint = readThumbprint(thumbprints.primaryThumbprint, "primaryThumbprint", faults);
  const secondaryThumbprint = readThumbprint(thumbprints.secondaryThumbprint, "secondaryThumbprint", faults);
  const type = readType(given.type, primaryThumbprint ?? secondaryThumbprint, before, faults);
  if (type === "selfSigned" && primaryThumbprint === null && secondaryThumbprint === null) {
    faults.push("authentication.x509Thumbprint needs a thumbprint when the type is selfSigned.");
  }
  if (faults.length > 0) throw refuse.argument(faults.join(" "));

  const sas = type === "sas";
  return {
    type,
    symmetricKey: {
      primaryKey: sas ? (primaryKey ?? newKey()) : null,
      secondaryKey: sas ? (secondaryKey ?? newKey()) : null,
    },
    x509Thumbprint: { primaryThumbprint, secondaryThumbprint },
  };
}

function readType(
  value: unknown,
  thumbprint: string | null,
  before: Authentication | undefined,
  faults: string[],
): AuthenticationType {
  if (value === undefined || value === null) return before?.type ?? (thumbprint === null ? "sas" : "selfSigned");
  const type = types.find((candidate) => candidate === value);
  if (type === undefined)
    faults.push(`authentication.type ${JSON.stringify(value)} is not one of ${types.join(", ")}.`);
  return type ?? "none";
}

function readKey(value: unknown, path: string, faults: string[]): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const length = typeof value === "string" ? Buffer.from(value, "base64").length : 0;
  if (typeof value === "string" && /^[A-Za-z0-9+/]+={0,2}$/.test(value) && length >= 16 && length <= 64) return value;
  faults.push(`${path} is not the base64 of 16 to 64 bytes.`);
  return undefined;
}

function readThumbprint(value: unknown, name: string, faults: string[]): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "string" && /^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/.test(value)) return value.toUpperCase();
  faults.push(
    `authentication.x509Thumbprint.${name} is not a SHA-1 or SHA-256 thumbprint of 40 or 64 hexadecimal digits.`,
  );
  return null;
}
