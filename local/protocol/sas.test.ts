import { createSas, covers, parseSas, verifySas, type SasError } from "./sas";
import { SharedAccessSignature } from "azure-iot-common";

const key = Buffer.from("a device's own key").toString("base64");
const otherKey = Buffer.from("another key").toString("base64");
const resource = "hub.azure-devices.net/devices/edge-device-1/modules/$edgeAgent";
const expiry = 2_000_000_000;
const now = 1_900_000_000_000;

function codeOf(action: () => void): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as SasError).code;
  }
  return undefined;
}

describe("shared access signatures", () => {
  test("a token comes back as it was made", () => {
    const token = parseSas(createSas({ resource, key, keyName: "iothubowner", expiry }));
    expect(token).toMatchObject({ resource, expiry, keyName: "iothubowner" });
    expect(() => {
      verifySas(token, { keys: [otherKey, key], resource, now });
    }).not.toThrow();
  });

  test("a token of the vendor's SDK is valid", () => {
    const text = SharedAccessSignature.create(encodeURIComponent(resource), "", key, expiry).toString();
    const token = parseSas(text);
    expect(token.keyName).toBeUndefined();
    expect(
      codeOf(() => {
        verifySas(token, { keys: [key], resource, now });
      }),
    ).toBeUndefined();
  });

  test("a signature with unescaped slashes is valid", () => {
    for (let index = 0; index < 20; index++) {
      const text = createSas({ resource: `${resource}${index}`, key, expiry });
      const token = parseSas(
        text.replaceAll("%2F", "/").replace(/sr=[^&]*/, `sr=${encodeURIComponent(`${resource}${index}`)}`),
      );
      expect(
        codeOf(() => {
          verifySas(token, { keys: [key], now });
        }),
      ).toBeUndefined();
    }
  });

  test.each([
    ["the wrong key", { keys: [otherKey], resource, now }, "WRONG_SIGNATURE"],
    ["no key at all", { keys: [], resource, now }, "WRONG_SIGNATURE"],
    ["the moment it expires", { keys: [key], resource, now: expiry * 1000 }, "EXPIRED"],
    [
      "another device",
      { keys: [key], resource: "hub.azure-devices.net/devices/edge-device-10", now },
      "WRONG_RESOURCE",
    ],
    [
      "a resource above",
      { keys: [key], resource: "hub.azure-devices.net/devices/edge-device-1", now },
      "WRONG_RESOURCE",
    ],
    ["the raw text of the key", { keys: [key], resource, now, keyEncoding: "utf8" as const }, "WRONG_SIGNATURE"],
  ])("%s is refused", (_, options, code) => {
    const token = parseSas(createSas({ resource, key, expiry }));
    expect(
      codeOf(() => {
        verifySas(token, options);
      }),
    ).toBe(code);
  });

  test.each([
    [""],
    ["Basic abc"],
    ["SharedAccessSignature "],
    ["SharedAccessSignature sr=a&sig=b"],
    ["SharedAccessSignature sr=a&sig=b&se=soon"],
    ["SharedAccessSignature sr=%E0%A4%A&sig=b&se=1"],
    [`SharedAccessSignature sr=${"a".repeat(5000)}&sig=b&se=1`],
  ])("%j is malformed", (text) => {
    expect(codeOf(() => parseSas(text))).toBe("MALFORMED");
  });

  test.each([
    ["Hub.azure-devices.net", "hub.azure-devices.net/devices/d", true],
    ["sb://ns.example/path/", "NS.example/path", true],
    ["hub.azure-devices.net/devices/d", "hub.azure-devices.net/devices/D", false],
    ["hub", "hub2", false],
  ])("%s covers %s: %s", (granted, wanted, expected) => {
    expect(covers(granted, wanted)).toBe(expected);
  });
});
