import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as ts from "typescript";
import { IotEdgeProvider } from "../resources/iotedge-provider";
import { packageSchema, type PackageSchema } from "./package-schema";
import type { ObjectSpec, PropertySpec, TypeSpec } from "./schema";

const schema = packageSchema("1.0.0");
const folder = path.join(__dirname, "..", "sdk");
const declarations = new Map(
  readdirSync(folder).flatMap((file) => {
    const text = readFileSync(path.join(folder, file), "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    return source.statements
      .filter((statement) => ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement))
      .map((statement): [string, ts.ClassDeclaration | ts.InterfaceDeclaration] => [
        statement.name?.text ?? "",
        statement,
      ]);
  }),
);

/** Name → type and `?` of each property that a class or interface declares. */
function members(name: string): Record<string, string> {
  const declaration = declarations.get(name);
  if (declaration === undefined) throw new Error(`provider/sdk does not declare ${name}.`);
  const found = [...declaration.members].filter(
    (member): member is ts.PropertySignature | ts.PropertyDeclaration =>
      ts.isPropertySignature(member) ||
      (ts.isPropertyDeclaration(member) && !member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword)),
  );
  return Object.fromEntries(
    found.map(({ name: key, type, questionToken }) => [
      `${key.getText()}${questionToken === undefined ? "" : "?"}`,
      (type?.getText() ?? "").replaceAll(/\s+/g, " "),
    ]),
  );
}

/** What kind of value a TypeScript type is, in the words of the schema. */
function kindOf(type: string): string {
  const inner = type.replaceAll(/pulumi\.(Input|Output)</g, "").replaceAll(/[>;]|\| undefined/g, "");
  if (/^Record<string, string/.test(inner)) return "map of string";
  if (/^(Record<|ModulesContent)/.test(inner)) return "map";
  if (inner.trim().endsWith("[]")) return "list";
  if (inner.startsWith('"')) return "enum";
  if (/^(\{|[A-Z])/.test(inner)) return "object";
  return inner.trim();
}

function schemaKindOf(spec: TypeSpec, { types }: PackageSchema): string {
  if (spec.$ref !== undefined) {
    const target = types[spec.$ref.replace("#/types/", "")];
    if (target === undefined) throw new Error(`${spec.$ref} is not in the schema.`);
    return target.type === "string" ? "enum" : "object";
  }
  if (spec.type === "array") return "list";
  if (spec.type === "object") return spec.additionalProperties?.type === "string" ? "map of string" : "map";
  return spec.type === "integer" ? "number" : (spec.type ?? "");
}

function expected(
  properties: Record<string, PropertySpec>,
  required: string[],
  mark: "?" | "",
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, spec]) => [
      required.includes(name) ? name : `${name}${mark}`,
      schemaKindOf(spec, schema),
    ]),
  );
}

function kinds(found: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(found).map(([name, type]) => [name, kindOf(type)]));
}

const resources = Object.entries(schema.resources).map(([token, resource]) => ({
  token,
  name: token.split(":")[2] ?? "",
  resource,
}));

test("the provider serves every resource of the schema and no other", () => {
  const provider = new IotEdgeProvider("1.0.0");
  expect(provider.schema()).toEqual(schema);
  expect(resources.filter(({ token }) => provider.resource(token) === undefined)).toEqual([]);
  expect(provider.unknownTokenHint.match(/iotedge:index:\w+/g)?.sort()).toEqual(
    resources.map(({ token }) => token).sort(),
  );
});

describe.each(resources)("$name", ({ token, name, resource }) => {
  test("takes the arguments that the schema names", () => {
    expect(kinds(members(`${name}Args`))).toEqual(expected(resource.inputProperties, resource.requiredInputs, "?"));
  });

  test("has the outputs that the schema names, those that may be missing typed so", () => {
    const found = members(name);
    expect(kinds(found)).toEqual(expected(resource.properties, resource.required, ""));
    for (const [key, type] of Object.entries(found)) {
      expect({ key, optional: type.includes("| undefined>") }).toEqual({
        key,
        optional: !resource.required.includes(key),
      });
    }
  });

  test("has its token", () => {
    const text = declarations.get(name)?.getText() ?? "";
    expect(text).toContain(`static readonly token = "${token}"`);
    const secrets = Object.keys(resource.properties).filter((key) => resource.properties[key]?.secret === true);
    const marked = /additionalSecretOutputs: \[([^\]]*)\]/.exec(text)?.[1] ?? "";
    expect([...marked.matchAll(/"(\w+)"/g)].map(([, key]) => key)).toEqual(secrets);
  });
});

test.each([
  ["DeviceAuthentication", "DeviceAuthenticationArgs"],
  ["EnrollmentAttestation", "EnrollmentAttestationArgs"],
  ["Endpoint", "EndpointArgs"],
])("type %s", (type, name) => {
  const { properties, required = [] } = schema.types[`iotedge:index:${type}`] as ObjectSpec;
  expect(kinds(members(name))).toEqual(expected(properties, required, "?"));
});

test("the provider's configuration", () => {
  expect(kinds(members("ProviderArgs"))).toEqual(expected(schema.provider.inputProperties, [], "?"));
});

test("every enum has the words that the classes have", () => {
  const source = [...declarations.values()].map((declaration) => declaration.getText()).join("\n");
  for (const type of Object.values(schema.types)) {
    if (type.type !== "string") continue;
    expect(source).toContain(type.enum.map(({ value }) => JSON.stringify(value)).join(" | "));
  }
});
