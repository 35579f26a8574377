import { z } from "zod";

/** The names that a schema allows at a path inside its value. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: z.core.$ZodType[] = [schema];
  for (const part of path) at = at.flatMap((node) => step(node, part));
  return [...new Set(at.flatMap((node) => unwrap(node).flatMap(keysOf)))];
}

function step(node: z.core.$ZodType, part: PropertyKey): z.core.$ZodType[] {
  return unwrap(node).flatMap((inner) => {
    if (inner instanceof z.ZodObject)
      return part in inner.shape ? [(inner.shape as z.ZodRawShape)[part as string] as z.core.$ZodType] : [];
    if (inner instanceof z.ZodArray) return [inner.element];
    return inner instanceof z.ZodRecord ? [inner.valueType] : [];
  });
}

function unwrap(node: z.core.$ZodType): z.core.$ZodType[] {
  if (node instanceof z.ZodOptional || node instanceof z.ZodDefault || node instanceof z.ZodNullable) {
    return unwrap(node.unwrap());
  }
  return node instanceof z.ZodUnion ? node.options.flatMap(unwrap) : [node];
}

function keysOf(node: z.core.$ZodType): string[] {
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}
