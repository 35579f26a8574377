import { faultsOf } from "../testing/faults-of";

const camera = { source: "replay:clip.mjpeg" };
const devices = (...list: object[]) => ({ "edge-vision:devices": JSON.stringify(list) });
const device = (over: object = {}) => devices({ id: "d1", camera, ...over });
const fleet = (over: object) => ({
  "edge-vision:fleet": JSON.stringify({ targetCondition: "tags.fleet = 'a'", camera, ...over }),
});
const setup = (over: object) => ({
  ...device({ setup: { host: "pi", hostKey: "ssh-ed25519 AAAA", ...over } }),
  "edge-vision:setupPrivateKey": "key",
});
const workspace = (value: object) => ({ ...device(), "edge-vision:workspace": JSON.stringify(value) });
const square = [
  [0, 0],
  [0, 1],
  [1, 1],
];

type Row = [what: string, settings: Record<string, string>, faults: string[]];
const refused = (rows: Row[]) => {
  test.each(rows)("%s", (_, settings, faults) => {
    expect(faultsOf(settings)).toEqual(faults);
  });
};

describe("devices", () => {
  refused([
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
    [
      "a device without a camera",
      devices({ id: "a" }),
      ["edge-vision:devices[0].camera: is missing; must be an object"],
    ],
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
      "a key of one's own",
      device({ authentication: { type: "sas", primaryKey: "x" } }),
      ["edge-vision:devices[0].authentication.primaryKey: is not known; known are type"],
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
      "two spots of one name",
      device({
        spots: [
          { name: "a", polygon: square },
          { name: "a", polygon: square },
        ],
      }),
      ['edge-vision:devices[0].spots[1].name: "a" is used twice, found "a"'],
    ],
    [
      "a tag that is a list",
      device({ tags: { sites: ["a"] } }),
      ['edge-vision:devices[0].tags.sites: must be a text, a number, true or false, found ["a"]'],
    ],
    [
      "a certificate that is no URI",
      device({ authentication: { type: "x509-ca", certificate: "/certs/device.pem" } }),
      [
        'edge-vision:devices[0].authentication.certificate: must be a file:/// URI of a file on the device, found "/certs/device.pem"',
      ],
    ],
    [
      "a model from nowhere",
      device({ model: {} }),
      ["edge-vision:devices[0].model: needs either url or file, and not both, found {}"],
    ],
    [
      "a preview that is no flag",
      device({ preview: "on" }),
      ['edge-vision:devices[0].preview: must be a boolean, found "on"'],
    ],
  ]);
});

describe("setup", () => {
  refused([
    ["no host", setup({ host: undefined }), ["edge-vision:devices[0].setup.host: is missing; must be a string"]],
    ["an empty user", setup({ user: "" }), ['edge-vision:devices[0].setup.user: must not be empty, found ""']],
    [
      "a port out of range",
      setup({ port: 70000 }),
      ["edge-vision:devices[0].setup.port: must be at most 65535, found 70000"],
    ],
    [
      "no host key",
      setup({ hostKey: undefined }),
      ["edge-vision:devices[0].setup.hostKey: is missing; must be a string"],
    ],
    [
      "a fingerprint instead of the host key",
      setup({ hostKey: "SHA256:abc" }),
      ['edge-vision:devices[0].setup.hostKey: must be a public key such as ssh-ed25519 AAAA…, found "SHA256:abc"'],
    ],
    [
      "a mistyped name",
      setup({ hostkey: "x" }),
      ["edge-vision:devices[0].setup.hostkey: is not known; did you mean hostKey?"],
    ],
  ]);
});

describe("fleet", () => {
  refused([
    [
      "no condition",
      fleet({ targetCondition: undefined }),
      ["edge-vision:fleet.targetCondition: is missing; must be a string"],
    ],
    [
      "an empty condition",
      fleet({ targetCondition: "" }),
      ['edge-vision:fleet.targetCondition: must not be empty, found ""'],
    ],
    ["no camera", fleet({ camera: undefined }), ["edge-vision:fleet.camera: is missing; must be an object"]],
    ["a priority below 0", fleet({ priority: -1 }), ["edge-vision:fleet.priority: must be at least 0, found -1"]],
    ["half a priority", fleet({ priority: 1.5 }), ["edge-vision:fleet.priority: must be an integer, found 1.5"]],
    [
      "an unknown architecture",
      fleet({ architecture: "x64" }),
      ['edge-vision:fleet.architecture: must be one of amd64, arm64v8, arm32v7, found "x64"'],
    ],
    [
      "a tag with a space",
      fleet({ tags: { "a b": 1 } }),
      ["edge-vision:fleet.tags.a b: must have no dot, $, # or space, found 1"],
    ],
    [
      "an authority without a name",
      fleet({ certificateAuthority: "" }),
      ['edge-vision:fleet.certificateAuthority: must not be empty, found ""'],
    ],
    [
      "a mistyped name",
      fleet({ targetcondition: "x" }),
      ["edge-vision:fleet.targetcondition: is not known; did you mean targetCondition?"],
    ],
    [
      "what only one device has",
      fleet({ setup: {} }),
      [
        "edge-vision:fleet.setup: is not known; known are targetCondition, architecture, priority, camera, model, tags, certificateAuthority",
      ],
    ],
    ["a list", { ...device(), "edge-vision:fleet": "[1]" }, ["edge-vision:fleet: must be an object, found [1]"]],
  ]);
});

describe("workspace", () => {
  refused([
    [
      "a size that is none",
      workspace({ vmSize: "NC4as_T4_v3" }),
      ['edge-vision:workspace.vmSize: must be an Azure size such as Standard_NC4as_T4_v3, found "NC4as_T4_v3"'],
    ],
    [
      "an unknown priority",
      workspace({ priority: "Spot" }),
      ['edge-vision:workspace.priority: must be one of Dedicated, LowPriority, found "Spot"'],
    ],
    ["no nodes", workspace({ maxNodes: 0 }), ["edge-vision:workspace.maxNodes: must be at least 1, found 0"]],
    [
      "too many nodes",
      workspace({ maxNodes: 101 }),
      ["edge-vision:workspace.maxNodes: must be at most 100, found 101"],
    ],
    [
      "hardly any idle time",
      workspace({ idleSeconds: 30 }),
      ["edge-vision:workspace.idleSeconds: must be at least 60, found 30"],
    ],
    [
      "a trainer by name",
      workspace({ trainers: [{ principalId: "somebody" }] }),
      ['edge-vision:workspace.trainers[0].principalId: must be an object id of Entra ID, found "somebody"'],
    ],
    [
      "a mistyped name",
      workspace({ maxnodes: 1 }),
      ["edge-vision:workspace.maxnodes: is not known; did you mean maxNodes?"],
    ],
  ]);
});
