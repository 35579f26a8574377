import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { CONFIG_DEFAULTS, CONFIG_KEYS, readConfig } from "./config";
import { ConfigError } from "./config/faults";
import { projectRoot } from "./project-root";
import { stackConfig } from "./testing/mocks";

const camera = { source: "replay:clip.mjpeg" };
const devices = (...list: object[]) => ({ "edge-vision:devices": JSON.stringify(list) });
const device = (over: object = {}) => devices({ id: "d1", camera, ...over });

function faultsOf(raw: Record<string, string>): string[] {
  try {
    readConfig(raw);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path: at, message }) => `${at}: ${message}`);
  }
}

test("defaults are filled in", () => {
  const config = readConfig({ ...device(), "edge-vision:fleet": "{}", "edge-vision:hubEndpoint": "" });
  expect(config).toMatchObject({
    location: "westeurope",
    hubSku: "F1",
    hubUnits: 1,
    protect: false,
    timeToLiveSecs: 7200,
    images: {},
    devices: [{ id: "d1", architecture: "arm64v8", tags: {}, authentication: { type: "sas" }, camera }],
  });
  expect(config.fleet).toBeUndefined();
  expect(config.hubEndpoint).toBeUndefined();
});

test("keys of other namespaces are left alone", () => {
  expect(faultsOf({ ...device(), "azure-native:location": "x", "pulumi:tags": "y" })).toEqual([]);
});

test.each<[string, Record<string, string>, string[]]>([
  [
    "an unknown key",
    { ...device(), "edge-vision:hubSkuu": "F1" },
    ["edge-vision:hubSkuu: is not known; did you mean hubSku?"],
  ],
  [
    "an unknown key that is like none",
    { ...device(), "edge-vision:zzzzzzzzzz": "1" },
    [`edge-vision:zzzzzzzzzz: is not known; known are ${CONFIG_KEYS.join(", ")}`],
  ],
  [
    "a wrong choice",
    { ...device(), "edge-vision:hubSku": "B1" },
    ['edge-vision:hubSku: must be one of F1, S1, S2, S3, found "B1"'],
  ],
  [
    "a number that is none",
    { ...device(), "edge-vision:hubUnits": "many" },
    ['edge-vision:hubUnits: must be a number, found "many"'],
  ],
  [
    "a number out of range",
    { ...device(), "edge-vision:hubUnits": "0" },
    ['edge-vision:hubUnits: must be at least 1, found "0"'],
  ],
  [
    "a flag that is none",
    { ...device(), "edge-vision:protect": "yes" },
    ['edge-vision:protect: must be one of true, false, found "yes"'],
  ],
  [
    "a region that is none",
    { ...device(), "edge-vision:location": "West Europe" },
    ['edge-vision:location: must be a region such as westeurope, found "West Europe"'],
  ],
  ["no device", {}, ["edge-vision:devices: is missing; name at least one device, or a fleet"]],
  [
    "devices that are no list",
    { "edge-vision:devices": "d1" },
    ["edge-vision:devices: must be an object or a list; set it with pulumi config set --path 'edge-vision:devices.…'"],
  ],
  [
    "a device id with a space",
    device({ id: "my device" }),
    ['edge-vision:devices[0].id: must be 1 to 128 letters, digits and -._:@%#*?!(),=$\', found "my device"'],
  ],
  [
    "two devices of one id",
    devices({ id: "a", camera }, { id: "a", camera }),
    ['edge-vision:devices[1].id: must be unique, found "a"'],
  ],
  ["a device without a camera", devices({ id: "a" }), ["edge-vision:devices[0].camera: is missing; must be an object"]],
  [
    "a camera without a source",
    devices({ id: "a", camera: { fps: 2 } }),
    ["edge-vision:devices[0].camera.source: is missing; must be a string"],
  ],
  [
    "a mistyped name in a device",
    device({ architekture: "amd64" }),
    ["edge-vision:devices[0].architekture: is not known; did you mean architecture?"],
  ],
  [
    "a mistyped camera setting",
    device({ camera: { ...camera, treshold: 0.5 } }),
    ["edge-vision:devices[0].camera.treshold: is not known; did you mean threshold?"],
  ],
  [
    "an unknown architecture",
    device({ architecture: "arm64" }),
    ['edge-vision:devices[0].architecture: must be one of amd64, arm64v8, arm32v7, found "arm64"'],
  ],
  [
    "a rate that is too high",
    device({ camera: { ...camera, fps: 500 } }),
    ["edge-vision:devices[0].camera.fps: must be at most 60, found 500"],
  ],
  [
    "a rate that is a text",
    device({ camera: { ...camera, fps: "5" } }),
    ['edge-vision:devices[0].camera.fps: must be a number, found "5"'],
  ],
  [
    "a tag with a dot",
    device({ tags: { "a.b": "c" } }),
    ['edge-vision:devices[0].tags.a.b: must have no dot, $, # or space, found "c"'],
  ],
  [
    "an unknown authentication",
    device({ authentication: { type: "tpm" } }),
    ['edge-vision:devices[0].authentication.type: must be one of sas, x509, x509-ca, found "tpm"'],
  ],
  [
    "a thumbprint that is none",
    device({ authentication: { type: "x509", primaryThumbprint: "12" } }),
    [
      'edge-vision:devices[0].authentication.primaryThumbprint: must be a SHA-1 or SHA-256 thumbprint (40 or 64 hexadecimal digits), found "12"',
    ],
  ],
  [
    "a model without a digest",
    device({ model: { url: "https://example.com/m.onnx" } }),
    ["edge-vision:devices[0].model.sha256: is missing; needs sha256, because url is given"],
  ],
  [
    "a spot outside the picture",
    device({
      spots: [
        {
          name: "a",
          polygon: [
            [0, 0],
            [2, 0],
            [1, 1],
          ],
        },
      ],
    }),
    ["edge-vision:devices[0].spots[0].polygon[1][0]: must be at most 1, found 2"],
  ],
  [
    "an image without a digest",
    { ...device(), "edge-vision:images": '{"camera-module":{"amd64":"r/c:1"}}' },
    ['edge-vision:images.camera-module.amd64: must be pinned: registry/repository@sha256:<64 digits>, found "r/c:1"'],
  ],
  [
    "an image of an unknown module",
    { ...device(), "edge-vision:images": '{"camera":{}}' },
    ["edge-vision:images.camera: is not known; known are camera-module, object-detection"],
  ],
  [
    "an endpoint without a port",
    { ...device(), "edge-vision:hubEndpoint": '{"host":"localhost"}' },
    ["edge-vision:hubEndpoint.port: is missing; must be a number"],
  ],
])("%s", (_, raw, expected) => {
  expect(faultsOf(raw)).toEqual(expected);
});

