import type { Module, Registry } from "azure-iothub";
import { TestHub } from "../testing/hub";

interface Failure {
  name: string;
  message: string;
}

async function failureOf(action: Promise<unknown>): Promise<Failure> {
  try {
    await action;
  } catch (error) {
    return error as Failure;
  }
  throw new Error("It did not fail.");
}

describe("the service API, by azure-iothub's Registry", () => {
  let hub: TestHub;
  let registry: Registry;
  beforeAll(async () => {
    hub = await TestHub.start();
    registry = hub.registry();
  });
  afterAll(() => hub.stop());

  test("a device is created with keys, read, updated and removed", async () => {
    const created = (await registry.create({ deviceId: "d1" })).responseBody;
    expect(created).toMatchObject({
      deviceId: "d1",
      status: "enabled",
      connectionState: "Disconnected",
      capabilities: { iotEdge: false },
      authentication: { type: "sas" },
    });
    expect(Buffer.from(created.authentication?.symmetricKey?.primaryKey ?? "", "base64")).toHaveLength(32);
    expect((await registry.get("d1")).responseBody).toEqual(created);

    const updated = (await registry.update(Object.assign({}, created, { status: "disabled", statusReason: "test" })))
      .responseBody;
    expect(updated).toMatchObject({ status: "disabled", statusReason: "test", generationId: created.generationId });
    expect(updated.etag).not.toBe(created.etag);
    expect(updated.authentication).toEqual(created.authentication);

    await registry.delete("d1");
    expect((await failureOf(registry.get("d1"))).name).toBe("DeviceNotFoundError");
    expect((await failureOf(registry.delete("d1"))).name).toBe("DeviceNotFoundError");
  });

  test("an edge device has its system modules and a scope", async () => {
    const { responseBody: device } = await registry.create({
      deviceId: "edge1",
      capabilities: { iotEdge: true },
    });
    expect(device).toMatchObject({ capabilities: { iotEdge: true } });
    expect((device as { deviceScope?: string }).deviceScope).toBe(
      `ms-azure-iot-edge://edge1-${device.generationId ?? ""}`,
    );
    const { responseBody: modules } = await registry.getModulesOnDevice("edge1");
    expect(modules.map(({ moduleId }) => moduleId)).toEqual(["$edgeAgent", "$edgeHub"]);
  });

  test("a device that exists already is refused", async () => {
    await registry.create({ deviceId: "twice" });
    expect((await failureOf(registry.create({ deviceId: "twice" }))).name).toBe("DeviceAlreadyExistsError");
  });

  test.each(["a b", "a/b", "ä", "x".repeat(129)])("the device id %j is refused", async (deviceId) => {
    expect(await failureOf(registry.create({ deviceId }))).toMatchObject({ name: "ArgumentError" });
  });

  test("every character that an id may have comes back", async () => {
    const deviceId = "a-.+%_#*?!(),:=@$'Z9";
    await registry.create({ deviceId });
    expect((await registry.get(deviceId)).responseBody.deviceId).toBe(deviceId);
    expect((await registry.getTwin(deviceId)).responseBody.deviceId).toBe(deviceId);
  });

  test("all devices are listed", async () => {
    await registry.create({ deviceId: "listed" });
    const listed = (await registry.list()).responseBody;
    expect(listed.map(({ deviceId }) => deviceId)).toContain("listed");
  });

  test("modules are added, updated with their etag, listed and removed", async () => {
    await registry.create({ deviceId: "d2" });
    const added = await registry.addModule({ deviceId: "d2", moduleId: "camera", managedBy: "iotEdge" });
    const module = added.responseBody as Module;
    expect(module).toMatchObject({ moduleId: "camera", deviceId: "d2", managedBy: "iotEdge" });
    expect((await failureOf(registry.addModule({ deviceId: "d2", moduleId: "camera" }))).message).toBeDefined();
    const updated = (await registry.updateModule({ ...module, managedBy: "someone" })).responseBody as Module;
    expect(updated).toMatchObject({ managedBy: "someone" });
    expect((await failureOf(registry.updateModule(module))).name).toBe("InvalidEtagError");
    expect((await registry.getModule("d2", "camera")).responseBody).toEqual(updated);
    await registry.removeModule("d2", "camera");
    expect((await registry.getModulesOnDevice("d2")).responseBody).toEqual([]);
  });

  test("a twin's tags and desired properties merge, with versions and etags", async () => {
    await registry.create({ deviceId: "d3" });
    const first = (await registry.getTwin("d3")).responseBody;
    expect(first).toMatchObject({ version: 2, properties: { desired: { $version: 1 }, reported: { $version: 1 } } });
    const second = (
      await registry.updateTwin(
        "d3",
        { tags: { site: "a" }, properties: { desired: { a: { b: 1, c: 2 }, d: [1] } } },
        first.etag,
      )
    ).responseBody;
    expect(second).toMatchObject({
      version: 3,
      tags: { site: "a" },
      properties: { desired: { a: { b: 1, c: 2 }, $version: 2 } },
    });
    const third = (
      await registry.updateTwin("d3", { properties: { desired: { a: { b: null, e: true }, d: null } } }, "*")
    ).responseBody;
    const { $metadata, ...desired } = third.properties.desired as Record<string, unknown>;
    expect(desired).toEqual({ a: { c: 2, e: true }, $version: 3 });
    expect(Object.keys($metadata as object)).toEqual(["$lastUpdated", "a"]);
    expect((await failureOf(registry.updateTwin("d3", { tags: {} }, first.etag))).name).toBe("InvalidEtagError");
  });

  test("a twin's limits are checked, all faults at once", async () => {
    await registry.create({ deviceId: "d4" });
    const broken = { "a.b": 1, long: "x".repeat(4097), list: [null], big: 2 ** 53 };
    const { message } = await failureOf(registry.updateTwin("d4", { properties: { desired: broken } }, "*"));
    expect(message).toBe(
      "The name \"a.b\" under properties.desired may not be empty or contain '.', '$', space or control characters. " +
        "Property or Tag value should be maximum 4096 bytes: properties.desired.long has 4097. " +
        "properties.desired.list[0] is null, which an array may not hold. " +
        "properties.desired.big is outside of -2^52 to 2^52-1.",
    );
    const large = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`p${index}`, "x".repeat(4000)]));
    expect((await failureOf(registry.updateTwin("d4", { properties: { desired: large } }, "*"))).name).toBe(
      "ArgumentError",
    );
    expect((await failureOf(registry.updateTwin("d4", { tags: large }, "*"))).name).toBe("ArgumentError");
  });

  test("a deployment on one device creates modules and replaces desired properties", async () => {
    await registry.create({ deviceId: "edge2", capabilities: { iotEdge: true } });
    const content = (modules: object, camera: object): object => ({
      modulesContent: {
        $edgeAgent: { "properties.desired": { schemaVersion: "1.1", modules } },
        $edgeHub: { "properties.desired": { schemaVersion: "1.1", routes: {} } },
        camera: { "properties.desired": camera },
      },
    });
    await registry.applyConfigurationContentOnDevice(
      "edge2",
      content({ camera: {}, detector: {} }, { fps: 5, old: 1 }),
    );
    const { responseBody: modules } = await registry.getModulesOnDevice("edge2");
    expect(modules.map(({ moduleId }) => moduleId).sort()).toEqual(["$edgeAgent", "$edgeHub", "camera", "detector"]);
    await registry.applyConfigurationContentOnDevice("edge2", content({ camera: {} }, { fps: 2 }));
    const { responseBody: twin } = await registry.getModuleTwin("edge2", "camera");
    const { $metadata, ...desired } = twin.properties.desired as Record<string, unknown>;
    expect($metadata).toBeDefined();
    expect(desired).toEqual({ fps: 2, $version: 3 });
  });

  test("a deployment that breaks a limit changes nothing", async () => {
    await registry.create({ deviceId: "edge3", capabilities: { iotEdge: true } });
    const content = {
      modulesContent: {
        a: { "properties.desired": { ok: 1 } },
        b: { "properties.desired": { "not.ok": 1 } },
      },
    };
    await expect(registry.applyConfigurationContentOnDevice("edge3", content as never)).rejects.toThrow();
    const { responseBody: modules } = await registry.getModulesOnDevice("edge3");
    expect(modules).toHaveLength(2);
  });

  test("a bulk request names what failed", async () => {
    await registry.create({ deviceId: "bulk1" });
    const failure = await failureOf(registry.addDevices([{ deviceId: "bulk1" }, { deviceId: "bulk2" }] as never));
    expect(failure.name).toBe("ArgumentError");
    expect((await registry.get("bulk2")).responseBody.deviceId).toBe("bulk2");
  });

  test("configurations at scale", async () => {
    const content = { modulesContent: { $edgeAgent: { "properties.desired": { schemaVersion: "1.1" } } } };
    await registry.addConfiguration({ id: "c1", content, targetCondition: "tags.site='x'", priority: 5 } as never);
    const { responseBody: one } = await registry.getConfiguration("c1");
    expect(one).toMatchObject({ id: "c1", priority: 5, content, systemMetrics: { results: { targetedCount: 0 } } });
    await registry.updateConfiguration({ ...one, priority: 7 }, true);
    expect((await registry.getConfigurations()).responseBody).toMatchObject([{ id: "c1", priority: 7 }]);
    await registry.removeConfiguration("c1");
    expect((await registry.getConfigurations()).responseBody).toEqual([]);
    await expect(registry.getConfiguration("c1")).rejects.toThrow();
  });

  test("queries in pages", async () => {
    for (let index = 0; index < 5; index++) {
      await registry.create({ deviceId: `q${index}` });
      await registry.updateTwin(`q${index}`, { tags: { floor: index } }, "*");
    }
    const query = registry.createQuery("SELECT * FROM devices WHERE tags.floor >= 1 AND startswith(deviceId, 'q')", 3);
    const first = await query.nextAsTwin();
    expect(first.result.map(({ deviceId }) => deviceId)).toEqual(["q1", "q2", "q3"]);
    expect(query.hasMoreResults).toBe(true);
    const second = await query.nextAsTwin();
    expect(second.result.map(({ deviceId }) => deviceId)).toEqual(["q4"]);
    expect(query.hasMoreResults).toBe(false);
    const counted = await registry.createQuery("SELECT COUNT() AS n FROM devices WHERE tags.floor > 2").next();
    expect(counted.result).toEqual([{ n: 2 }]);
  });

  test("statistics", async () => {
    const { responseBody } = await registry.getRegistryStatistics();
    const statistics = responseBody as unknown as Record<string, number>;
    expect(statistics.totalDeviceCount).toBeGreaterThan(0);
    expect(statistics.totalDeviceCount).toBe(
      (statistics.enabledDeviceCount ?? 0) + (statistics.disabledDeviceCount ?? 0),
    );
  });

  test.each([
    ["a wrong key", "iothubowner", { key: Buffer.alloc(32).toString("base64") }],
    ["a policy that does not exist", "nobody", { key: Buffer.alloc(32).toString("base64") }],
    ["a policy without the right", "service", {}],
    ["a policy that may only read", "registryRead", {}],
  ])("%s is refused", async (_, policy, changes) => {
    const other = hub.registry(policy, changes);
    expect((await failureOf(other.create({ deviceId: "refused" }))).name).toBe("UnauthorizedError");
  });

  test("a hub that does not exist is not found", async () => {
    const other = hub.registry("iothubowner", { hostName: "other-hub.azure-devices.net" });
    expect((await failureOf(other.get("d"))).name).toBe("IotHubNotFoundError");
  });

  test("everything is there after a restart, at the same ports", async () => {
    const before = (await registry.get("edge2")).responseBody;
    const twin = (await registry.getModuleTwin("edge2", "camera")).responseBody;
    const { ports } = hub.process;
    await hub.restart();
    expect(hub.process.ports).toEqual(ports);
    expect((await registry.get("edge2")).responseBody).toEqual(before);
    expect((await registry.getModuleTwin("edge2", "camera")).responseBody.properties).toEqual(twin.properties);
  });
});
