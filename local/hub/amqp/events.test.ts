import { Message } from "azure-iot-common";
import type { Client } from "azure-iot-device";
import { partitionOf } from "../mqtt/telemetry";
import { deviceClient } from "../testing/device";
import { Reader } from "../testing/events";
import { TestHub, until } from "../testing/hub";

describe("the events endpoint, by @azure/event-hubs", () => {
  let hub: TestHub;
  let client: Client;
  const readers: Reader[] = [];
  const partition = partitionOf("d1", 2);

  beforeAll(async () => {
    hub = await TestHub.start();
    await hub.registry().create({ deviceId: "d1" });
    client = await deviceClient(hub, "d1");
    await client.open();
    for (let index = 0; index < 10; index++) await client.sendEvent(new Message(`n${index}`));
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.stop();
  });
  afterAll(async () => {
    await client.close();
    await hub.stop();
  });

  const reader = (
    ...options: ConstructorParameters<typeof Reader> extends [unknown, ...infer R] ? R : never
  ): Reader => {
    const made = new Reader(hub, ...options);
    readers.push(made);
    return made;
  };

  test("the hub and its partitions describe themselves", async () => {
    const { client: consumer } = reader();
    expect(await consumer.getEventHubProperties()).toMatchObject({
      name: "iothub-ehub-vision-hub",
      partitionIds: ["0", "1"],
    });
    expect(await consumer.getPartitionProperties(String(partition))).toMatchObject({
      partitionId: String(partition),
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: 9,
      lastEnqueuedOffset: "9",
      isEmpty: false,
    });
    expect(await consumer.getPartitionProperties(String(1 - partition))).toMatchObject({
      lastEnqueuedSequenceNumber: -1,
      isEmpty: true,
    });
  });

  test("a reader gets all events of a device from one partition, in order", async () => {
    const events = await reader().start().count(10);
    expect(events.map(({ body }) => String(body))).toEqual(Array.from({ length: 10 }, (_, index) => `n${index}`));
    expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(Array.from({ length: 10 }, (_, index) => index));
    expect(new Set(readers[0]?.events.map(({ partitionId }) => partitionId))).toEqual(new Set([String(partition)]));
  });

  test("a start position by offset, sequence number and time", async () => {
    const events = await reader().start().count(10);
    const first = async (position: Parameters<Reader["start"]>[0]): Promise<string> =>
      String((await reader().start(position).count(1))[0]?.body);
    expect(await first({ offset: events[4]?.offset ?? "" })).toBe("n5");
    expect(await first({ offset: events[4]?.offset ?? "", isInclusive: true })).toBe("n4");
    expect(await first({ sequenceNumber: 7, isInclusive: true })).toBe("n7");
    const time = events[6]?.enqueuedTimeUtc.getTime() ?? 0;
    const expected = events.find(({ enqueuedTimeUtc }) => enqueuedTimeUtc.getTime() > time - 1);
    expect(await first({ enqueuedOn: time - 1 })).toBe(String(expected?.body));
  });

  test("a reader that starts at the end gets only what comes", async () => {
    const latest = reader().start({ offset: "@latest" });
    let sent = 0;
    await until(async () => {
      await client.sendEvent(new Message(`late${sent++}`));
      return latest.events.length > 0;
    });
    expect(latest.events.every(({ event }) => String(event.body).startsWith("late"))).toBe(true);
  });

  test("two consumer groups read independently, an unknown one is refused", async () => {
    const monitor = reader({ group: "monitor" }).start();
    const standard = reader().start();
    await Promise.all([monitor.count(10), standard.count(10)]);
    const unknown = reader({ group: "nobody" }).start();
    await until(() => unknown.errors.length > 0);
    expect(unknown.errors[0]).toMatchObject({ code: "MessagingEntityNotFoundError" });
    expect(unknown.events).toEqual([]);
  });

  test.each([
    ["a wrong key", { key: "AAAA" }],
    ["a policy without the right", { policy: "registryRead" }],
  ])("%s is refused", async (_, options) => {
    const refused = reader(options);
    await expect(refused.client.getEventHubProperties({})).rejects.toMatchObject({ code: "UnauthorizedError" });
  });

  test("a thousand events flow", async () => {
    const live = reader({ group: "monitor" }).start({ sequenceNumber: 9 });
    await Promise.all(Array.from({ length: 1000 }, (_, index) => client.sendEvent(new Message(`k${index}`))));
    await until(() => live.events.filter(({ event }) => String(event.body).startsWith("k")).length === 1000);
    const bodies = live.events.map(({ event }) => String(event.body)).filter((body) => body.startsWith("k"));
    expect(bodies).toEqual(Array.from({ length: 1000 }, (_, index) => `k${index}`));
  });
});
