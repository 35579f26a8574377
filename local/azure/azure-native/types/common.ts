import { randomBytes } from "node:crypto";
import { isPropertyMap, type PropertyMap, type PropertyValue } from "@edge-vision/iotedge/kit";
import { z } from "zod";
import { tenantId } from "../../arm/arm-id";
import { textOf } from "../../text-of";

/** Tags: at most 50, names up to 512 characters, values up to 256. */
export const tags = z
  .record(z.string().min(1).max(512), z.string().max(256))
  .refine((map) => Object.keys(map).length <= 50, "a resource has at most 50 tags")
  .optional();

/** A managed identity of a resource, as far as it has one of its own. */
export const identity = z.strictObject({
  type: z.enum([
    "SystemAssigned",
    "UserAssigned",
    "SystemAssigned, UserAssigned",
    "SystemAssigned,UserAssigned",
    "None",
  ]),
  userAssignedIdentities: z.union([z.array(z.string()), z.record(z.string(), z.any())]).optional(),
});

/** A key of a service: 32 random bytes in base64. */
export function newKey(bytes = 32): string {
  return randomBytes(bytes).toString("base64");
}

/** Random hex digits. */
export function hex(digits: number): string {
  return randomBytes(Math.ceil(digits / 2))
    .toString("hex")
    .slice(0, digits);
}

/** The value where it is a map, else an empty one. */
export function mapOf(value: PropertyValue | undefined): PropertyMap {
  return isPropertyMap(value) ? value : {};
}

/** The output `identity`: what was asked for, with the ids of the system's own where there is one. */
export function identityOf(inputs: PropertyMap, facts: PropertyMap): PropertyMap {
  if (inputs["identity"] === undefined) return {};
  const asked = mapOf(inputs["identity"]);
  const system = textOf(asked["type"]).includes("SystemAssigned");
  return { identity: { ...asked, ...(system ? { principalId: facts["principalId"] ?? null, tenantId } : {}) } };
}

/** Output paths of an identity. */
export const identityOutputs = ["identity.principalId", "identity.tenantId"] as const;

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const uuid = z.string().regex(guid, "must be a UUID");

/** An ISO 8601 duration, as `PT120S`. */
export const duration = z
  .string()
  .regex(/^P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/, "must be an ISO 8601 duration");
