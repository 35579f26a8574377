import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pino from "pino";
import { Lane } from "./lane";
import { MessageStore, type StoredMessage } from "./message-store";

const log = pino({ level: "silent" });
const lane = "upstream/camera";
let folder: string;
let store: MessageStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "edge-vision-lane-"));
  store = await MessageStore.open(folder);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function add(number: number, expiresAt?: number): Promise<void> {
  const body = Buffer.from(String(number));
  const properties = { system: {}, application: {} };
  const delivery = { lane, priority: 10, ...(expiresAt === undefined ? {} : { expiresAt }) };
  await store.add({ moduleId: "camera", properties, body, enqueuedAt: 0 }, [delivery]);
}

const numberOf = (stored: StoredMessage): number => Number(stored.message.body.toString());

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A receiver that confirms late, and loses its connection now and then. */
class Receiver {
  readonly got: number[] = [];
  open = true;
  failures = 0;
  mostAtOnce = 0;
  private atOnce = 0;
  private epoch = 0;

  constructor(private readonly breaksAt: readonly number[] = []) {}

  async deliver(stored: StoredMessage): Promise<void> {
    const { epoch } = this;
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    this.got.push(numberOf(stored));
    const breaks = this.breaksAt.includes(this.got.length);
    await new Promise((resolve) => setImmediate(resolve));
    this.atOnce -= 1;
    if (breaks || epoch !== this.epoch) {
      if (epoch === this.epoch) this.epoch += 1;
      throw new Error("not confirmed");
    }
  }
}

function laneTo(receiver: Receiver, window: number, reopen: (lane: Lane) => void): Lane {
  const made: Lane = new Lane({
    name: lane,
    store,
    window,
    isOpen: () => receiver.open,
    deliver: (stored) => receiver.deliver(stored),
    failed: () => {
      receiver.failures += 1;
      receiver.open = false;
      setTimeout(() => {
        receiver.open = true;
        reopen(made);
      }, 5);
    },
    delivered: () => undefined,
    log,
  });
  return made;
}

test("all are delivered in order, never more at once than the window", async () => {
  const receiver = new Receiver();
  const made = laneTo(receiver, 4, () => undefined);
  for (let number = 1; number <= 50; number++) {
    await add(number);
    made.pump();
  }
  await until(() => store.queued === 0);
  expect(receiver.got).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(receiver.mostAtOnce).toBeLessThanOrEqual(4);
});

test("after a failure everything that was not confirmed comes again, from the first, and nothing is lost", async () => {
  const receiver = new Receiver([3, 11, 12, 30]);
  const made = laneTo(receiver, 8, (one) => {
    one.pump();
  });
  for (let number = 1; number <= 40; number++) await add(number);
  made.pump();
  await until(() => store.queued === 0);
  const firsts = [...new Set(receiver.got)];
  expect(firsts).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect(receiver.failures).toBeGreaterThanOrEqual(3);
});

test("a closed receiver is given nothing until it opens", async () => {
  const receiver = new Receiver();
  receiver.open = false;
  const made = laneTo(receiver, 4, () => undefined);
  await add(1);
  made.pump();
  await new Promise((resolve) => setImmediate(resolve));
  expect(receiver.got).toEqual([]);
  receiver.open = true;
  made.pump();
  await until(() => store.queued === 0);
  expect(receiver.got).toEqual([1]);
});

test("what is past its time to live is dropped, not delivered", async () => {
  const receiver = new Receiver();
  const made = laneTo(receiver, 4, () => undefined);
  await add(1, 5);
  await add(2);
  made.pump();
  await until(() => store.queued === 0);
  expect(receiver.got).toEqual([2]);
});
