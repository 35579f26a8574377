import { randomBytes } from "node:crypto";
import { z } from "zod";

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
