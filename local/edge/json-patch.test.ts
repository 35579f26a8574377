import { applyPatch, diffPatch, joinPatches } from "./json-patch";

test.each([
  ["nothing changes", { a: 1 }, { a: 1 }, {}],
  ["a value changes", { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
  ["a value comes and one goes", { a: 1 }, { b: { c: 1 } }, { a: null, b: { c: 1 } }],
  ["inside an object", { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
  ["an object becomes a value and back", { a: { b: 1 }, c: 1 }, { a: 1, c: { d: 1 } }, { a: 1, c: { d: 1 } }],
  ["arrays are replaced as a whole", { a: [1, 2] }, { a: [1, 3] }, { a: [1, 3] }],
])("%s", (_name, from, to, patch) => {
  expect(diffPatch(from, to)).toEqual(patch);
  expect(applyPatch(from, patch)).toEqual(to);
});

test("two patches joined do what both do one after the other", () => {
  const start = { a: 1, b: { c: 1, d: 1 }, e: 1 };
  const first = { a: null, b: { c: null, x: 1 } };
  const second = { a: 2, b: { x: null, y: 1 }, e: null };
  const joined = joinPatches(first, second);
  expect(joined).toEqual({ a: 2, b: { c: null, x: null, y: 1 }, e: null });
  expect(applyPatch(start, joined)).toEqual(applyPatch(applyPatch(start, first), second));
});
