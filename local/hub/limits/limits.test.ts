import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pino from "pino";
import { Journal } from "../store/journal";
import { DailyQuota, dailyLimit, unitsOf } from "./quota";
import { Throttle } from "./throttle";

const free = { name: "F1", capacity: 1 };
const standard = { name: "S1", capacity: 2 };

test.each([
  [0, free, 1],
  [512, free, 1],
  [513, free, 2],
  [4096, standard, 1],
  [4097, standard, 2],
  [256 * 1024, free, 512],
])("a message of %i bytes in %j counts as %i", (bytes, sku, units) => {
  expect(unitsOf(bytes, sku)).toBe(units);
});

test("the day's limit grows with the units", () => {
  expect(dailyLimit(free)).toBe(8000);
  expect(dailyLimit(standard)).toBe(800_000);
});

describe("the day's quota", () => {
  let folder: string;
  let journal: Journal;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "quota-"));
    journal = await Journal.open(folder);
  });
  afterEach(async () => {
    await journal.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (enforce: boolean, now = new Date("2026-11-23T12:00:00Z")): Promise<DailyQuota> =>
    DailyQuota.open(journal, "hub", () => free, { enforce, logger: pino({ level: "silent" }), now: () => now });

  test("what is above is refused, also after a restart, until the next day", async () => {
    const quota = await open(true);
    await journal.write([quota.take(7999 * 512)]);
    await journal.write([quota.take(1)]);
    expect(() => quota.take(1)).toThrow("The hub took 8000 of 8000 messages that F1 allows a day.");
    const again = await open(true);
    expect(again.used).toBe(8000);
    expect(() => again.take(1)).toThrow("8000 of 8000");
    const tomorrow = await open(true, new Date("2026-11-24T00:00:00Z"));
    tomorrow.take(1);
    expect(tomorrow.used).toBe(1);
  });

  test("it only counts when it is not enforced", async () => {
    const quota = await open(false);
    quota.take(9000 * 512);
    expect(quota.used).toBe(9000);
  });
});

test("a bucket empties, tells when there is room, and fills again", () => {
  let now = 0;
  const throttle = new Throttle(
    () => free,
    () => now,
  );
  for (let index = 0; index < 20; index++) throttle.take("queries");
  const take = (): void => {
    throttle.take("queries");
  };
  expect(take).toThrow(expect.objectContaining({ code: "ThrottlingException", status: 429, retryAfter: 3 }) as Error);
  throttle.take("registry");
  now += 3000;
  expect(take).not.toThrow();
  expect(take).toThrow("More than 20 operations (queries) a minute.");
});
