import { compileRoute } from "./compile-route";
import { RouteError } from "./error";
import type { RoutedMessage } from "./message";
import { parseRoute } from "./parse-route";

const message = (over: Partial<RoutedMessage> & { json?: unknown } = {}): RoutedMessage => ({
  source: "/messages/modules/camera-module/outputs/output1",
  applicationProperties: { type: "spot", count: "42", Mixed: "yes" },
  systemProperties: { contentType: "application/json", contentEncoding: "utf-8", connectionModuleId: "camera-module" },
  body: Buffer.from(
    JSON.stringify(over.json ?? { t: 5, name: "bay", on: true, nothing: null, list: [{ n: 1 }], deep: { a: "x" } }),
  ),
  ...over,
});

const matches = (condition: string, over?: Parameters<typeof message>[0]) =>
  compileRoute(`FROM /messages/* WHERE ${condition} INTO $upstream`).matches(message(over));

const refusal = (text: string): string => {
  try {
    compileRoute(text);
  } catch (error) {
    if (error instanceof RouteError) return `${error.kind} ${error.position}`;
    throw error;
  }
  return "accepted";
};

describe("grammar", () => {
  test.each([
    ["FROM /messages/* INTO $upstream", { kind: "upstream" }],
    ["from /messages/modules/a/outputs/* into $UPSTREAM", { kind: "upstream" }],
    ["SELECT * FROM /messages INTO $upstream", { kind: "upstream" }],
    [
      'FROM /messages/modules/a/outputs/b INTO BrokeredEndpoint("/modules/c/inputs/d")',
      { kind: "module", moduleId: "c", input: "d" },
    ],
    ["FROM /messages/* INTO brokeredendpoint('/modules/c/inputs/d/')", { kind: "module", moduleId: "c", input: "d" }],
    ['FROM /messages/* INTO BrokeredEndpoint("/x//y/d")', { kind: "module", moduleId: "", input: "d" }],
    ["FROM / messages / modules /* x */ / a INTO $upstream", { kind: "upstream" }],
    ["FROM /messages/modules/a-b.c'd INTO $upstream", { kind: "upstream" }],
  ])("%s", (text, sink) => {
    expect(compileRoute(text).sink).toEqual(sink);
  });

  test.each([
    ["", "syntax 0"],
    ["FROM", "syntax 4"],
    ["FROM messages INTO $upstream", "syntax 5"],
    ["FROM /messages/ INTO $upstream", "syntax 16"],
    ["FROM /messages/modules/$edgeHub/outputs/x INTO $upstream", "syntax 23"],
    ["FROM /messages/modules/123/outputs/x INTO $upstream", "syntax 23"],
    ["FROM /messages/modules/e5 INTO $upstream", "syntax 23"],
    ["FROM /messages/modules/true INTO $upstream", "syntax 23"],
    ["FROM /messages/modules/and INTO $upstream", "syntax 23"],
    ["FROM /* INTO $upstream /* note */", "syntax 33"],
    ["FROM /messages/* INTO $upstream /* note */", "syntax 42"],
    ["FROM /messages/* INTO $cloud", "syntax 22"],
    ["FROM /messages/* INTO Endpoint('/modules/a/inputs/b')", "syntax 22"],
    ["FROM /messages/* INTO BrokeredEndpoint('/modules/a')", "syntax 39"],
    ["FROM /messages/* INTO BrokeredEndpoint('/modules/a/inputs/b'", "syntax 60"],
    ["FROM /messages/* WHERE a == 'x' INTO $upstream", "syntax 26"],
    ["FROM /messages/* WHERE a && b INTO $upstream", "syntax 25"],
    ["FROM /messages/* WHERE a = 'b'INTO $upstream", "syntax 35"],
    ["FROM /messages/* WHERE a = 'open INTO $upstream", "syntax 27"],
    ["FROM /messages/* WHERE (a = 'x' INTO $upstream", "syntax 32"],
  ])("refuses %s", (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  test("what stands after the sink is ignored and shown", () => {
    const { route } = parseRoute("FROM /messages/* INTO $upstream WHERE a = 'x'");
    expect(route?.ignored).toEqual({ text: "WHERE a = 'x'", position: 32 });
  });

  test("length and nesting are bounded", () => {
    expect(refusal(`FROM /messages/* WHERE ${"(".repeat(40)}true${")".repeat(40)} INTO $upstream`)).toMatch(/^syntax/);
    expect(refusal(`FROM /messages/* WHERE ${"not ".repeat(40)}true INTO $upstream`)).toMatch(/^syntax/);
    expect(refusal(`FROM /${"a".repeat(5000)} INTO $upstream`)).toBe("syntax 0");
  });
});

describe("source", () => {
  test.each([
    ["/*", true],
    ["/messages", true],
    ["/messages/*", true],
    ["/MESSAGES/Modules/Camera-Module/*", true],
    ["/messages/modules/camera-module/outputs/output1", true],
    ["/messages/modules/camera-module/outputs/output1/*", true],
    ["/messages/modules/camera", false],
    ["/messages/modules/*/outputs/output1", false],
    ["/twinChangeNotifications", false],
  ])("%s", (source, expected) => {
    expect(compileRoute(`FROM ${source} INTO $upstream`).matches(message())).toBe(expected);
  });
});

describe("conditions", () => {
  test.each([
    ["type = 'spot'", true],
    ["TYPE = 'spot'", true],
    ["type <> 'spot'", false],
    ["type != 'other'", true],
    ["absent = 'x'", false],
    ["absent != 'x'", false],
    ["NOT (absent = 'x')", false],
    ["(absent ?? 'x') = 'x'", true],
    ["as_number(count) > 41", true],
    ["as_number(count) * 2 = 84 AND type = 'spot'", true],
    ["as_number(type) > 1", false],
    ["$connectionModuleId = 'camera-module'", true],
    ["{$connectionModuleId} = 'camera-module'", true],
    ["$body.t > 4", true],
    ["$body.t + 1 = 6", true],
    ["$body.name = 'bay'", true],
    ["$BODY.deep.a = 'x'", true],
    ["$body.list[0].n = 1", true],
    ["$body.on AND true", true],
    ["$body.on", true],
    ["$body.t", false],
    ["$body.missing > 5", true],
    ["$body.missing < 5", false],
    ["is_null($body.missing)", false],
    ["is_null($body.nothing)", true],
    ["is_defined($body.missing)", true],
    ["($body.missing ?? 3) = 3", false],
    ["$body.on OR $body.missing", false],
    ["$body.deep = 'x'", false],
    ["$body.name > 5", true],
    ["a!='x'", false],
    ["false OR type = 'spot'", true],
    ["absent = 'x' OR true", true],
    ["absent = 'x' AND false", false],
    ["STARTS_WITH(type, 'sp')", true],
    ["substring(type, 1, 2) = 'po'", true],
    ["substring(type, 9) = 'po'", false],
    ["concat(type, '-', count) = 'spot-42'", true],
    ["type || 'x' = 'spotx'", true],
    ["length(type) = 4", true],
    ["upper(type) = 'SPOT' AND lower('A') = 'a'", true],
    ["index_of(type, 'o') = 2 AND contains(type, 'po') AND ends_with(type, 't')", true],
    ["abs(- as_number(count)) = 42", true],
    ["power(2, 3) = 8 AND square(3) = 9 AND sqrt(9) = 3 AND sign(-2) = -1", true],
    ["sqrt(-1) = sqrt(-1)", false],
    ["floor(1.5) = 1 AND ceiling(1.5) = 2 AND exp(0) = 1", true],
    ["0x10 = 16 AND 1e1 = 10", true],
    ["'it\\'s' = \"it's\" AND '\\u0041' = 'A'", true],
    ["is_string(type) AND is_string('x') AND is_number(1) AND is_bool(true)", true],
    ["is_number($body.t) AND is_string($body.name)", true],
    ["true", true],
    ["undefined = 'x'", false],
  ])("%s is %s", (condition, expected) => {
    expect(matches(condition)).toBe(expected);
  });

  test.each([
    ["NOT type = 'x'", "NOT takes a condition, not string", 23],
    ["absent ?? 'x' = 'x'", "??", 30],
    ["count > 40", "as_number", 29],
    ["type = null", "null", 28],
    ["type = true", "boolean", 28],
    ["true AND $body.x", "AND", 28],
    ["$body.x % 2", "%", 31],
    ["- $body.x", "-", 23],
    ["- type", "-", 23],
    ["type", "a condition must be", 23],
    ["as_number(type)", "a condition must be", 23],
    ["length(type, type) = 1", "length does not take (string, string)", 23],
    ["twin_change_includes(a)", "unknown function twin_change_includes", 23],
    ["$body.a[x] = 1", "is no path", 23],
  ])("%s does not compile", (condition, reason, position) => {
    const text = `FROM /messages/* WHERE ${condition} INTO $upstream`;
    let error: unknown;
    try {
      compileRoute(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ kind: "type", code: "RouteType", position });
    expect((error as RouteError).message).toContain(reason);
  });

  test("an application property wins over the body, unless the name is in braces", () => {
    const applicationProperties = { "$body.t": "9" };
    expect(matches("$body.t = '9'", { applicationProperties })).toBe(true);
    expect(matches("{$body.t} = 5", { applicationProperties })).toBe(true);
  });

  test.each([
    ["no content type", { systemProperties: { contentEncoding: "utf-8" } }],
    ["no encoding", { systemProperties: { contentType: "application/json" } }],
    ["another type", { systemProperties: { contentType: "text/plain", contentEncoding: "utf-8" } }],
    ["broken JSON", { body: Buffer.from("{") }],
    ["a list", { body: Buffer.from("[1]") }],
  ])("the body is undefined with %s", (_, over) => {
    expect(matches("$body.t > 4", over)).toBe(false);
    expect(matches("is_defined($body.t)", over)).toBe(false);
  });

  test.each(["utf-16", "UTF-32"])("the body may be in %s", (contentEncoding) => {
    const text = '{"t":5,"name":"π"}';
    const utf32 = Buffer.concat(
      Array.from(text).map((character) => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
        return bytes;
      }),
    );
    const body = contentEncoding === "utf-16" ? Buffer.from(text, "utf16le") : utf32;
    const systemProperties = { contentType: "application/json", contentEncoding };
    expect(matches("$body.name = 'π' AND $body.t = 5", { body, systemProperties })).toBe(true);
  });
});
