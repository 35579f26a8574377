import { pino } from "pino";
import type { StoredEvent } from "../spots/spot-storage";
import { until } from "../testing/until";
import { Outbox, type OutboxOptions } from "./outbox";

jest.setTimeout(120_000);

const day = Date.parse("2026-01-02T00:00:00.000Z");

function event(sequence: number, at = day): StoredEvent {
  const time = new Date(at).toISOString();
  const body = { eventId: `c.a.e.${sequence}`, spot: "a", event: "freed" as const, at: time, since: time, camera: "c" };
  return { sequence, change: sequence, event: body };
}

const eventBytes = Buffer.byteLength(JSON.stringify(event(1)));
let end: AbortController;
let running: Promise<void> | undefined;

function outbox(send: Parameters<Outbox["run"]>[0]): {
  outbox: Outbox;
  start: () => Promise<void>;
  removed: number[];
  lost: string[];
} {
  const removed: number[] = [];
  const lost: string[] = [];
  const options: OutboxOptions = {
    remove: ({ sequence }) => Promise.resolve(void removed.push(sequence)),
    onLost: ({ sequence }, reason) => lost.push(`${sequence} ${reason}`),
    log: pino({ level: "silent" }),
    backOffMilliseconds: [1, 10],
    now: () => day,
  };
  const outbox = new Outbox(options);
  return { outbox, start: () => outbox.run(send, end.signal), removed, lost };
}

beforeEach(() => {
  end = new AbortController();
});

afterEach(async () => {
  end.abort();
  await running;
});

test("events go out in order, each until it is confirmed, and are removed only then", async () => {
  const tried: string[] = [];
  const {
    outbox: box,
    start,
    removed,
  } = outbox(({ id }) => {
    tried.push(id);
    return Promise.resolve(tried.length % 3 === 0);
  });
  for (const number of [1, 2, 3]) box.add(event(number));
  running = start();
  await until(() => removed.length === 3, "all confirmations");
  expect(tried.map((id) => id.slice(-1)).join("")).toBe("111222333");
  expect(removed).toEqual([1, 2, 3]);
  expect(box.length).toBe(0);
});

test.each([
  ["drop-oldest" as const, ["1 full"], ["2", "3"]],
  ["drop-newest" as const, ["3 full"], ["1", "2"]],
])("when it is full: %s", async (whenFull, expectedLost, expectedSent) => {
  const sent: string[] = [];
  const {
    outbox: box,
    start,
    lost,
  } = outbox(({ id }) => {
    sent.push(id.slice(-1));
    return Promise.resolve(true);
  });
  box.configure({ maxBytes: 2 * eventBytes, maxAgeSeconds: 3600, whenFull });
  for (const number of [1, 2, 3]) box.add(event(number));
  running = start();
  await until(() => sent.length === 2, "what fits");
  expect(lost).toEqual(expectedLost);
  expect(sent).toEqual(expectedSent);
});

test("an event that is on its way is not given up for a new one", async () => {
  let confirm: (confirmed: boolean) => void = () => undefined;
  const sent: string[] = [];
  const {
    outbox: box,
    start,
    lost,
  } = outbox(({ id }) => {
    sent.push(id.slice(-1));
    return new Promise((resolve) => (confirm = resolve));
  });
  box.configure({ maxBytes: 2 * eventBytes, maxAgeSeconds: 3600, whenFull: "drop-oldest" });
  box.add(event(1));
  running = start();
  await until(() => sent.length === 1, "the first");
  box.add(event(2));
  box.add(event(3));
  expect(lost).toEqual(["2 full"]);
  confirm(true);
  await until(() => sent.length === 2, "the next");
  expect(sent).toEqual(["1", "3"]);
  confirm(true);
});

test("what is too old is not sent any more", async () => {
  const sent: string[] = [];
  const {
    outbox: box,
    start,
    lost,
    removed,
  } = outbox(({ id }) => {
    sent.push(id.slice(-1));
    return Promise.resolve(true);
  });
  box.configure({ maxBytes: 1e6, maxAgeSeconds: 60, whenFull: "drop-oldest" });
  box.add(event(1, day - 61_000));
  box.add(event(2, day - 59_000));
  running = start();
  await until(() => sent.length === 1, "the young one");
  expect([sent, lost, removed]).toEqual([["2"], ["1 old"], expect.arrayContaining([1])]);
});
