import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import {
  isPropertyMap,
  isSecret,
  isUnknown,
  type PropertyMap,
  type PropertyValue,
  secret,
  unknown,
} from "./property-value";

// The signatures with which Pulumi marks special values (pulumi/pulumi, sdk/go/common/resource/sig).
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknowns = new Set<unknown>([
  unknownString,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Properties as the engine sends them, with their marks. */
export function fromStruct(struct: Struct | undefined): PropertyMap {
  const value = decode(struct?.toJavaScript() ?? {});
  return isPropertyMap(value) ? value : {};
}

/** Properties as the engine expects them. */
export function toStruct(properties: object): Struct {
  return Struct.fromJavaScript(encode(properties as PropertyMap) as Record<string, JavaScriptValue>);
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function decode(value: Json): PropertyValue {
  if (unknowns.has(value)) return unknown;
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  if (value[signatureKey] === secretSignature) return secret(decode(value["value"] ?? null));
  if (value[signatureKey] === outputSignature) {
    const inner = value["value"] === undefined ? unknown : decode(value["value"]);
    return value["secret"] === true ? secret(inner) : inner;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

function encode(value: PropertyValue): JavaScriptValue {
  if (isUnknown(value)) return unknownString;
  if (isSecret(value)) return { [signatureKey]: secretSignature, value: encode(value.value) };
  if (Array.isArray(value)) return value.map(encode);
  if (isPropertyMap(value)) {
    // A property without a value is left out: the wire knows no undefined.
    const entries = Object.entries(value as Record<string, PropertyValue | undefined>);
    return Object.fromEntries(entries.flatMap(([key, item]) => (item === undefined ? [] : [[key, encode(item)]])));
  }
  return value;
}
