import { Agent } from "node:https";
import * as iotedge from "@edge-vision/iotedge";
import { Registry } from "azure-iothub";
import { EngineStack } from "../engine-stack";
import { type Fleet, fleetProgram } from "./fleet";
import { providers, World } from "./world";

jest.setTimeout(600_000);

const thumbprints = { first: "A".repeat(40), second: "B".repeat(40), other: "C".repeat(40) };

let world: World;
let stack: EngineStack;
let registry: Registry;
let fleet: Fleet;

function change(changes: Partial<Fleet>): void {
  fleet = { ...fleet, ...changes };
  stack.program = fleetProgram(world.providerArgs, fleet);
}

/** What a preview would do, a line each: `update device: tags.site`. */
async function plan(): Promise<string[]> {
  const steps = await stack.plan();
  return steps.map(({ op, urn, paths }) => `${op} ${urn.split("::").at(-1) ?? ""}: ${paths.join(", ")}`).sort();
}

/** What the hub knows of the devices with a certificate: how they authenticate, thumbprints, status. */
async function certificateDevices(): Promise<unknown[]> {
  const devices = await Promise.all(["self-signed", "signed"].map((id) => registry.get(id)));
  return devices.map(({ responseBody: { authentication, status } }) => {
    const { primaryThumbprint, secondaryThumbprint } = authentication?.x509Thumbprint ?? {};
    // The SDK's type leaves out how a device authenticates.
    const { type } = authentication as { type?: string };
    return [type, primaryThumbprint ?? undefined, secondaryThumbprint ?? undefined, status];
  });
}

async function desiredOf(moduleId: string): Promise<Record<string, unknown>> {
  const { responseBody } = await registry.getModuleTwin(fleet.deviceId, moduleId);
  return responseBody.properties.desired;
}

