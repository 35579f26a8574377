import * as iotedge from "@edge-vision/iotedge";
import { EngineStack } from "../engine-stack";
import { processesOf } from "../local/processes";
import type { FaultProxy } from "./fault-proxy";
import { contentOf, type Fleet, fleetProgram } from "./fleet";
import { providers, World } from "./world";

jest.setTimeout(600_000);

let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(async () => {
  await world.close();
});

/** Devices with their modules. */
function devices(ids: string[]) {
  return () => {
    const provider = new iotedge.Provider("hub", world.providerArgs);
    for (const deviceId of ids) {
      const device = new iotedge.DeviceIdentity(deviceId, { deviceId, tags: { kind: "camera" } }, { provider });
      const modulesContent = contentOf("test.azurecr.io/camera@sha256:1", 5);
      new iotedge.DeviceDeployment(`${deviceId}-modules`, { deviceId: device.deviceId, modulesContent }, { provider });
    }
    return Promise.resolve({});
  };
}

async function inStack(ids: string[], use: (stack: EngineStack) => Promise<void>): Promise<void> {
  const stack = await EngineStack.create({ program: devices(ids), providers });
  try {
    await use(stack);
  } finally {
    await stack.close();
  }
}

test("a 429 is tried again after the hub's own delay, a 500 at once, an answer that got lost is no second device", async () => {
  const { proxy } = world;
  proxy.fail(/^PUT \/devices\/a$/, 429, { "retry-after": "2" });
  proxy.fail(/^PATCH \/twins\/a$/, 500);
  proxy.fail(/^PUT \/devices\/b$/, 500, {}, true);
  proxy.fail(/^POST \/devices\/b\/applyConfigurationContent$/, 503, { "retry-after": "0" }, true);
  await inStack(["a", "b"], async (stack) => {
    await stack.up();
    const of = (line: string) => proxy.requests.filter((request) => request.line === line);
    const [throttled, done] = of("PUT /devices/a");
    expect([throttled?.status, done?.status]).toEqual([429, 200]);
    expect((done?.at ?? 0) - (throttled?.at ?? 0)).toBeGreaterThanOrEqual(2000);
    expect(of("PATCH /twins/a").map(({ status }) => status)).toEqual([500, 200]);
    // The second create finds the device of the first, which is what it would have made.
    expect(of("PUT /devices/b").map(({ status }) => status)).toEqual([500, 409]);
    expect(of("POST /devices/b/applyConfigurationContent").map(({ status }) => status)).toEqual([503, 204]);
    expect(await stack.plan()).toEqual([]);
    await stack.stack.destroy();
  });
});

