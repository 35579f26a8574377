import { diffProperties } from "./diff";
import { secret, unknown } from "./property-value";

const update = (path: string, replace = false) => ({ path, kind: "update", replace });

test.each([
  ["the same in another order", { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }, []],
  ["a value", { a: 1 }, { a: 2 }, [update("a")]],
  ["deep inside", { a: { "x.y": [{ b: 1 }] } }, { a: { "x.y": [{ b: 2 }] } }, [update('a["x.y"][0].b')]],
  ["a new property", {}, { a: 1 }, [{ path: "a", kind: "add", replace: false }]],
  ["a property that is gone", { a: 1 }, {}, [{ path: "a", kind: "delete", replace: false }]],
  ["null is no property", { a: null }, {}, []],
  ["a longer list", { a: [1] }, { a: [1, 2] }, [{ path: "a[1]", kind: "add", replace: false }]],
  ["another type", { a: { b: 1 } }, { a: "b" }, [update("a")]],
  ["what is not known yet", { a: 1 }, { a: unknown }, [update("a")]],
  ["a mark alone", { a: 1 }, { a: secret(1) }, []],
  ["a secret", { a: secret(1) }, { a: secret(2) }, [update("a")]],
])("%s", (_name, olds, news, expected) => {
  expect(diffProperties(olds, news)).toEqual(expected);
});

test("what replaces is named, inside lists and for a whole map too", () => {
  const replaceOnChanges = ["rules[*].name", "sku.tier"];
  const of = (olds: object, news: object) => diffProperties(olds as never, news as never, { replaceOnChanges });
  expect(of({ rules: [{ name: "a", port: 1 }] }, { rules: [{ name: "b", port: 2 }] })).toEqual([
    update("rules[0].name", true),
    update("rules[0].port"),
  ]);
  expect(of({}, { sku: { tier: 1 } })).toEqual([{ path: "sku", kind: "add", replace: true }]);
});

test("what means the same to the service is no change", () => {
  const same = (_path: unknown, old: unknown, next: unknown) =>
    String(old).toLowerCase() === String(next).toLowerCase();
  expect(diffProperties({ a: "West" }, { a: "west" }, { same })).toEqual([]);
});
