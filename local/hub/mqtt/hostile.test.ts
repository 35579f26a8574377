import { once } from "node:events";
import tls from "node:tls";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { createSas } from "../../protocol/sas";
import { keyOf } from "../testing/device";
import { Reader } from "../testing/events";
import { TestHub, until } from "../testing/hub";

const ended = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.once("close", () => {
      resolve();
    });
  });
const answer = (client: MqttClient): Promise<[topic: string, payload: Buffer]> =>
  new Promise((resolve) => {
    client.once("message", (topic, payload) => {
      resolve([topic, payload]);
    });
  });
const soon = (): number => Math.floor(Date.now() / 1000) + 600;

describe("the device side against hostile clients", () => {
  let hub: TestHub;
  const clients: MqttClient[] = [];
  const readers: Reader[] = [];

  beforeAll(async () => {
    hub = await TestHub.start();
    const registry = hub.registry();
    await registry.create({ deviceId: "good" });
    await registry.create({ deviceId: "bad" });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
    for (const reader of readers.splice(0)) await reader.stop();
  });
  afterAll(() => hub.stop());

  const credentials = async (
    deviceId: string,
    expiry = soon(),
    hostName = hub.record.hostName,
  ): Promise<IClientOptions> => ({
    clientId: deviceId,
    username: `${hub.record.hostName}/${deviceId}/?api-version=2021-04-12`,
    password: createSas({ resource: `${hostName}/devices/${deviceId}`, key: await keyOf(hub, { deviceId }), expiry }),
  });
  const connect = async (options: IClientOptions): Promise<MqttClient> => {
    const client = await connectAsync(
      `mqtts://localhost:${hub.process.ports.mqtt}`,
      { ca: hub.ca, reconnectPeriod: 0, clean: true, ...options },
      false,
    );
    client.on("error", () => undefined);
    clients.push(client);
    return client;
  };
  /** Whether the hub closes a raw connection that sends these bytes. */
  const closes = async (bytes: Buffer): Promise<boolean> => {
    const socket = tls.connect({
      host: "127.0.0.1",
      port: hub.process.ports.mqtt,
      ca: hub.ca,
      servername: "localhost",
    });
    socket.on("error", () => undefined);
    await once(socket, "secureConnect");
    const closed = once(socket, "close");
    socket.write(bytes);
    await closed;
    return true;
  };

  test.each([
    ["a packet before CONNECT", Buffer.from([0x30, 0x03, 0x00, 0x01, 0x61])],
    ["a first packet that announces 256 MB", Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
    ["a length of five bytes", Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a CONNECT of a protocol that does not exist", Buffer.from("100c00044d51545463020000000161".slice(0, 28), "hex")],
  ])("%s ends the connection", async (_, bytes) => {
    expect(await closes(bytes)).toBe(true);
  });

  test.each<[string, () => Promise<IClientOptions>, number]>([
    ["a token that has expired", () => credentials("good", Math.floor(Date.now() / 1000) - 1), 5],
    ["a token for another hub", () => credentials("good", soon(), "other-hub.azure-devices.net"), 5],
    ["another client id", async () => ({ ...(await credentials("good")), clientId: "bad" }), 2],
    ["a user name without a hub", async () => ({ ...(await credentials("good")), username: "good" }), 5],
    [
      "a hub that does not exist",
      async () => ({ ...(await credentials("good")), username: "none.azure-devices.net/good/" }),
      5,
    ],
    ["no password", async () => ({ ...(await credentials("good")), password: "" }), 5],
    ["a password that is no token", async () => ({ ...(await credentials("good")), password: "secret" }), 5],
  ])("%s is refused with its return code", async (_, options, code) => {
    await expect(connect(await options())).rejects.toMatchObject({ code });
  });

  test("a connection ends when its token expires", async () => {
    const client = await connect(await credentials("good", Math.floor(Date.now() / 1000) + 2));
    await ended(client);
    expect(client.connected).toBe(false);
  });

  test("a second connection of the same device takes over", async () => {
    const first = await connect(await credentials("good"));
    const closed = ended(first);
    const second = await connect(await credentials("good"));
    await closed;
    await second.publishAsync("devices/good/messages/events/", "still here", { qos: 1 });
    expect(second.connected).toBe(true);
  });

  test.each([
    "#",
    "devices/+/messages/events/#",
    "devices/good/messages/events/#",
    "devices/bad/messages/devicebound/#",
    "$iothub/#",
    "$SYS/#",
  ])("nobody may subscribe to %s", async (filter) => {
    const client = await connect(await credentials("good"));
    const refused = await client.subscribeAsync(filter).then(
      (granted) => granted.every(({ qos }) => (qos as number) === 128),
      () => true,
    );
    expect(refused).toBe(true);
  });

  test.each([
    "devices/bad/messages/events/",
    "devices/good/modules/m/messages/events/",
    "devices/good/messages/devicebound/",
    "$iothub/twin/res/200/?$rid=1",
    "$iothub/twin/GET/",
    "devices/good/messages/events/a=%zz",
    "anything",
  ])("a message to %s ends the connection, and nothing is stored", async (topic) => {
    const client = await connect(await credentials("good"));
    const closed = ended(client);
    client.publish(topic, "forged", { qos: 1 }, () => undefined);
    await closed;
    const reader = new Reader(hub).start();
    readers.push(reader);
    const marker = await connect(await credentials("bad"));
    await marker.publishAsync("devices/bad/messages/events/", "marker", { qos: 1 });
    await until(() => reader.events.some(({ event }) => String(event.body) === "marker"));
    expect(reader.events.filter(({ event }) => String(event.body) === "forged")).toEqual([]);
  });

  test("a message of 256 KiB is stored, a larger one ends the connection", async () => {
    const client = await connect(await credentials("good"));
    const largest = Buffer.alloc(256 * 1024, 97);
    await client.publishAsync("devices/good/messages/events/", largest, { qos: 1 });
    const reader = new Reader(hub).start();
    readers.push(reader);
    await until(() => reader.events.some(({ event }) => String(event.body).length === largest.length));
    const closed = ended(client);
    client.publish("devices/good/messages/events/", Buffer.alloc(256 * 1024 + 1), { qos: 1 }, () => undefined);
    await closed;
  });

  test("a patch of reported properties that is no JSON is answered, not swallowed", async () => {
    const client = await connect(await credentials("good"));
    await client.subscribeAsync("$iothub/twin/res/#");
    const answered = answer(client);
    await client.publishAsync("$iothub/twin/PATCH/properties/reported/?$rid=7", "{", { qos: 1 });
    const [topic, payload] = await answered;
    expect(topic).toBe("$iothub/twin/res/400/?$rid=7");
    expect(JSON.parse(payload.toString())).toEqual({
      errorCode: 400001,
      message: "ErrorCode:ArgumentInvalid;The patch of reported properties is not JSON.",
    });
  });

  test("properties named like parts of JavaScript are only properties", async () => {
    const client = await connect(await credentials("good"));
    await client.subscribeAsync("$iothub/twin/res/#");
    const answered = answer(client);
    await client.publishAsync(
      "$iothub/twin/PATCH/properties/reported/?$rid=8",
      '{"__proto__":{"polluted":1},"constructor":{"a":1}}',
      {
        qos: 1,
      },
    );
    expect((await answered)[0]).toBe("$iothub/twin/res/204/?$rid=8&$version=2");
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const { responseBody } = await hub.registry().getTwin("good");
    expect(responseBody.properties.reported).toMatchObject({ constructor: { a: 1 } });
  });

  test("a will is sent in the device's own name only", async () => {
    const will = (topic: string, payload: string): IClientOptions => ({
      will: { topic, payload: Buffer.from(payload), qos: 1, retain: false },
    });
    const forged = await connect({
      ...(await credentials("good")),
      ...will("devices/bad/messages/events/", "forged will"),
    });
    (forged.stream as unknown as { destroy(): void }).destroy();
    const own = await connect({ ...(await credentials("bad")), ...will("devices/bad/messages/events/", "own will") });
    (own.stream as unknown as { destroy(): void }).destroy();
    const reader = new Reader(hub).start();
    readers.push(reader);
    await until(() => reader.events.some(({ event }) => String(event.body) === "own will"));
    expect(reader.events.some(({ event }) => String(event.body) === "forged will")).toBe(false);
  });
});
