import { matches } from "./evaluate";
import { parseCondition, parseQuery } from "./parser";

const twin = {
  deviceId: "car-park-1",
  tags: { site: "it's", floor: 2, open: true, nothing: null, list: [1], "with space": 1 },
  properties: { reported: { lastDesiredStatus: { code: 200 } } },
};

describe("conditions", () => {
  test.each([
    ["deviceId = 'car-park-1'", true],
    ['deviceId = "car-park-1"', true],
    ["tags.site = 'it''s'", true],
    ["tags.site = 'it\\'s'", true],
    ["tags.floor > 1 AND tags.floor <= 2", true],
    ["tags.floor = '2'", false],
    ["tags.floor >= -1.5e1", true],
    ["NOT tags.floor = 3", true],
    ["not (tags.open = true)", false],
    ["tags.open", true],
    ["tags.missing = 1", false],
    ["NOT tags.missing = 1", false],
    ["tags.missing = 1 OR tags.open = true", true],
    ["tags.missing != 1", false],
    ["tags.site <> 'x'", true],
    ["tags.floor IN [1, 2, 3]", true],
    ["tags.missing IN [1]", false],
    ["is_defined(tags.site) AND NOT is_defined(tags.missing)", true],
    ["is_null(tags.nothing)", true],
    ["startswith(deviceId, 'car') AND endswith(deviceId, '1') AND contains(deviceId, 'park')", true],
    ["is_object(tags) AND is_array(tags.list) AND is_number(tags.floor)", true],
    ["properties.reported.lastDesiredStatus.code = 200", true],
    ["tags.'with space' = 1", true],
    ["tags.constructor = 1 OR is_defined(tags.__proto__)", false],
  ])("%s is %s", (condition, expected) => {
    expect(matches(parseCondition(condition), twin)).toBe(expected);
  });

  test.each([
    ["", "The query has the end at position 1 where a name is expected."],
    ["tags.site =", "The query has the end at position 12 where a name is expected."],
    ["tags.site == 'a'", 'The query has "=" at position 12 where a name is expected.'],
    ["tags.site = 'a' tags", 'The query has "tags" at position 17 where the end is expected.'],
    ["tags.site = 'a", 'The query has an unexpected character "\'" at position 13.'],
    ["sha1(tags.site) = 1", "The function sha1 at position 1 is unknown."],
    ["startswith(tags.site)", "startswith takes 2 parameters, not 1."],
    ["(".repeat(60), "A condition may be nested 50 levels deep."],
    ["NOT ".repeat(60), "A condition may be nested 50 levels deep."],
    ["a".repeat(9000), "A query may have 8192 characters."],
  ])("%j is refused", (condition, message) => {
    expect(() => parseCondition(condition)).toThrow(message);
  });
});

describe("queries", () => {
  test("a projection with aliases, a count, a limit", () => {
    expect(parseQuery("select top 3 deviceId, tags.site as site, COUNT() as n from devices.modules")).toEqual({
      top: 3,
      select: [
        { name: "deviceId", path: ["deviceId"] },
        { name: "site", path: ["tags", "site"] },
        { name: "n", aggregate: "COUNT" },
      ],
      from: "devices.modules",
    });
  });

  test.each([
    [
      "SELECT * FROM devices.jobs",
      "The local hub answers queries FROM devices and devices.modules, not from devices.jobs.",
    ],
    ["SELECT tags.site FROM devices GROUP BY tags.site", "The local hub does not support GROUP BY."],
    ["SELECT AVG() FROM devices", "AVG() needs a property."],
    ["DELETE FROM devices", 'The query has "DELETE" at position 1 where SELECT is expected.'],
  ])("%s is refused", (query, message) => {
    expect(() => parseQuery(query)).toThrow(message);
  });
});
