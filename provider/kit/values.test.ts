import { formatPath, isWithin, parsePath, valueAt } from "./property-path";
import { type PropertyMap, secret, unknown, withoutSecrets, withSecretsOf } from "./property-value";
import { fromStruct, toStruct } from "./wire";

describe("wire", () => {
  test("marks of secrets and unknowns survive the way there and back, at any depth", () => {
    const properties: PropertyMap = {
      plain: "text",
      list: [1, true, null, secret({ inner: "s" }), unknown],
      map: { deep: { unknown, secret: secret(unknown) } },
    };
    expect(fromStruct(toStruct(properties))).toEqual(properties);
  });

  test("unknowns of every kind are read as unknown", () => {
    for (const text of ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"]) {
      expect(fromStruct(toStruct({ a: text }))).toEqual({ a: unknown });
    }
  });

  test("output values are read as what they hold", () => {
    const output = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    const struct = toStruct({
      known: { ...output, value: "v", dependencies: ["urn"] },
      secret: { ...output, value: "v", secret: true },
      unknown: { ...output },
    });
    expect(fromStruct(struct)).toEqual({ known: "v", secret: secret("v"), unknown });
  });

  test("what is undefined is left out", () => {
    expect(fromStruct(toStruct({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  });

  test("a secret is not printed", () => {
    expect(JSON.stringify({ key: secret("hidden") })).not.toContain("hidden");
  });
});

describe("secrets of inputs in outputs", () => {
  test.each([
    ["top level", { a: 1, b: 2 }, { a: secret(1) }, { a: secret(1), b: 2 }],
    ["inside lists and maps", { a: [{ b: 1 }] }, { a: [{ b: secret(1) }] }, { a: [{ b: secret(1) }] }],
    ["a secret map hides what came of it", { a: { b: 1 } }, { a: secret({ b: 0 }) }, { a: secret({ b: 1 }) }],
    ["once", { a: secret(1) }, { a: secret(1) }, { a: secret(1) }],
  ])("%s", (_name, value, marks, expected) => {
    expect(withSecretsOf(value, marks)).toEqual(expected);
    expect(withoutSecrets(expected)).toEqual(withoutSecrets(value));
  });
});

describe("paths", () => {
  test.each([
    ["a", ["a"]],
    ["a.b", ["a", "b"]],
    ["a[0].b", ["a", 0, "b"]],
    ['a["properties.desired"].b', ["a", "properties.desired", "b"]],
    ['["a \\"b\\""]', ['a "b"']],
    ["modulesContent.$edgeAgent", ["modulesContent", "$edgeAgent"]],
    ['a["0b"]', ["a", "0b"]],
  ])("%s", (text, path) => {
    expect(parsePath(text)).toEqual(path);
    expect(parsePath(formatPath(path))).toEqual(path);
  });

  test("an unreadable path is refused with its position", () => {
    expect(() => parsePath("a[b")).toThrow('"a[b" is not a property path: unreadable at position 1.');
  });

  test("a pattern matches what lies inside", () => {
    expect(isWithin(["rules", 3, "name"], parsePath("rules[*].name"))).toBe(true);
    expect(isWithin(["rules", 3, "port"], parsePath("rules[*].name"))).toBe(false);
    expect(isWithin(["rules", 3, "name", "x"], parsePath("rules"))).toBe(true);
  });

  test("a value is found behind a secret", () => {
    expect(valueAt({ a: secret({ b: [1, secret(2)] }) }, ["a", "b", 1])).toEqual(secret(2));
    expect(valueAt({ a: 1 }, ["a", "b"])).toBeUndefined();
  });
});
