import { Checker, secret, unknown, type PropertyMap } from "@edge-vision/iotedge/kit";
import { z } from "zod";
import { checkShape } from "./shape";

const schema = z.strictObject({
  name: z.string().min(3).max(5),
  size: z.enum(["small", "large"]).optional(),
  count: z.int().min(1).max(9).optional(),
  rules: z.array(z.strictObject({ to: z.string() })).optional(),
});

function faults(properties: PropertyMap): string[] {
  const checker = new Checker(properties);
  checkShape(checker, schema);
  return checker.failures.map(({ property, reason }) => `${property}: ${reason}`);
}

test.each<[string, PropertyMap, string[]]>([
  ["what fits", { name: "abc", size: "small", count: 2, rules: [{ to: "x" }] }, []],
  ["what is missing", {}, ["name: is missing."]],
  ["a wrong type", { name: 7 }, ["name: must be of type string (it is 7)."]],
  [
    "a value that is none of the list",
    { name: "abc", size: "huge" },
    ['size: must be one of "small", "large" (it is "huge").'],
  ],
  ["a number out of range", { name: "abc", count: 12 }, ["count: must be at most 9 (it is 12)."]],
  ["a fraction", { name: "abc", count: 1.5 }, ["count: must be of type int (it is 1.5)."]],
  ["a text too long", { name: "abcdef" }, ['name: must have at most this many characters: 5 (it is "abcdef").']],
  ["an unknown property", { name: "abc", nme: "x" }, ["nme: is not a property of this resource."]],
  [
    "several at once",
    { size: "huge", count: 0, rules: [{ to: "x" }, {}] },
    [
      "name: is missing.",
      'size: must be one of "small", "large" (it is "huge").',
      "count: must be at least 1 (it is 0).",
      "rules[1].to: is missing.",
    ],
  ],
  ["a secret without its value", { name: secret("abcdef") }, ["name: must have at most this many characters: 5."]],
  ["nothing of what is unknown yet", { name: unknown, size: unknown, rules: [unknown, { to: unknown }] }, []],
  [
    "other faults beside an unknown",
    { name: unknown, count: 0, extra: 1 },
    ["count: must be at least 1 (it is 0).", "extra: is not a property of this resource."],
  ],
])("reports %s", (_, properties, expected) => {
  expect(faults(properties)).toEqual(expected);
});
