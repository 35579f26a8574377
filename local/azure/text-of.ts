import type { PropertyValue } from "@edge-vision/iotedge/kit";

/** A property as text: empty when it is missing or no scalar. */
export function textOf(value: PropertyValue | undefined): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
