import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Detection } from "@edge-vision/messages";
import { FileSpotStorage } from "./file-spot-storage";
import type { SpotStorage, StoredEvent } from "./spot-storage";
import { SpotWatch, type SpotWatchSettings } from "./spot-watch";

const settings: SpotWatchSettings = {
  spots: [
    {
      name: "a",
      polygon: [
        [0.1, 0.7],
        [0.3, 0.7],
        [0.3, 0.8],
        [0.1, 0.8],
      ],
    },
  ],
  threshold: 0.5,
  vehicles: ["car"],
  coverage: 0.3,
  enterSeconds: 2,
  exitSeconds: 2,
  gapSeconds: 60,
};
const car: Detection = { label: "car", score: 0.9, box: [120, 580, 290, 790] };

let folder: string;
let unreadable: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spots-"));
  unreadable = [];
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function open(storage?: SpotStorage): Promise<{ watch: SpotWatch; events: StoredEvent[]; faults: string[] }> {
  const events: StoredEvent[] = [];
  const faults: string[] = [];
  const watch = await SpotWatch.open({
    storage: storage ?? new FileSpotStorage(folder, (file) => unreadable.push(file)),
    camera: "camera-1",
    onEvent: (event) => events.push(event),
    onStorageFault: (error) => faults.push(error.message),
  });
  return { watch, events, faults };
}

/** Shows the watch so many pictures, two a second. Returns the time after them. */
function show(watch: SpotWatch, from: number, count: number, detections: Detection[] | undefined): number {
  for (let i = 0; i < count; i++) {
    const time = from + i * 500;
    watch.observe({ moment: { wall: time, tick: time, boot: "b" }, width: 1000, height: 1000, detections });
  }
  return from + count * 500;
}

test("a change is stored, told once, kept until it is removed, and told again by the next run under the same id", async () => {
  const first = await open();
  first.watch.configure(settings);
  let time = show(first.watch, 1000, 10, [car]);
  time = show(first.watch, time, 10, []);
  await first.watch.settled();
  expect(first.events).toHaveLength(1);
  const [freed] = first.events;
  expect(freed?.event).toMatchObject({ spot: "a", event: "freed", camera: "camera-1" });
  expect(freed?.event.eventId).toMatch(/^camera-1\.a\.[0-9a-f]{8}\.1$/);

  const second = await open();
  expect(second.events).toEqual([freed]);
  second.watch.configure(settings);
  time = show(second.watch, time, 10, []);
  await second.watch.settled();
  expect(second.events).toHaveLength(1);
  show(second.watch, time, 10, [car]);
  await second.watch.settled();
  expect(second.events[1]?.event.eventId).toBe(freed?.event.eventId.replace(/1$/, "2"));
  expect(await readdir(join(folder, "outbox"))).toEqual(["000000000001.json", "000000000002.json"]);
});

test("a spot that was moved begins anew and silently, and its ids go on", async () => {
  const { watch, events } = await open();
  watch.configure(settings);
  let time = show(watch, 1000, 10, [car]);
  time = show(watch, time, 10, []);
  const polygon: SpotWatchSettings["spots"][number]["polygon"] = [
    [0.1, 0.7],
    [0.31, 0.7],
    [0.3, 0.8],
    [0.1, 0.8],
  ];
  watch.configure({ ...settings, spots: [{ name: "a", polygon }] });
  expect(watch.spots).toEqual([{ name: "a", phase: "unknown", since: null }]);
  time = show(watch, time, 10, [car]);
  show(watch, time, 10, []);
  await watch.settled();
  expect(events.map(({ change }) => change)).toEqual([1, 2]);
});

test("a spot that was away begins anew and silently, and its ids go on, also in the next run", async () => {
  const first = await open();
  first.watch.configure(settings);
  let time = show(first.watch, 1000, 10, [car]);
  time = show(first.watch, time, 10, []);
  await first.watch.settled();
  const second = await open();
  second.watch.configure(settings);
  expect(second.watch.spots[0]?.phase).toBe("free");
  second.watch.configure({ ...settings, spots: [] });
  second.watch.configure(settings);
  expect(second.watch.spots[0]?.phase).toBe("unknown");
  time = show(second.watch, time, 10, []);
  show(second.watch, time, 10, [car]);
  await second.watch.settled();
  expect(second.events.map(({ change }) => change)).toEqual([1, 2]);
});

test("a reset is silent", async () => {
  const { watch, events } = await open();
  watch.configure(settings);
  const time = show(watch, 1000, 10, [car]);
  expect(watch.reset("b")).toBe(false);
  expect(watch.reset("a")).toBe(true);
  show(watch, time, 10, []);
  await watch.settled();
  expect(events).toEqual([]);
  expect(watch.spots[0]?.phase).toBe("free");
});

test("unreadable files are told and given up", async () => {
  await writeFile(join(folder, "spots.json"), "{");
  await open();
  expect(unreadable).toEqual([join(folder, "spots.json")]);
  await writeFile(join(folder, "outbox", "000000000001.json"), "");
  await writeFile(join(folder, "outbox", "000000000002.json.123"), "");
  await open();
  expect(unreadable[1]).toBe(join(folder, "outbox", "000000000001.json"));
  expect(await readdir(join(folder, "outbox"))).toEqual([]);
});

test("a storage that is full costs no event as long as the module runs", async () => {
  const storage = new FileSpotStorage(folder, () => undefined);
  const { watch, events, faults } = await open(storage);
  storage.addEvent = () => Promise.reject(new Error("ENOSPC"));
  watch.configure(settings);
  const time = show(watch, 1000, 10, [car]);
  show(watch, time, 10, []);
  await watch.settled();
  expect(events).toHaveLength(1);
  expect(faults).toEqual(["ENOSPC"]);
});
