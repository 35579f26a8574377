import { pino } from "pino";
import { FakeEdgeHub } from "../testing/fake-edge-hub";
import { until } from "../testing/until";
import type { DesiredProperties } from "../settings/live-settings";
import { type DeliveryError, HubConnection, type OutgoingMessage } from "./hub-connection";

jest.setTimeout(120_000);

const message: OutgoingMessage = { id: "1", type: "detections", body: { a: 1 } };

let hub: FakeEdgeHub;
let end: AbortController;
let running: Promise<void>;
let desired: DesiredProperties[];
let connection: HubConnection;

beforeEach(() => {
  hub = new FakeEdgeHub();
  end = new AbortController();
  desired = [];
  connection = new HubConnection({
    connect: hub.connect,
    output: "output1",
    onDesired: (properties) => desired.push(properties),
    methods: {
      twice: (payload) => ({ status: 200, body: { twice: 2 * Number(payload) } }),
      broken: () => Promise.reject(new Error("no")),
    },
    log: pino({ level: "silent" }),
    messageTimeoutMilliseconds: 20,
    backOffMilliseconds: [5, 20],
  });
  running = connection.run(end.signal);
});

afterEach(async () => {
  end.abort();
  await running;
});

async function connected(times = 1): Promise<void> {
  await until(() => hub.opened >= times && connection.connected, `connection ${times}`);
}

function failureOf(sending: Promise<void>): Promise<DeliveryError["code"] | undefined> {
  return sending.then(
    () => undefined,
    (error: unknown) => (error as DeliveryError).code,
  );
}

test("messages resolve when they are confirmed", async () => {
  await connected();
  await connection.send(message);
  expect(hub.sent).toMatchObject([{ id: "1", type: "detections", body: { a: 1 } }]);
});

test("without a connection a message is refused at once, and one that is open when it breaks is given back", async () => {
  await connected();
  hub.confirming = false;
  const open = failureOf(connection.send(message));
  hub.reachable = false;
  hub.drop();
  expect(await open).toBe("CONNECTION_LOST");
  expect(await failureOf(connection.send(message))).toBe("NOT_CONNECTED");
  hub.reachable = hub.confirming = true;
  await connected(2);
  await connection.send(message);
  expect(hub.sent).toHaveLength(1);
});

test("message after message without a confirmation makes a new connection", async () => {
  await connected();
  hub.confirming = false;
  let overdue = 0;
  const failures = [1, 2, 3].map(() => failureOf(connection.send(message, () => (overdue += 1))));
  expect(await Promise.all(failures)).toEqual(["CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST"]);
  expect(overdue).toBe(3);
  await connected(2);
});

test("desired properties come whole, at the start and after each change, also what was missed meanwhile", async () => {
  hub.desire({ labels: ["a", "b"] });
  await connected();
  await until(() => desired.at(-1)?.$version === 2, "the first properties");
  hub.desire({ labels: ["c"] });
  await until(() => desired.at(-1)?.$version === 3, "the change");
  expect(desired.at(-1)).toEqual({ labels: ["c"], $version: 3 });
  hub.drop();
  hub.desire({ fps: 3 });
  await until(() => desired.at(-1)?.$version === 4, "what was missed");
  expect(desired.at(-1)).toEqual({ labels: ["c"], fps: 3, $version: 4 });
});

test("reported properties that were set before the connection are sent with it, the latest value of each", async () => {
  const early = new HubConnection({
    connect: hub.connect,
    output: "output1",
    onDesired: () => undefined,
    methods: {},
    log: pino({ level: "silent" }),
  });
  early.report({ a: 1, b: 1 });
  early.report({ a: 2 });
  const stop = new AbortController();
  const ran = early.run(stop.signal);
  await until(() => hub.reported.a === 2, "the report");
  expect(hub.reported).toMatchObject({ a: 2, b: 1 });
  const updates = hub.updates;
  early.report({ a: 2, b: 1 });
  early.report({ c: 1 });
  await until(() => hub.reported.c === 1, "the next report");
  expect(hub.updates).toBe(updates + 1);
  stop.abort();
  await ran;
});

test("direct methods are answered, and one that fails breaks nothing", async () => {
  await connected();
  expect(await hub.invoke("twice", 21)).toEqual({ status: 200, body: { twice: 42 } });
  expect(await hub.invoke("broken")).toMatchObject({ status: 500 });
  expect(connection.connected).toBe(true);
});