beforeAll(async () => {
  world = await World.start();
  const { connectionString, endpoint } = world.hub;
  registry = Registry.fromConnectionString(connectionString);
  const client = (registry as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient;
  client.setOptions({ http: { agent: new Agent({ ...endpoint }) } });
  fleet = {
    deviceId: "camera-1",
    tags: { site: { city: "berlin" }, kind: "camera" },
    fps: 5,
    image: "test.azurecr.io/camera@sha256:1",
    priority: 10,
    targetCondition: "tags.kind = 'none'",
    groupId: "cameras",
    groupTags: { site: "berlin" },
    authority: "first",
    tokenId: await world.createToken("pull"),
    rotation: "1",
    thumbprint: thumbprints.first,
    signedStatus: "enabled",
  };
  stack = await EngineStack.create({ program: fleetProgram(world.providerArgs, fleet), providers });
});

afterAll(async () => {
  await stack.close();
  await world.close();
});

test("create: everything is there, secrets are hidden, a second preview is empty", async () => {
  const { outputs } = await stack.up();
  const { responseBody: device } = await registry.get("camera-1");
  const key = device.authentication?.symmetricKey?.primaryKey ?? "";
  expect(outputs["connectionString"]).toEqual({
    value: `HostName=${world.hub.hostName};DeviceId=camera-1;SharedAccessKey=${key}`,
    secret: true,
  });
  expect(outputs["moduleIds"]?.value).toEqual(["camera"]);
  expect(outputs["groupKey"]).toEqual({
    value: world.provisioning.groups.get("cameras")?.attestation.symmetricKey?.["primaryKey"],
    secret: true,
  });
  expect(outputs["passwordName"]?.value).toBe("password1");
  expect(outputs["certificateConnectionStrings"]).toEqual({
    value: ["self-signed", "signed"].map((id) => `HostName=${world.hub.hostName};DeviceId=${id};x509=true`),
    secret: true,
  });
  expect(await certificateDevices()).toEqual([
    ["selfSigned", thumbprints.first, thumbprints.first, "enabled"],
    ["certificateAuthority", undefined, undefined, "enabled"],
  ]);
  expect(await desiredOf("camera")).toMatchObject({ fps: 5 });
  expect((await registry.getTwin("camera-1")).responseBody.tags).toEqual(fleet.tags);

  expect(await plan()).toEqual([]);

  const state = await stack.storedState();
  const secrets: Record<string, unknown> = {
    key,
    password: outputs["password"]?.value,
    groupKey: outputs["groupKey"]?.value,
    hub: world.hub.connectionString,
    registry: "registry-secret",
  };
  const leaks = Object.entries(secrets).filter(([, value]) => state.includes(String(value)));
  expect(leaks.map(([name]) => name)).toEqual([]);
});

test("update in place: only what changed, by its path", async () => {
  change({
    tags: { site: { city: "paris" } },
    fps: 3,
    priority: 12,
    targetCondition: "tags.kind = 'camera'",
    groupTags: { site: "paris" },
    authority: "second",
    rotation: "2",
    thumbprint: thumbprints.second,
    signedStatus: "disabled",
  });
  expect(await plan()).toEqual([
    "update Fleet: priority, targetCondition",
    "update authority: attestation.primaryCaReference",
    "update device: tags.kind, tags.site.city",
    "update group: tags.site",
    'update modules: modulesContent.camera["properties.desired"].fps',
    "update selfSigned: authentication.primaryThumbprint",
    "update signed: status",
    "update token: rotation",
  ]);
  const before = (await stack.outputs())["connectionString"];
  const { outputs } = await stack.up();
  expect(outputs["connectionString"]).toEqual(before);
  expect((await registry.getTwin("camera-1")).responseBody.tags).toEqual({ site: { city: "paris" } });
  expect(await desiredOf("camera")).toMatchObject({ fps: 3 });
  expect(await certificateDevices()).toEqual([
    ["selfSigned", thumbprints.second, thumbprints.second, "enabled"],
    ["certificateAuthority", undefined, undefined, "disabled"],
  ]);
  // The password before the rotation stays valid.
  expect(outputs["passwordName"]?.value).toBe("password2");
  expect(await world.passwordsOf(fleet.tokenId)).toEqual(["password1", "password2"]);
  expect(await plan()).toEqual([]);
});

test("drift: refresh finds what others changed, up repairs it", async () => {
  await registry.updateTwin("camera-1", { tags: { site: { city: "rome" } } }, "*");
  await registry.updateModuleTwin("camera-1", "camera", { properties: { desired: { fps: 30, extra: 1 } } }, "*");
  const id = String((await stack.outputs())["deploymentId"]?.value);
  const { responseBody: configuration } = await registry.getConfiguration(id);
  await registry.updateConfiguration({ ...configuration, priority: 99 }, true);
  const group = world.provisioning.groups.get("cameras");
  if (group !== undefined) group["provisioningStatus"] = "disabled";
  const x509Thumbprint = { primaryThumbprint: thumbprints.other, secondaryThumbprint: thumbprints.other };
  const { responseBody: selfSigned } = await registry.get("self-signed");
  await registry.update(Object.assign(selfSigned, { authentication: { type: "selfSigned", x509Thumbprint } }));
  const { responseBody: signed } = await registry.get("signed");
  await registry.update(Object.assign(signed, { authentication: { type: "selfSigned", x509Thumbprint } }));

  world.provisioning.groups.delete("cameras-authority");
  await world.revokePasswords(fleet.tokenId);

  await stack.refresh();
  expect(await plan()).toEqual([
    "create authority: ",
    "create token: ",
    "update Fleet: priority",
    "update device: tags.site.city",
    "update group: provisioningStatus",
    'update modules: modulesContent.camera["properties.desired"].extra, modulesContent.camera["properties.desired"].fps',
    "update selfSigned: authentication.primaryThumbprint",
    "update signed: authentication.primaryThumbprint, authentication.type",
  ]);
  await stack.up();
  expect((await registry.getTwin("camera-1")).responseBody.tags).toEqual({ site: { city: "paris" } });
  const camera = await desiredOf("camera");
  expect(camera).toMatchObject({ fps: 3 });
  expect(camera).not.toHaveProperty("extra");
  expect(await certificateDevices()).toEqual([
    ["selfSigned", thumbprints.second, thumbprints.second, "enabled"],
    ["certificateAuthority", undefined, undefined, "disabled"],
  ]);
  expect((await registry.getConfiguration(id)).responseBody.priority).toBe(12);
  expect(world.provisioning.groups.get("cameras")?.["provisioningStatus"]).toBe("enabled");
  expect(world.provisioning.groups.get("cameras-authority")?.attestation).toMatchObject({
    x509: { caReferences: { primary: "second" } },
  });
  expect(await world.passwordsOf(fleet.tokenId)).toEqual(["password1"]);
  expect(await plan()).toEqual([]);
});

test("replace: new content of a fleet comes above the old, and settles when the old is gone", async () => {
  const before = String((await stack.outputs())["deploymentId"]?.value);
  const tokenId = await world.createToken("pull-2");
  change({ deviceId: "camera-2", image: "test.azurecr.io/camera@sha256:2", groupId: "cameras-2", tokenId });
  const steps = await plan();
  const replaced = steps.filter((line) => line.startsWith("replace ")).map((line) => line.replace("replace ", ""));
  expect(replaced).toEqual([
    'Fleet: modulesContent.$edgeAgent["properties.desired"].modules.camera.settings.image',
    "authority: enrollmentGroupId",
    "device: deviceId",
    "group: enrollmentGroupId",
    'modules: deviceId, modulesContent.$edgeAgent["properties.desired"].modules.camera.settings.image',
    "token: tokenId",
  ]);
  world.proxy.requests.length = 0;
  const { outputs } = await stack.up();
  const after = String(outputs["deploymentId"]?.value);
  expect(after).not.toBe(before);
  const writes = world.proxy.requests
    .filter(({ line }) => /^(PUT|DELETE) \/configurations/.test(line))
    .map(({ line, body }) => [line, body === "" ? undefined : (JSON.parse(body) as { priority: number }).priority]);
  expect(writes).toEqual([
    [`PUT /configurations/${after}`, 13],
    [`DELETE /configurations/${before}`, undefined],
    [`PUT /configurations/${after}`, 12],
  ]);
  expect((await registry.getConfigurations()).responseBody.map(({ id }) => id)).toEqual([after]);
  await expect(registry.get("camera-1")).rejects.toMatchObject({ name: "DeviceNotFoundError" });
  expect([...world.provisioning.groups.keys()].sort()).toEqual(["cameras-2", "cameras-2-authority"]);
  expect(await plan()).toEqual([]);
});

test("import: what exists is taken over without a change; create over something else is refused", async () => {
  const outputs = await stack.outputs();
  const [deploymentId, passwordName, password] = ["deploymentId", "passwordName", "password"].map((name) =>
    String(outputs[name]?.value),
  ) as [string, string, string];
  process.env["IOTEDGE_PULL_TOKEN_PASSWORD"] = password;
  const other = await EngineStack.create({
    program: fleetProgram(world.providerArgs, fleet, { import: true, deploymentId, passwordName }),
    projectName: "other",
    providers,
  });
  try {
    const { summary } = await other.up();
    expect(summary.resourceChanges).toMatchObject({ import: 8 });
    other.program = fleetProgram(world.providerArgs, fleet, { import: false, deploymentId, passwordName });
    expect(await other.plan()).toEqual([]);
    expect((await other.outputs())["password"]).toEqual({ value: password, secret: true });
    const state = await other.storedState();
    for (const secret of ["registry-secret", password]) expect(state).not.toContain(secret);
  } finally {
    delete process.env["IOTEDGE_PULL_TOKEN_PASSWORD"];
    await other.close();
  }
  const refusalOf = async (declare: (provider: iotedge.Provider) => void): Promise<string> => {
    const third = await EngineStack.create({
      program: () => {
        declare(new iotedge.Provider("hub", world.providerArgs));
        return Promise.resolve({});
      },
      projectName: "third",
      providers,
    });
    const refused = third.up().then(
      () => "accepted",
      (error: unknown) => (error as Error).message,
    );
    return refused.finally(() => third.close());
  };
  const { deviceId, tokenId } = fleet;
  const elsewhere = (provider: iotedge.Provider) =>
    new iotedge.DeviceIdentity("device", { deviceId, tags: { site: "elsewhere" } }, { provider });
  expect(await refusalOf(elsewhere)).toContain("pulumi import iotedge:index:DeviceIdentity device 'camera-2'");
  const token = (provider: iotedge.Provider) =>
    new iotedge.RegistryPullToken("token", { tokenId }, { provider, import: tokenId });
  expect(await refusalOf(token)).toContain(
    `The password can't be imported: a slot, "password1" or "password2", has to follow the id after a comma; ` +
      "the environment variable IOTEDGE_PULL_TOKEN_PASSWORD has to hold the password.",
  );
});

test("delete: what is left behind can be deployed to again, what is gone already is no fault", async () => {
  await registry.removeConfiguration(String((await stack.outputs())["deploymentId"]?.value));
  await registry.delete("camera-2");
  world.provisioning.groups.clear();
  await world.store.remove(fleet.tokenId);
  const { summary } = await stack.stack.destroy();
  expect(summary.result).toBe("succeeded");
  expect(await stack.resources()).toEqual([]);

  change({ tokenId: await world.createToken("pull-3") });
  await stack.up();
  await stack.stack.destroy();
  await expect(registry.get("camera-2")).rejects.toMatchObject({ name: "DeviceNotFoundError" });
  expect((await registry.getConfigurations()).responseBody).toEqual([]);
  expect(await world.passwordsOf(fleet.tokenId)).toEqual([]);
});
