import { z } from "zod";

/** The names that a schema allows at a path inside a value. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): readonly string[] {
  let at: z.core.$ZodType[] = [schema];
  let found = value;
  for (const part of path) {
    at = at.flatMap((node) => step(node, part, found));
    found = (found as Record<PropertyKey, unknown> | undefined)?.[part];
  }
  return [...new Set(at.flatMap((node) => unwrap(node, found).flatMap(keysOf)))];
}

function step(node: z.core.$ZodType, part: PropertyKey, value: unknown): z.core.$ZodType[] {
  return unwrap(node, value).flatMap((inner) => {
    if (inner instanceof z.ZodObject)
      return part in inner.shape ? [(inner.shape as z.ZodRawShape)[part as string] as z.core.$ZodType] : [];
    if (inner instanceof z.ZodArray) return [inner.element];
    return inner instanceof z.ZodRecord ? [inner.valueType] : [];
  });
}

function unwrap(node: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  if (node instanceof z.ZodOptional || node instanceof z.ZodDefault || node instanceof z.ZodNullable) {
    return unwrap(node.unwrap(), value);
  }
  if (node instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = node.def;
    const chosen = (value as Record<string, unknown> | undefined)?.[discriminator];
    const isChosen = (option: z.core.$ZodType) =>
      option instanceof z.ZodObject &&
      z.safeParse((option.shape as z.ZodRawShape)[discriminator] ?? z.never(), chosen).success;
    return node.options.filter(isChosen).flatMap((option) => unwrap(option, value));
  }
  return node instanceof z.ZodUnion ? node.options.flatMap((option) => unwrap(option, value)) : [node];
}

function keysOf(node: z.core.$ZodType): string[] {
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}
