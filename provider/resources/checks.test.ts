import type { AnyResource, CheckRequest, PropertyMap } from "../kit";
import { secret, unknown } from "../kit";
import { checkConfiguration } from "./configuration";
import { IotEdgeProvider } from "./iotedge-provider";

const provider = new IotEdgeProvider("1.0.0");
const key = Buffer.alloc(32, 1).toString("base64");
const thumbprint = "ab".repeat(20);
const pem = "-----BEGIN CERTIFICATE-----\r\nMII\r\n-----END CERTIFICATE-----\r\n";
const tokenId = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/shop/tokens/pull";

async function check(type: string, news: object): Promise<{ inputs: PropertyMap; failures: string[] }> {
  const resource = provider.resource(`iotedge:index:${type}`) as AnyResource;
  const request = { news: news as PropertyMap, olds: undefined, name: "My Fleet" } as CheckRequest;
  const result = await resource.check?.(request);
  if (result === undefined) throw new Error("no check");
  return { ...result, failures: result.failures.map(({ property, reason }) => `${property}: ${reason}`) };
}

const agent = { runtime: { type: "docker" }, systemModules: { edgeAgent: {}, edgeHub: {} } };
const whole = { $edgeAgent: { "properties.desired": agent }, $edgeHub: { "properties.desired": { routes: {} } } };
const layer = { $edgeAgent: { "properties.desired.modules.extra": { type: "docker" } } };
const id = "the device's id";

test.each<[string, string, object, string[]]>([
  ["a device", "DeviceIdentity", { deviceId: "camera-1", tags: { a: { b: [1, "x"] } } }, []],
  ["unknown and secret values pass", "DeviceIdentity", { deviceId: unknown, tags: secret({ a: unknown }) }, []],
  ["a missing id", "DeviceIdentity", {}, [`deviceId: is missing: give ${id}.`]],
  [
    "every fault at once",
    "DeviceIdentity",
    { deviceId: "a/b", edgeEnabled: "yes", status: "off", colour: 1 },
    [
      "colour: is not a property here; known are deviceId, edgeEnabled, authentication, status, tags.",
      'deviceId: "a/b" is not a device id: 1 to 128 letters, digits and - . % _ * ? ! ( ) , : = @ $ \' are allowed.',
      "edgeEnabled: is of type string; it must be of type boolean.",
      'status: is "off"; allowed are "enabled", "disabled".',
    ],
  ],
  [
    "a wrong key is not shown",
    "DeviceIdentity",
    { deviceId: "a", authentication: { type: "sas", primaryKey: secret("hunter2") } },
    ["authentication.primaryKey: must be base64 of 16 to 64 bytes, as `openssl rand -base64 32` makes it."],
  ],
  [
    "a thumbprint where keys belong",
    "DeviceIdentity",
    { deviceId: "a", authentication: { primaryKey: key, primaryThumbprint: thumbprint } },
    ["authentication.primaryThumbprint: is not a property here; known are type, primaryKey, secondaryKey."],
  ],
  [
    "x509 without a thumbprint",
    "DeviceIdentity",
    { deviceId: "a", authentication: { type: "selfSigned" } },
    ["authentication.primaryThumbprint: is missing: give the certificate's SHA-1 or SHA-256 thumbprint in hex."],
  ],
  [
    "tags that a twin refuses",
    "DeviceIdentity",
    { deviceId: "a", tags: { "a b": 1, c: "x".repeat(4097) } },
    [
      'tags["a b"]: has a name that twins refuse: no dot, $, #, space or control character.',
      "tags.c: is 4097 bytes long; a twin's text holds up to 4096.",
    ],
  ],
  [
    "tags that are too many",
    "DeviceIdentity",
    { deviceId: "a", tags: Object.fromEntries(["a", "b", "c"].map((name) => [name, "x".repeat(4000)])) },
    ["tags: takes 12003 bytes; a twin holds up to 8192 here."],
  ],
  ["a deployment", "DeviceDeployment", { deviceId: "a", modulesContent: whole }, []],
  [
    "a deployment without the runtime",
    "DeviceDeployment",
    { deviceId: "a", modulesContent: { camera: { "properties.desired": {} } } },
    ["$edgeAgent", "$edgeHub"].map(
      (name) =>
        `modulesContent.${name}["properties.desired"]: is missing: give the desired properties of ${name}, as a whole deployment needs them.`,
    ),
  ],
  [
    "a layer for one device",
    "DeviceDeployment",
    { deviceId: "a", modulesContent: { ...whole, camera: { "properties.desired.x": {}, other: {} } } },
    [
      'modulesContent.camera["properties.desired.x"]: belongs to a layered deployment; one device takes "properties.desired" as a whole.',
      'modulesContent.camera.other: is not known here; a module has "properties.desired".',
    ],
  ],
  ["a layer for a fleet", "FleetDeployment", { modulesContent: layer, targetCondition: "*" }, []],
  [
    "a fleet's faults",
    "FleetDeployment",
    { modulesContent: layer, targetCondition: " ", priority: 1.5, deploymentName: "A", labels: { "pulumi-urn": "x" } },
    [
      "deploymentName: \"A\" is not a deployment's name: 1 to 100 lower-case letters, digits and - : + % _ # * ? ! ( ) , = @ ; $ ' are allowed.",
      "targetCondition: is empty; say which devices it is for, such as tags.site = 'berlin', or * for all.",
      "priority: is 1.5; a priority is a whole number from 0 to 2147483647.",
      "labels.pulumi-urn: is reserved by the provider.",
    ],
  ],
  [
    "a group",
    "EnrollmentGroup",
    { enrollmentGroupId: "g", attestation: { type: "x509", primaryCertificate: pem } },
    [],
  ],
  [
    "a group's faults",
    "EnrollmentGroup",
    { enrollmentGroupId: "-G", attestation: { type: "x509", primaryCaReference: "ca", secondaryCertificate: "x" } },
    [
      'enrollmentGroupId: "-G" is not a group\'s id: 1 to 128 lower-case letters, digits and - . _ : are allowed, the first and last a letter or digit.',
      "attestation: mixes CA references and certificates; use one kind for both.",
      "attestation.secondaryCertificate: must be a certificate as PEM text.",
    ],
  ],
  [
    "a group without a proof",
    "EnrollmentGroup",
    { enrollmentGroupId: "g", attestation: {} },
    ['attestation.type: is missing: give "symmetricKey" or "x509".'],
  ],
  ["a token", "RegistryPullToken", { tokenId, rotation: "1", expiry: "2030-01-31T00:00:00Z" }, []],
  [
    "a token's faults",
    "RegistryPullToken",
    { tokenId: "pull", expiry: "soon" },
    [
      'tokenId: "pull" is not the token\'s resource id, /subscriptions/…/registries/<registry>/tokens/<token>.',
      'expiry: "soon" is not a time in ISO 8601, such as 2030-01-31T00:00:00Z.',
    ],
  ],
])("%s", async (_name, type, news, expected) => {
  expect((await check(type, news)).failures).toEqual(expected);
});