test("three faults come together, in one message", () => {
  const raw = {
    ...devices({ id: "a b", camera: { source: "nonsense" } }),
    "edge-vision:hubsku": "S1",
  };
  const error = (() => {
    try {
      return readConfig(raw);
    } catch (thrown) {
      return thrown as ConfigError;
    }
  })() as ConfigError;
  expect(error.code).toBe("ConfigInvalid");
  expect(error.faults).toHaveLength(3);
  expect(error.message.split("\n")[0]).toBe("3 faults in the stack's configuration:");
  expect(error.message).toContain("edge-vision:hubsku: is not known; did you mean hubSku?");
  expect(error.message).toContain('edge-vision:devices[0].camera.source: camera source "nonsense" is of no known kind');
});

test("Pulumi.yaml documents every key with its type and the program's default", () => {
  const { config } = parse(readFileSync(path.join(projectRoot(), "Pulumi.yaml"), "utf8")) as {
    config: Record<string, { type: string; description: string; default: unknown }>;
  };
  expect(Object.keys(config).sort()).toEqual(CONFIG_KEYS.map((key) => `edge-vision:${key}`).sort());
  for (const [key, { type, description, default: value }] of Object.entries(config)) {
    expect(description).toBeTruthy();
    const expected = CONFIG_DEFAULTS[key.slice("edge-vision:".length)];
    const unset = ["{}", "[]"].includes(JSON.stringify(value));
    expect([key, unset ? "" : String(value)]).toEqual([key, expected === "{}" && unset ? "" : expected]);
    expect(["string", "integer", "boolean", "array", "object"]).toContain(type);
  }
});

test.each(["local", "dev", "prod"])("Pulumi.%s.yaml is valid", (stack) => {
  expect(faultsOf(stackConfig(stack))).toEqual([]);
});
