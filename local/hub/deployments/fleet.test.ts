import type { Registry } from "azure-iothub";
import { TestHub, until } from "../testing/hub";

interface Results {
  results: Record<string, number>;
}

const base = (fps: number, extra: object = {}): object => ({
  modulesContent: {
    $edgeAgent: {
      "properties.desired": {
        schemaVersion: "1.1",
        runtime: { type: "docker" },
        modules: { camera: { version: "1" } },
      },
    },
    $edgeHub: { "properties.desired": { schemaVersion: "1.1", routes: { up: "FROM /* INTO $upstream" } } },
    camera: { "properties.desired": { fps } },
    ...extra,
  },
});

const layer = {
  modulesContent: {
    $edgeAgent: { "properties.desired.modules.probe": { version: "2" } },
    $edgeHub: { "properties.desired.routes.probe": "FROM /messages/modules/probe/* INTO $upstream" },
    camera: { "properties.desired.threshold": 0.5 },
  },
};

describe("configurations at scale", () => {
  let hub: TestHub;
  let registry: Registry;
  beforeEach(async () => {
    hub = await TestHub.start();
    registry = hub.registry();
    for (const [deviceId, site] of [
      ["a1", "a"],
      ["a2", "a"],
      ["b1", "b"],
    ] as const) {
      await registry.create({ deviceId, capabilities: { iotEdge: true } });
      await registry.updateTwin(deviceId, { tags: { site } }, "*");
    }
  });
  afterEach(() => hub.stop());

  const desired = async (deviceId: string, moduleId: string): Promise<Record<string, unknown> | undefined> => {
    try {
      const { properties } = (await registry.getModuleTwin(deviceId, moduleId)).responseBody;
      const { $metadata: _, ...values } = properties.desired as Record<string, unknown>;
      return values;
    } catch {
      return undefined;
    }
  };
  const add = async (id: string, content: object, targetCondition: string, priority: number): Promise<void> => {
    await registry.addConfiguration({ id, content, targetCondition, priority } as never);
  };
  const counts = async (id: string): Promise<Record<string, number>> =>
    ((await registry.getConfiguration(id)).responseBody as unknown as { systemMetrics: Results }).systemMetrics.results;

  test("a deployment reaches the devices that its condition names, and those that come to match", async () => {
    await add("one", base(5), "tags.site = 'a'", 1);
    await until(async () => (await desired("a1", "camera"))?.fps === 5 && (await desired("a2", "camera"))?.fps === 5);
    expect(await desired("b1", "camera")).toBeUndefined();
    expect(await counts("one")).toEqual({
      targetedCount: 2,
      appliedCount: 2,
      reportedSuccessfulCount: 0,
      reportedFailedCount: 0,
    });
    await registry.updateTwin("b1", { tags: { site: "a" } }, "*");
    await until(async () => (await desired("b1", "camera"))?.fps === 5);
  });

  test("the higher priority wins; when it goes, the other takes over", async () => {
    await add("low", base(1), "*", 1);
    await add("high", base(9), "deviceId IN ['a1']", 2);
    await until(async () => (await desired("a1", "camera"))?.fps === 9 && (await desired("a2", "camera"))?.fps === 1);
    expect(await counts("low")).toMatchObject({ targetedCount: 3, appliedCount: 2 });
    await registry.removeConfiguration("high");
    await until(async () => (await desired("a1", "camera"))?.fps === 1);
    await registry.removeConfiguration("low");
    expect((await desired("a1", "camera"))?.fps).toBe(1);
  });

  test("a layer adds to the base, and leaves with it what it added", async () => {
    await add("base", base(5), "*", 1);
    await add("layer", layer, "tags.site = 'a'", 2);
    await until(async () => (await desired("a1", "camera"))?.threshold === 0.5);
    expect(await desired("a1", "camera")).toMatchObject({ fps: 5, threshold: 0.5 });
    expect(await desired("a1", "$edgeAgent")).toMatchObject({
      modules: { camera: { version: "1" }, probe: { version: "2" } },
    });
    const { responseBody: modules } = await registry.getModulesOnDevice("a1");
    expect(modules.map(({ moduleId }) => moduleId)).toContain("probe");
    await registry.removeConfiguration("layer");
    await until(async () => (await desired("a1", "camera"))?.threshold === undefined);
    expect(await desired("a1", "$edgeAgent")).not.toHaveProperty("modules.probe");
  });

  test("a configuration that changes nothing leaves a twin's version alone", async () => {
    await add("one", base(5), "*", 1);
    await until(async () => (await desired("a1", "camera"))?.fps === 5);
    const version = (await desired("a1", "camera"))?.$version;
    await add("two", base(5), "*", 2);
    await until(async () => (await counts("two")).appliedCount === 3);
    await registry.updateTwin("a1", { tags: { seen: true } }, "*");
    expect((await desired("a1", "camera"))?.$version).toBe(version);
  });

  test("metrics count what their queries find", async () => {
    await registry.addConfiguration({
      id: "metrics",
      content: base(5),
      targetCondition: "*",
      priority: 1,
      metrics: {
        queries: { all: "SELECT deviceId FROM devices WHERE tags.site = 'a'", sum: "SELECT COUNT() AS n FROM devices" },
      },
    } as never);
    const { metrics } = (await registry.getConfiguration("metrics")).responseBody as unknown as { metrics: Results };
    expect(metrics.results).toEqual({ all: 2, sum: 3 });
  });

  test.each([
    ["a condition that cannot be read", { targetCondition: "tags.site ==" }],
    ["a priority that is no number", { priority: "high" }],
    ["content that is empty", { content: {} }],
    ["an id with capitals", { id: "One" }],
  ])("%s is refused", async (_, changes) => {
    const configuration = { id: "refused", content: base(1), targetCondition: "*", priority: 1, ...changes };
    await expect(registry.addConfiguration(configuration as never)).rejects.toMatchObject({ name: "ArgumentError" });
  });

  test("the content of a configuration cannot be changed", async () => {
    await add("fixed", base(5), "*", 1);
    const { responseBody } = await registry.getConfiguration("fixed");
    await expect(registry.updateConfiguration({ ...responseBody, content: base(6) }, true)).rejects.toMatchObject({
      name: "ArgumentError",
    });
  });
});