test("a hub that refuses is told in words, with the next step and without the key", async () => {
  world.proxy.fail(/^PUT \/devices\/c$/, 401);
  await inStack(["c"], async (stack) => {
    const error = (await stack.up().catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain(
      `IoT Hub ${world.hub.hostName} refused to create the device "c": 401 Test401: injected Check that connectionString`,
    );
    expect(error.message).not.toContain("SharedAccessKey=");
    expect(error.message).not.toContain("    at ");
  });
});

test("several faults of a program are reported at once, each with its path", async () => {
  const stack = await EngineStack.create({
    providers,
    program: () => {
      const provider = new iotedge.Provider("hub", world.providerArgs);
      new iotedge.DeviceIdentity(
        "bad",
        {
          deviceId: "a b",
          status: "off" as "disabled",
          authentication: { type: "selfSigned", primaryThumbprint: "x" },
          tags: { "a.b": 1 },
        },
        { provider },
      );
      return Promise.resolve({});
    },
  });
  try {
    const error = (await stack.preview().catch((reason: unknown) => reason)) as Error;
    for (const fault of [
      '"a b" is not a device id',
      'is "off"; allowed are "enabled", "disabled"',
      '"x" is not a thumbprint',
      "has a name that twins refuse",
    ]) {
      expect(error.message).toContain(fault);
    }
    for (const property of ["deviceId", "status", "authentication.primaryThumbprint", 'tags["a.b"]']) {
      expect(error.message).toContain(`property ${property} `);
    }
  } finally {
    await stack.close();
  }
});

/** Every type, with names of its own. */
async function fleetOf(name: string): Promise<Fleet> {
  return {
    deviceId: `${name}-device`,
    tags: { kind: "camera" },
    fps: 5,
    image: "test.azurecr.io/camera@sha256:1",
    priority: 10,
    targetCondition: "tags.kind = 'none'",
    groupId: `${name}-group`,
    groupTags: {},
    authority: "ca",
    tokenId: await world.createToken(name),
    rotation: "1",
    thumbprint: "A".repeat(40),
    signedStatus: "enabled",
  };
}

/** What the services answered to requests of this kind, in order. */
const answered = (proxy: FaultProxy, line: RegExp) =>
  proxy.requests.filter((request) => line.test(request.line)).map(({ status, at }) => ({ status, at }));

test("deployments at scale, groups and passwords: 429, 500 and lost answers are survived too", async () => {
  const fleet = await fleetOf("faulty");
  const { proxy, proxies } = world;
  const writes = [
    { proxy, line: /^PUT \/configurations\//, last: 409 },
    { proxy: proxies.provisioning, line: /^PUT \/enrollmentGroups\/faulty-group$/, last: 409 },
    { proxy: proxies.resourceManager, line: /^POST .*\/generateCredentials$/, last: 200 },
  ];
  for (const { proxy: before, line } of writes) {
    before.fail(line, 429, { "retry-after": "2" });
    before.fail(line, 500, {}, true);
  }
  const stack = await EngineStack.create({ program: fleetProgram(world.providerArgs, fleet), providers });
  try {
    await stack.up();
    for (const { proxy: before, line, last } of writes) {
      const [throttled, lost, done] = answered(before, line);
      expect([throttled?.status, lost?.status, done?.status]).toEqual([429, 500, last]);
      expect((lost?.at ?? 0) - (throttled?.at ?? 0)).toBeGreaterThanOrEqual(2000);
    }
    expect(await stack.plan()).toEqual([]);
    await stack.stack.destroy();
  } finally {
    await stack.close();
  }
});

test("the engine is killed twice in the middle of up: its provider ends too, and the next up resumes", async () => {
  const fleet = await fleetOf("killed");
  const { proxy, proxies } = world;
  const all = [proxy, ...Object.values(proxies)];
  proxy.requests.length = 0;
  const stack = await EngineStack.create({ program: fleetProgram(world.providerArgs, fleet), providers });
  /** Ends the engine when so many of these requests are done, and nobody has heard of it. */
  const killDuring = async (requests: RegExp, count: number): Promise<void> => {
    for (const each of all) each.hold(requests);
    const cut = stack.up({ parallel: 16 }).catch((reason: unknown) => reason);
    try {
      await until(() => all.reduce((sum, { waiting }) => sum + waiting, 0) === count);
      await stack.killEngine();
      await cut;
      await until(() => processesOf(stack.folder).length === 0);
    } finally {
      for (const each of all) each.release();
      await cut;
    }
    await stack.stack.cancel();
  };
  try {
    // Three devices, two groups, a deployment at scale and a password; then what needs a device first.
    await killDuring(/^(PUT|POST) /, 7);
    await killDuring(/^POST .*\/applyConfigurationContent$/, 1);

    await stack.up();
    expect(await stack.plan()).toEqual([]);
    const again = [/^PUT \/devices\/killed-device$/, /^PUT \/configurations\/fleet-/].map((line) =>
      answered(proxy, line).map(({ status }) => status),
    );
    expect(again).toEqual([[200, 409], expect.arrayContaining([201, 409])]);
    expect([...world.provisioning.groups.keys()].sort()).toEqual(["killed-group", "killed-group-authority"]);
    // The password of the run that was cut off is in the other slot, and nobody knows it.
    expect(await world.passwordsOf(fleet.tokenId)).toEqual(["password1", "password2"]);
    await stack.stack.destroy();
  } finally {
    await stack.close();
  }
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("It did not happen within two minutes.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