test("defaults are filled in, keys and registry passwords become secret, spellings are made one", async () => {
  expect((await check("DeviceIdentity", { deviceId: "a", authentication: { primaryKey: key } })).inputs).toEqual({
    deviceId: "a",
    edgeEnabled: true,
    status: "enabled",
    authentication: { type: "sas", primaryKey: secret(key) },
  });
  const signed = { type: "selfSigned", primaryThumbprint: thumbprint };
  const { inputs } = await check("DeviceIdentity", { deviceId: "a", authentication: signed });
  expect(inputs["authentication"]).toEqual({ ...signed, primaryThumbprint: thumbprint.toUpperCase() });

  const fleet = await check("FleetDeployment", { modulesContent: layer, targetCondition: "*" });
  expect(fleet.inputs).toMatchObject({ deploymentName: "my-fleet", priority: 0 });

  const registryCredentials = { shop: { address: "a", username: "u", password: "p" } };
  const desired = { ...agent, runtime: { type: "docker", settings: { registryCredentials } } };
  const modulesContent = { ...whole, $edgeAgent: { "properties.desired": desired } };
  const deployment = await check("DeviceDeployment", { deviceId: "a", modulesContent });
  expect(deployment.failures).toEqual([]);
  expect(deployment.inputs).toMatchObject({
    modulesContent: {
      $edgeAgent: {
        "properties.desired": { runtime: { settings: { registryCredentials: { shop: { password: secret("p") } } } } },
      },
    },
  });
});

describe("configuration", () => {
  const connectionString = `HostName=shop.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=${key}`;

  test.each<[string, object, string[]]>([
    ["a connection string", { connectionString: secret(connectionString) }, []],
    ["what is not known yet", { connectionString: unknown, endpoint: unknown }, []],
    ["an endpoint as the engine hands it over", { endpoint: '{"host":"127.0.0.1","port":8443}' }, []],
    ["loopback without TLS", { resourceManagerEndpoint: "http://127.0.0.1:8080" }, []],
    [
      "every fault at once",
      {
        connectionString: secret("HostName=x"),
        endpoint: { port: 0, ca: "/etc/ca.pem" },
        resourceManagerEndpoint: "http://example.com",
        hub: "x",
      },
      [
        "hub: is not a property here; known are connectionString, hostName, endpoint, provisioningConnectionString, provisioningHostName, provisioningEndpoint, resourceManagerEndpoint, version, pluginDownloadURL.",
        "connectionString: is not a service's connection string: HostName=…;SharedAccessKeyName=…;SharedAccessKey=….",
        "endpoint.host: is missing: give a host name or an address.",
        "endpoint.port: is 0; a port is a whole number from 1 to 65535.",
        "endpoint.ca: must be certificates as PEM text, not a file's name.",
        'resourceManagerEndpoint: is "http://example.com"; it must be an https URL, or an http URL of this machine\'s loopback.',
      ],
    ],
  ])("%s", (_name, news, expected) => {
    const { failures } = checkConfiguration(news as PropertyMap);
    expect(failures.map(({ property, reason }) => `${property}: ${reason}`)).toEqual(expected);
  });

  test("connection strings become secret", () => {
    expect(checkConfiguration({ connectionString }).inputs).toEqual({ connectionString: secret(connectionString) });
  });
});
