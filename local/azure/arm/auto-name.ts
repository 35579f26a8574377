import { createHash } from "node:crypto";
import type { CheckRequest } from "@edge-vision/iotedge/kit";

/**
 * How azure-native makes up a name that the program does not give: `random` is the logical name and eight hex digits,
 * `copy` the logical name, `uuid` a random UUID.
 */
export type AutoNaming = "random" | "copy" | "uuid";

/** Marks a name with a random part, as azure-native does: such a resource can be replaced create-first. */
export const createBeforeDelete = "__createBeforeDelete";

export interface AutoName {
  name: string;
  random: boolean;
}

/** The name for this deployment; the same seed gives the same name. Undefined when the stack forbids made-up names. */
export function autoName(request: CheckRequest, naming: AutoNaming): AutoName | undefined {
  const { autonaming, name, randomSeed } = request;
  if (autonaming?.mode === "disable") return undefined;
  if (autonaming?.mode === "enforce") return { name: autonaming.proposedName, random: true };
  if (naming === "copy") return { name: autonaming?.proposedName ?? name, random: autonaming !== undefined };
  if (naming === "random") {
    return { name: autonaming?.proposedName ?? `${name}${hex(randomSeed, request.urn, 8)}`, random: true };
  }
  const digits = hex(randomSeed, request.urn, 32);
  return { name: digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"), random: true };
}

function hex(seed: Buffer, urn: string, length: number): string {
  return createHash("sha256").update(seed).update(urn).digest("hex").slice(0, length);
}
