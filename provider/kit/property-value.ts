/** A value that is not known yet: an output of something that a preview has not created. */
export class Unknown {
  readonly kind = "unknown";
}

/** The one unknown value. */
export const unknown: Unknown = new Unknown();

/** A value that state encrypts and every text hides. */
export class Secret {
  readonly kind = "secret";

  constructor(readonly value: PropertyValue) {}

  /** Keeps the value out of any JSON that is printed by mistake. */
  toJSON(): string {
    return "[secret]";
  }
}

/** What a property can hold. Assets, archives and resource references are maps with Pulumi's signature key. */
export type PropertyValue = null | boolean | number | string | Unknown | Secret | PropertyValue[] | PropertyMap;

/** Properties by name. */
export interface PropertyMap {
  [key: string]: PropertyValue;
}

export function isUnknown(value: unknown): value is Unknown {
  return value instanceof Unknown;
}

export function isSecret(value: unknown): value is Secret {
  return value instanceof Secret;
}

/** Marks a value as secret, once. */
export function secret(value: PropertyValue): Secret {
  return isSecret(value) ? value : new Secret(value);
}

/** A map, and not a mark, a list or a scalar. */
export function isPropertyMap(value: unknown): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value) && !isSecret(value);
}

/** The value without the marks of secrets, at any depth; unknowns stay. */
export function withoutSecrets(value: PropertyValue): PropertyValue {
  if (isSecret(value)) return withoutSecrets(value.value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (isPropertyMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item)]));
  }
  return value;
}

/** Whether an unknown stands anywhere inside. */
export function containsUnknown(value: PropertyValue | undefined): boolean {
  if (isUnknown(value)) return true;
  if (isSecret(value)) return containsUnknown(value.value);
  if (Array.isArray(value)) return value.some(containsUnknown);
  return isPropertyMap(value) && Object.values(value).some(containsUnknown);
}

/** Whether a secret stands anywhere inside. */
export function containsSecret(value: PropertyValue | undefined): boolean {
  if (isSecret(value)) return true;
  if (Array.isArray(value)) return value.some(containsSecret);
  return isPropertyMap(value) && Object.values(value).some(containsSecret);
}

/**
 * The same value with every place marked secret that is secret in `marks`: what a service answers carries no marks,
 * so an echoed input gets its own back.
 */
export function withSecretsOf(value: PropertyValue, marks: PropertyValue | undefined): PropertyValue {
  if (marks === undefined || isSecret(value)) return value;
  if (isSecret(marks)) return secret(value);
  if (Array.isArray(value) && Array.isArray(marks)) {
    return value.map((item, index) => withSecretsOf(item, marks[index]));
  }
  if (isPropertyMap(value) && isPropertyMap(marks)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSecretsOf(item, marks[key])]));
  }
  return value;
}
