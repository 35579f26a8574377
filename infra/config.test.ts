import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { CONFIG_DEFAULTS, CONFIG_KEYS, readConfig } from "./config";
import { ConfigError } from "./config/faults";
import { projectRoot } from "./project-root";
import { faultsOf } from "./testing/faults-of";
import { stackConfig } from "./testing/mocks";

const camera = { source: "replay:clip.mjpeg" };
const devices = (...list: object[]) => ({ "edge-vision:devices": JSON.stringify(list) });
const device = (over: object = {}) => devices({ id: "d1", camera, ...over });

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
    "settings that are no list",
    { "edge-vision:devices": '{"id":"d1"}' },
    ['edge-vision:devices: must be an array, found {"id":"d1"}'],
  ],
  [
    "too many units",
    { ...device(), "edge-vision:hubUnits": "201" },
    ['edge-vision:hubUnits: must be at most 200, found "201"'],
  ],
  [
    "half a second to live",
    { ...device(), "edge-vision:timeToLiveSecs": "0.5" },
    ['edge-vision:timeToLiveSecs: must be an integer, found "0.5"'],
  ],
  [
    "a tag of Azure that is a number",
    { ...device(), "edge-vision:tags": '{"floor":1}' },
    ["edge-vision:tags.floor: must be a string, found 1"],
  ],
  [
    "a resource manager that is no URL",
    { ...device(), "edge-vision:resourceManagerEndpoint": "management.azure.com" },
    ['edge-vision:resourceManagerEndpoint: must be an https URL, found "management.azure.com"'],
  ],
  [
    "a device to set up without a key to sign in with",
    device({ setup: { host: "pi", hostKey: "ssh-ed25519 AAAA" } }),
    [
      "edge-vision:setupPrivateKey: is missing; devices[0].setup needs it, set it with pulumi config set --secret edge-vision:setupPrivateKey < key",
    ],
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
  [
    "a route that is a number",
    { ...device(), "edge-vision:routes": '{"a":1}' },
    ["edge-vision:routes.a: must be a text, or route with priority and timeToLiveSecs, found 1"],
  ],
  [
    "a mistyped name in a route",
    { ...device(), "edge-vision:routes": '{"a":{"route":"FROM /messages/* INTO $upstream","prio":1}}' },
    ["edge-vision:routes.a.prio: is not known; known are route, priority, timeToLiveSecs"],
  ],
  [
    "a port out of range",
    { ...device(), "edge-vision:provisioningEndpoint": '{"host":"localhost","port":99999}' },
    ["edge-vision:provisioningEndpoint.port: must be at most 65535, found 99999"],
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
