/** The parts of Pulumi's package schema that this provider uses (pulumi/pulumi, pkg/codegen/schema/pulumi.json). */
export interface TypeSpec {
  type?: "string" | "boolean" | "integer" | "number" | "object" | "array";
  $ref?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  /** Never sent over the wire in another form than the program gave it. */
  plain?: boolean;
}

export interface PropertySpec extends TypeSpec {
  description: string;
  default?: string | boolean | number;
  secret?: boolean;
  willReplaceOnChanges?: boolean;
}

export interface ObjectSpec {
  description: string;
  type: "object";
  properties: Record<string, PropertySpec>;
  required?: string[];
}

export interface EnumSpec {
  description: string;
  type: "string";
  enum: { name?: string; value: string; description: string }[];
}

export interface ResourceSpec {
  description: string;
  inputProperties: Record<string, PropertySpec>;
  requiredInputs: string[];
  properties: Record<string, PropertySpec>;
  required: string[];
}

/** Schema of one resource, with the types that it uses, by their names in the package. */
export interface ResourceSchema {
  name: string;
  resource: ResourceSpec;
  types: Record<string, ObjectSpec | EnumSpec>;
}

/** Reference to a type of this package. */
export function typeOf(name: string): TypeSpec {
  return { $ref: `#/types/iotedge:index:${name}` };
}

/** Any JSON: tags, desired properties, modules. */
export const anyMap: TypeSpec = { type: "object", additionalProperties: { $ref: "pulumi.json#/Any" } };

/** Texts by name. */
export const textMap: TypeSpec = { type: "object", additionalProperties: { type: "string" } };
