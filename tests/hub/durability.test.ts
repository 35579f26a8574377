import { EventHubConsumerClient, type ReceivedEventData } from "@azure/event-hubs";
import { Message, type Client } from "azure-iot-device";
import { writeHub } from "@edge-vision/local/dist/hub/directory";
import { until } from "@edge-vision/local/dist/hub/testing/hub";
import { HubProcess } from "./hub-process";

jest.setTimeout(240_000);

const deviceIds = ["d1", "d2", "d3"];
const kills = 3;
const confirmedBetween = 40;

let hub: HubProcess;
const clients: Client[] = [];

beforeEach(async () => {
  hub = await HubProcess.create();
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await hub.close();
});

/** Sends numbers one after another until told to stop; the SDK reconnects by itself. */
class NumberSender {
  readonly confirmed: number[] = [];
  #stopped = false;
  #done = Promise.resolve();

  constructor(
    private readonly deviceId: string,
    private readonly client: Client,
  ) {}

  start(): void {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#stopped; number++) {
      try {
        await this.client.sendEvent(new Message(`${this.deviceId} ${number}`));
        this.confirmed.push(number);
      } catch {
        // Not confirmed: it may be missing.
      }
    }
  }
}

async function readAll(wanted: ReadonlySet<string>): Promise<ReceivedEventData[]> {
  const reader = new EventHubConsumerClient("$Default", hub.eventsConnectionString());
  const events: ReceivedEventData[] = [];
  const missing = new Set(wanted);
  const subscription = reader.subscribe(
    {
      processEvents: (batch) => {
        events.push(...batch);
        for (const { body } of batch) missing.delete(String(body));
        return Promise.resolve();
      },
      processError: () => Promise.resolve(),
    },
    { startPosition: { offset: "-1" }, maxBatchSize: 200, maxWaitTimeInSeconds: 1 },
  );
  try {
    await until(() => missing.size === 0, 60_000);
  } finally {
    await subscription.close();
    await reader.close();
  }
  return events;
}

test("kill -9 of the hub loses no message that was confirmed, and no order", async () => {
  const registry = hub.registry();
  const senders: NumberSender[] = [];
  for (const deviceId of deviceIds) {
    await registry.create({ deviceId });
    const client = await hub.device(deviceId);
    clients.push(client);
    await client.open();
    senders.push(new NumberSender(deviceId, client));
  }
  for (const sender of senders) sender.start();
  for (let kill = 0; kill < kills; kill++) {
    const before = senders.map(({ confirmed }) => confirmed.length);
    await until(
      () => senders.every(({ confirmed }, index) => confirmed.length >= (before[index] ?? 0) + confirmedBetween),
      60_000,
    );
    await hub.kill();
    await hub.start();
  }
  const before = senders.map(({ confirmed }) => confirmed.length);
  await until(() => senders.every(({ confirmed }, index) => confirmed.length > (before[index] ?? 0)), 60_000);
  await Promise.all(senders.map((sender) => sender.stop()));

  const wanted = new Set(
    senders.flatMap(({ confirmed }, index) => confirmed.map((number) => `${deviceIds[index] ?? ""} ${number}`)),
  );
  expect(wanted.size).toBeGreaterThanOrEqual(deviceIds.length * kills * confirmedBetween);
  const events = await readAll(wanted);
  for (const deviceId of deviceIds) {
    const firsts = [
      ...new Set(events.map(({ body }) => String(body)).filter((body) => body.startsWith(`${deviceId} `))),
    ];
    const numbers = firsts.map((body) => Number(body.split(" ")[1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
});

test("kill -9 of the hub loses no identity and no twin that was confirmed", async () => {
  const confirmed = new Map<string, number>();
  const stop = new AbortController();
  const write = (async () => {
    for (let number = 0; !stop.signal.aborted; number++) {
      const deviceId = `written-${number}`;
      try {
        const registry = hub.registry();
        await registry.create({ deviceId });
        confirmed.set(deviceId, -1);
        await registry.updateTwin(deviceId, { properties: { desired: { number } } }, "*");
        confirmed.set(deviceId, number);
      } catch {
        // Not confirmed.
      }
    }
  })();
  for (let kill = 0; kill < kills; kill++) {
    const before = confirmed.size;
    await until(() => confirmed.size >= before + 10, 60_000);
    await hub.kill();
    await hub.start();
  }
  stop.abort();
  await write;
  for (const [deviceId, number] of confirmed) {
    const { responseBody: twin } = await hub.registry().getTwin(deviceId);
    if (number >= 0) expect(twin.properties.desired).toMatchObject({ number });
  }
});

test("a restarted hub is found at its ports; a port that is taken is told", async () => {
  const { ports } = hub;
  await hub.kill("SIGTERM");
  await hub.start();
  expect(hub.ports).toEqual(ports);
  const other = await HubProcess.create();
  try {
    await other.kill();
    await expect(other.start("--https-port", String(ports.https))).rejects.toMatchObject({ code: "SERVICE_NOT_READY" });
  } finally {
    await other.close();
  }
});

test("two processes cannot share a state folder", async () => {
  const first = await HubProcess.at(hub.folder, hub.record)
    .start()
    .catch((error: unknown) => error);
  expect(first).toMatchObject({
    code: "SERVICE_NOT_READY",
    message: expect.stringContaining("is in use by another hub process") as string,
  });
});

test("a hub that is removed takes its data with it", async () => {
  await hub.registry().create({ deviceId: "gone" });
  await hub.remove();
  await expect(hub.registry().get("gone")).rejects.toMatchObject({ name: "IotHubNotFoundError" });
  await writeHub(hub.folder, hub.record);
  await expect(hub.registry().get("gone")).rejects.toMatchObject({ name: "DeviceNotFoundError" });
});
