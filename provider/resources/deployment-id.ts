import { createHash } from "node:crypto";
import type { ModulesContent } from "./modules-content";

const hashLength = 12;

/** A short name of the content: the same for the same content, whatever the order of its keys. */
export function contentHash(content: ModulesContent): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(content)))
    .digest("hex")
    .slice(0, hashLength);
}

/** Id of the deployment of this content. */
export function deploymentIdOf(deploymentName: string, content: ModulesContent): string {
  return `${deploymentName}-${contentHash(content)}`;
}

/** The name inside an id; a deployment that somebody else named is called by its whole id. */
export function deploymentNameOf(id: string, hash: string): string {
  return id.endsWith(`-${hash}`) ? id.slice(0, -hash.length - 1) : id;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
