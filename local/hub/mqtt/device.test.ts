import { Message } from "azure-iot-common";
import type { Client, ModuleClient, Twin } from "azure-iot-device";
import type { Registry } from "azure-iothub";
import { deviceClient, keyOf, moduleClient } from "../testing/device";
import { Reader } from "../testing/events";
import { TestHub, until } from "../testing/hub";

function report(twin: Twin, patch: object): Promise<void> {
  const { reported } = twin.properties as unknown as {
    reported: { update(patch: object, done: (error?: Error) => void): void };
  };
  return new Promise((resolve, reject) => {
    reported.update(patch, (error) => {
      if (error === undefined || (error as unknown) === null) resolve();
      else reject(error);
    });
  });
}

describe("the device side, by azure-iot-device over MQTT", () => {
  let hub: TestHub;
  let registry: Registry;
  const clients: (Client | ModuleClient)[] = [];
  const readers: Reader[] = [];

  beforeAll(async () => {
    hub = await TestHub.start();
    registry = hub.registry();
    for (const deviceId of ["d1", "d2"]) await registry.create({ deviceId });
    await registry.create({ deviceId: "edge1", capabilities: { iotEdge: true } });
    await registry.addModule({ deviceId: "edge1", moduleId: "camera" });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    for (const reader of readers.splice(0)) await reader.stop();
  });
  afterAll(() => hub.stop());

  const device = async (deviceId: string, key?: string): Promise<Client> => {
    const client = await deviceClient(hub, deviceId, key);
    clients.push(client);
    return client;
  };
  const module = async (deviceId: string, moduleId: string, key?: string): Promise<ModuleClient> => {
    const client = await moduleClient(hub, deviceId, moduleId, key);
    clients.push(client);
    return client;
  };
  const read = (position?: { offset: string }): Reader => {
    const reader = new Reader(hub).start(position);
    readers.push(reader);
    return reader;
  };

  const stateOf = async (deviceId: string): Promise<string | undefined> =>
    (await registry.get(deviceId)).responseBody.connectionState;

  test("a message arrives with all that it carries", async () => {
    const client = await module("edge1", "camera");
    await client.open();
    const message = new Message(JSON.stringify({ label: "car" }));
    message.messageId = "m-1";
    message.correlationId = "c/1&2";
    message.contentType = "application/json";
    message.contentEncoding = "utf-8";
    message.properties.add("type", "spot event");
    const before = Date.now();
    await client.sendOutputEvent("output1", message);
    const [event] = await read().count(1);
    expect(event).toMatchObject({
      body: { label: "car" },
      messageId: "m-1",
      correlationId: "c/1&2",
      contentType: "application/json",
      properties: { type: "spot event" },
      systemProperties: {
        "iothub-connection-device-id": "edge1",
        "iothub-connection-module-id": "camera",
        "iothub-message-source": "Telemetry",
        contentEncoding: "utf-8",
      },
    });
    const enqueued = event?.systemProperties?.["iothub-enqueuedtime"] as number;
    expect(enqueued).toBeGreaterThanOrEqual(before);
    expect(event?.enqueuedTimeUtc.getTime()).toBe(enqueued);
  });

  test("a device's messages keep their order", async () => {
    const client = await device("d1");
    await client.open();
    const reader = read({ offset: "@latest" });
    await until(async () => {
      await client.sendEvent(new Message("start"));
      return reader.events.length > 0;
    });
    const start = reader.events.length;
    await Promise.all(Array.from({ length: 50 }, (_, index) => client.sendEvent(new Message(`n${index}`))));
    await until(() => reader.events.filter(({ event }) => String(event.body).startsWith("n")).length === 50);
    expect(start).toBeGreaterThan(0);
    const bodies = reader.events.map(({ event }) => String(event.body)).filter((body) => body.startsWith("n"));
    expect(bodies).toEqual(Array.from({ length: 50 }, (_, index) => `n${index}`));
  });

  test("a twin is read, reported and changed", async () => {
    await registry.updateTwin("d1", { properties: { desired: { fps: 5 } } }, "*");
    const client = await device("d1");
    await client.open();
    const twin: Twin = await client.getTwin();
    expect(twin.properties.desired).toMatchObject({ fps: 5 });
    const changes: unknown[] = [];
    twin.on("properties.desired", (patch: unknown) => changes.push(patch));

    await report(twin, { state: { ok: true } });
    const { responseBody } = await registry.getTwin("d1");
    expect(responseBody.properties.reported).toMatchObject({ state: { ok: true }, $version: 2 });
    expect(responseBody).toMatchObject({ connectionState: "Connected" });

    await until(() => changes.length > 0);
    const { responseBody: changed } = await registry.updateTwin(
      "d1",
      { properties: { desired: { fps: 7, x: null } } },
      "*",
    );
    await until(() => changes.length > 1);
    expect(changes.at(-1)).toMatchObject({
      fps: 7,
      $version: (changed.properties.desired as { $version: number }).$version,
    });
    expect(twin.properties.desired).toMatchObject({ fps: 7 });
  });

  test("reported properties that break a limit are refused", async () => {
    const client = await device("d1");
    await client.open();
    const twin: Twin = await client.getTwin();
    const update = report(twin, { text: "x".repeat(5000) });
    await expect(update).rejects.toThrow();
    expect((await registry.getTwin("d1")).responseBody.properties.reported).not.toHaveProperty("text");
  });

  test("a direct method is called and answered", async () => {
    const client = await module("edge1", "camera");
    client.onMethod("snapshot", (request, response) => {
      response?.send(201, { got: request?.payload as unknown }, () => undefined);
    });
    await client.open();
    const service = hub.methodClient();
    // The subscription follows the connection; the service waits for it.
    const { result } = (await service.invokeDeviceMethod("edge1", "camera", {
      methodName: "snapshot",
      payload: { a: 1 },
      responseTimeoutInSeconds: 20,
      connectTimeoutInSeconds: 20,
    })) as { result: unknown };
    expect(result).toEqual({ status: 201, payload: { got: { a: 1 } } });
  });

  test("a direct method to a device that is not there is refused", async () => {
    const call = hub.methodClient().invokeDeviceMethod("d2", { methodName: "x", payload: null });
    await expect(call).rejects.toThrow();
  });

  test.each([
    ["a wrong key", "d2", () => Promise.resolve(Buffer.alloc(32).toString("base64"))],
    ["another device's key", "d2", () => keyOf(hub, { deviceId: "d1" })],
    ["a device that is not registered", "d3", () => Promise.resolve(Buffer.alloc(32).toString("base64"))],
  ])("%s is refused", async (_, deviceId, key) => {
    const client = await device(deviceId, await key());
    await expect(client.open()).rejects.toMatchObject({ name: "UnauthorizedError" });
  });

  test("a module may not connect with its device's key", async () => {
    const client = await module("edge1", "camera", await keyOf(hub, { deviceId: "edge1" }));
    await expect(client.open()).rejects.toMatchObject({ name: "UnauthorizedError" });
  });

  test("a device that is removed or disabled is cut off", async () => {
    await registry.create({ deviceId: "cut" });
    const client = await device("cut");
    await client.open();
    await until(async () => (await stateOf("cut")) === "Connected");
    await registry.update({ deviceId: "cut", status: "disabled" });
    await until(async () => (await stateOf("cut")) === "Disconnected");
    await expect((await device("cut")).open()).rejects.toMatchObject({ name: "UnauthorizedError" });
  });

  test("a client works on after the hub's restart, and still gets desired properties", async () => {
    const client = await module("edge1", "camera");
    await client.open();
    const twin = await client.getTwin();
    const changes: Record<string, unknown>[] = [];
    twin.on("properties.desired", (patch: Record<string, unknown>) => changes.push(patch));
    await until(() => changes.length > 0);
    await hub.restart();
    await client.sendOutputEvent("output1", new Message("after"));
    const { responseBody } = await registry.getModuleTwin("edge1", "camera");
    await registry.updateModuleTwin("edge1", "camera", { properties: { desired: { after: true } } }, responseBody.etag);
    await until(() => changes.some((change) => change.after === true));
    const reader = read();
    await until(() => reader.events.some(({ event }) => String(event.body) === "after"));
  });
});
