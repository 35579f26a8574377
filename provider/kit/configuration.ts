import type { ConfigureRequest } from "@pulumi/pulumi/proto/provider_pb";
import { isPropertyMap, type PropertyMap, type PropertyValue, withoutSecrets } from "./property-value";
import { fromStruct } from "./wire";

/** A provider's configuration, plain. The engine hands lists and maps over as JSON in strings. */
export function configurationOf(request: ConfigureRequest): PropertyMap {
  const plain = withoutSecrets(fromStruct(request.getArgs()));
  return isPropertyMap(plain) ? parsedConfiguration(plain) : {};
}

/** The same with every string parsed that is a JSON list or map. */
export function parsedConfiguration(configuration: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(configuration).map(([key, value]) => [key, parsed(value)]));
}

function parsed(value: PropertyValue): PropertyValue {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as PropertyValue;
  } catch {
    return value;
  }
}
