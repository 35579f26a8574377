/**
 * Whether a message from `source` belongs to a route's `FROM`: a prefix that ends at a `/`, in any case. Only a `*` at
 * the end means anything; one in the middle is a name that no message has.
 */
export function sourceMatches(from: string, source: string): boolean {
  const prefix = from.replace(/\/?\*$/, "").toLowerCase();
  const actual = source.toLowerCase();
  return actual === prefix || actual.startsWith(`${prefix}/`);
}

/** The module that a route's source names, if it names one. */
export function sourceModule(from: string): string | undefined {
  const match = /^\/messages\/modules\/([^/]+)/i.exec(from);
  return match?.[1] === "*" ? undefined : match?.[1];
}
