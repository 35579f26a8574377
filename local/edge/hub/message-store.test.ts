import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { EdgeMessage } from "./message";
import { MessageStore, type Delivery, type StoredMessage } from "./message-store";

let folder: string;
let store: MessageStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "edge-vision-store-"));
  store = await MessageStore.open(folder);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const message = (text: string): EdgeMessage => ({
  moduleId: "camera",
  output: "output1",
  properties: { system: { ct: "application/json" }, application: { type: "spot", __proto__: "x", ü: "é" } },
  body: Buffer.from(text),
  enqueuedAt: 1,
});
const to = (lane: string, change: Partial<Delivery> = {}): Delivery => ({ lane, priority: 10, ...change });
const texts = (stored: readonly StoredMessage[]): string[] => stored.map((one) => one.message.body.toString());
const none = new Set<string>();

test("messages come back whole, in order, by lane", async () => {
  await Promise.all(["a", "b", "c"].map((text) => store.add(message(text), [to("upstream/camera")])));
  await store.add(message("d"), [to("upstream/camera"), to("input/other", { input: "in" })]);
  const stored = await store.first("upstream/camera", 10, none);
  expect(texts(stored)).toEqual(["a", "b", "c", "d"]);
  expect(stored[0]?.message).toEqual(message("a"));
  expect(await store.first("input/other", 10, none)).toMatchObject([{ input: "in" }]);
  expect(await store.first("upstream/cam", 10, none)).toEqual([]);
  expect(store.queued).toBe(5);
  expect(store.lanes().sort()).toEqual(["input/other", "upstream/camera"]);
});

test("a better priority overtakes, the rest keeps its order", async () => {
  for (const [text, priority] of [
    ["a", 2_000_000_000],
    ["b", 5],
    ["c", 0],
    ["d", 5],
    ["e", 2_000_000_000],
  ] as const) {
    await store.add(message(text), [to("upstream/camera", { priority })]);
  }
  expect(texts(await store.first("upstream/camera", 10, none))).toEqual(["c", "b", "d", "a", "e"]);
});

test("a limit, and messages that are on their way", async () => {
  for (const text of ["a", "b", "c", "d"]) await store.add(message(text), [to("upstream/camera")]);
  const [first] = await store.first("upstream/camera", 1, none);
  expect(texts(await store.first("upstream/camera", 2, new Set([first?.key ?? ""])))).toEqual(["b", "c"]);
});

test("it survives being closed, and goes on where it was", async () => {
  await store.add(message("a"), [to("upstream/camera")]);
  await store.add(message("b"), [to("upstream/camera")]);
  const bytes = store.queuedBytes;
  await store.close();
  store = await MessageStore.open(folder);
  expect([store.queued, store.queuedBytes]).toEqual([2, bytes]);
  await store.add(message("c"), [to("upstream/camera")]);
  const stored = await store.first("upstream/camera", 10, none);
  expect(texts(stored)).toEqual(["a", "b", "c"]);
  for (const { key } of stored) await store.remove(key);
  expect([store.queued, store.queuedBytes, store.lanes()]).toEqual([0, 0, []]);
});

test("what is past its time to live goes, what is on its way and what lives for ever stays", async () => {
  await store.add(message("old"), [to("upstream/camera", { expiresAt: 1000 })]);
  await store.add(message("sent"), [to("upstream/camera", { expiresAt: 1000 })]);
  await store.add(message("young"), [to("upstream/camera", { expiresAt: 2001 })]);
  await store.add(message("for ever"), [to("upstream/camera")]);
  const sent = (await store.first("upstream/camera", 2, none))[1]?.key;
  expect(await store.removeExpired(2000, (key) => key === sent)).toBe(1);
  expect(texts(await store.first("upstream/camera", 10, none))).toEqual(["sent", "young", "for ever"]);
});

test("a full store refuses, keeps what it has, and takes again when there is room", async () => {
  await store.close();
  store = await MessageStore.open(folder, { maximumBytes: 1000 });
  await store.add(message("x".repeat(500)), [to("upstream/camera")]);
  await expect(store.add(message("y".repeat(500)), [to("upstream/camera")])).rejects.toMatchObject({
    code: "MESSAGE_STORE_FULL",
  });
  const [stored] = await store.first("upstream/camera", 10, none);
  await store.remove(stored?.key ?? "");
  await store.add(message("y".repeat(500)), [to("upstream/camera")]);
  expect(store.queued).toBe(1);
});
