import { readFileSync } from "node:fs";
import path from "node:path";
import { modelCardSchema, parseCard } from "./card";

it("has every property in the README", () => {
  const text = readFileSync(path.join(__dirname, "..", "README.md"), "utf8");
  const { input, ...properties } = modelCardSchema.shape;
  const names = [...Object.keys(properties), ...Object.keys(input.unwrap().shape).map((name) => `input.${name}`)];
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

it("tells all faults of a card with their places", () => {
  expect(() => parseCard({ sha256: "abc", input: { scale: [1, 0, 1] }, size: 3 }, "model.json")).toThrow(
    "model.json: sha256: must be a SHA-256 in hexadecimal (64 digits); input.scale.1: must not be 0; " +
      '(root): Unrecognized key: "size"',
  );
});
