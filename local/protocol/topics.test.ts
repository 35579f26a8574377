import {
  decodeProperties,
  desiredPropertiesTopic,
  encodeProperties,
  eventsTopic,
  inputTopic,
  methodRequestTopic,
  parsePublishedTopic,
  parseUserName,
  twinResponseTopic,
} from "./topics";

describe("topics that are published", () => {
  test("a module's message to an output", () => {
    expect(
      parsePublishedTopic(
        "devices/d/modules/m/messages/events/%24.on=output1&%24.mid=1%262&%24.ct=application%2Fjson&type=spot/",
      ),
    ).toEqual({
      kind: "events",
      identity: { deviceId: "d", moduleId: "m" },
      properties: { system: { on: "output1", mid: "1&2", ct: "application/json" }, application: { type: "spot" } },
    });
  });

  test("a device's message with and without properties", () => {
    const properties = { system: {}, application: {} };
    expect(parsePublishedTopic("devices/d/messages/events/")).toEqual({
      kind: "events",
      identity: { deviceId: "d" },
      properties,
    });
    expect(parsePublishedTopic("devices/d/messages/events")).toEqual({
      kind: "events",
      identity: { deviceId: "d" },
      properties,
    });
    expect(parsePublishedTopic("devices/d/messages/events/$.mid=a")).toEqual({
      kind: "events",
      identity: { deviceId: "d" },
      properties: { system: { mid: "a" }, application: {} },
    });
  });

  test.each([
    ["$iothub/twin/GET/?$rid=1", { kind: "twin-get", requestId: "1" }],
    ["$iothub/twin/PATCH/properties/reported/?$rid=a-b", { kind: "twin-patch", requestId: "a-b" }],
    ["$iothub/methods/res/200/?$rid=7", { kind: "method-response", requestId: "7", status: 200 }],
    ["$iothub/methods/res/-5/?$rid=7", { kind: "method-response", requestId: "7", status: -5 }],
  ])("%s", (topic, expected) => {
    expect(parsePublishedTopic(topic)).toEqual(expected);
  });

  test.each([
    "",
    "devices/d",
    "devices//messages/events/",
    "$iothub/twin/res/200/?$rid=1",
    "$SYS/x",
    "$iothub/methods/res/x/?$rid=1",
  ])("%j is none of the protocol's", (topic) => {
    expect(parsePublishedTopic(topic)).toBeUndefined();
  });

  test("a request without an id and a property that is not encoded are refused", () => {
    expect(() => parsePublishedTopic("$iothub/twin/GET/?x=1")).toThrow("has no request id");
    expect(() => parsePublishedTopic("devices/d/messages/events/a=%zz")).toThrow(
      'The message property "%zz" is not URL-encoded.',
    );
  });
});

describe("message properties", () => {
  test("any text survives the way there and back", () => {
    const properties = { system: { mid: "a/b&c=d", ct: "ä 中" }, application: { "k=1": "?x", empty: "" } };
    expect(decodeProperties(encodeProperties(properties))).toEqual(properties);
  });

  test("a property named __proto__ stays a property", () => {
    const { application } = decodeProperties("__proto__=x");
    expect(Object.keys(application)).toEqual(["__proto__"]);
  });
});

test("topics that the hub publishes", () => {
  expect(eventsTopic({ deviceId: "d" })).toBe("devices/d/messages/events/");
  expect(eventsTopic({ deviceId: "d", moduleId: "m" })).toBe("devices/d/modules/m/messages/events/");
  expect(inputTopic("d", "m", "in1", { system: {}, application: {} })).toBe("devices/d/modules/m/inputs/in1/");
  expect(twinResponseTopic(200, "5")).toBe("$iothub/twin/res/200/?$rid=5");
  expect(twinResponseTopic(204, "5", 3)).toBe("$iothub/twin/res/204/?$rid=5&$version=3");
  expect(desiredPropertiesTopic(8)).toBe("$iothub/twin/PATCH/properties/desired/?$version=8");
  expect(methodRequestTopic("snapshot", "9")).toBe("$iothub/methods/POST/snapshot/?$rid=9");
});

test.each([
  [
    "h.azure-devices.net/d/?api-version=2021-04-12&DeviceClientType=x",
    { hostName: "h.azure-devices.net", identity: { deviceId: "d" }, apiVersion: "2021-04-12" },
  ],
  [
    "h/d/$edgeAgent/?api-version=2019-10-01",
    { hostName: "h", identity: { deviceId: "d", moduleId: "$edgeAgent" }, apiVersion: "2019-10-01" },
  ],
  ["h/d", { hostName: "h", identity: { deviceId: "d" } }],
  ["h", undefined],
  ["", undefined],
  ["h/d/m/x/?api-version=1", undefined],
])("the user name %j", (text, expected) => {
  expect(parseUserName(text)).toEqual(expected);
});
