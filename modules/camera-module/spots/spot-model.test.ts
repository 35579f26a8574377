import type { Detection } from "@edge-vision/messages";
import fc from "fast-check";
import type { SpotStorage, StoredEvent, StoredSpots } from "./spot-storage";
import { SpotWatch, type SpotWatchSettings } from "./spot-watch";

jest.setTimeout(120_000);

/*
 * A car park that is known exactly, watched by a module that is killed again and again, also in the middle of a write,
 * with a wall clock that jumps. The hub must get each change of the car park exactly once, in order.
 */

const settings: SpotWatchSettings = {
  spots: ["a", "b"].map((name, i) => ({
    name,
    polygon: [
      [0.1 + i / 4, 0.7],
      [0.3 + i / 4, 0.7],
      [0.3 + i / 4, 0.8],
      [0.1 + i / 4, 0.8],
    ],
  })),
  threshold: 0.5,
  vehicles: ["car"],
  coverage: 0.3,
  enterSeconds: 2,
  exitSeconds: 3,
  gapSeconds: 60,
};
const cars: Detection[] = [0, 250].map((x) => ({ label: "car", score: 0.9, box: [120 + x, 580, 290 + x, 790] }));
const frame = 500;

class Killed extends Error {}

/** A disk on which each operation happens wholly or not at all, and the process may be killed before or after it. */
class Disk implements SpotStorage {
  spots: StoredSpots | undefined;
  readonly events = new Map<number, StoredEvent>();
  /** Operations until the process is killed; an even number kills before the operation, an odd one after it. */
  killIn = Infinity;
  killed = false;

  async #operation<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.killed || (this.killIn -= 2) === -2) {
      this.killed = true;
      throw new Killed();
    }
    const result = work();
    if (this.killIn === -1) {
      this.killed = true;
      throw new Killed();
    }
    return result;
  }

  readSpots = (): Promise<StoredSpots | undefined> => this.#operation(() => this.spots);
  writeSpots = (spots: StoredSpots): Promise<void> => this.#operation(() => void (this.spots = structuredClone(spots)));
  readEvents = (): Promise<StoredEvent[]> =>
    this.#operation(() => [...this.events.values()].sort((a, b) => a.sequence - b.sequence));
  addEvent = (event: StoredEvent): Promise<void> => this.#operation(() => void this.events.set(event.sequence, event));
  removeEvent = (event: StoredEvent): Promise<void> => this.#operation(() => void this.events.delete(event.sequence));
}

/** What happens while the car park stays as it is. */
interface Stretch {
  /** Which spots are taken. */
  taken: [boolean, boolean];
  /** The process is killed at this operation on the disk, if there are so many. */
  killIn: number | undefined;
  /** Milliseconds until the killed process runs again. */
  away: number;
  /** What the wall clock jumps at the end. */
  jump: number;
}

const stretch: fc.Arbitrary<Stretch> = fc.record({
  taken: fc.tuple(fc.boolean(), fc.boolean()),
  killIn: fc.option(fc.integer({ min: 0, max: 14 }), { nil: undefined }),
  // Two kills in a row stay below the gap after which a spot is unknown.
  away: fc.constantFrom(0, 700, 5000, 12_000),
  jump: fc.constantFrom(0, 0, 3_600_000, -3_600_000, -50 * 365 * 86_400_000),
});

async function play(stretches: Stretch[]): Promise<{ received: StoredEvent[]; expected: string[] }> {
  const disk = new Disk();
  const received: StoredEvent[] = [];
  const expected: string[] = [];
  let [tick, jumped] = [0, 0];
  let before: [boolean, boolean] | undefined;
  let watch: SpotWatch | undefined;

  const start = async (): Promise<SpotWatch> => {
    disk.killed = false;
    disk.killIn = Infinity;
    const opened = await SpotWatch.open({
      storage: disk,
      camera: "c",
      onEvent: (event) => {
        if (disk.killed) return;
        // The hub has it before the module knows; the module may be killed before it forgets it.
        received.push(event);
        disk.removeEvent(event).catch(() => undefined);
      },
      onStorageFault: () => undefined,
    });
    opened.configure(settings);
    return opened;
  };

  for (const { taken, killIn, away, jump } of stretches) {
    const killAtStart = killIn;
    let killsLeft = killAtStart === undefined ? 0 : 1;
    for (const [i, name] of ["a", "b"].entries()) {
      if (before && before[i] !== taken[i]) expected.push(`${name} ${taken[i] ? "occupied" : "freed"}`);
    }
    before = taken;
    // Long enough for the change to count, killed or not.
    for (let shown = 0; shown < 22; shown++) {
      if (watch && disk.killed) {
        watch = undefined;
        tick += away;
      }
      watch ??= await start();
      if (killsLeft > 0 && disk.killIn === Infinity) {
        disk.killIn = killAtStart ?? Infinity;
        killsLeft = 0;
      }
      tick += frame;
      const detections = cars.filter((_, i) => taken[i]);
      watch.observe({ moment: { wall: 1e12 + tick + jumped, tick, boot: "b" }, width: 1000, height: 1000, detections });
      await watch.settled();
      await new Promise(setImmediate);
    }
    jumped += jump;
  }
  return { received, expected };
}

test("each change is reported under one id, in order, none is lost and none invented", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stretch, { minLength: 1, maxLength: 12 }), async (stretches) => {
      const { received, expected } = await play(stretches);
      const distinct = [...new Map(received.map(({ event }) => [event.eventId, event])).values()];
      for (const name of ["a", "b"]) {
        const got = distinct.filter(({ spot }) => spot === name).map(({ spot, event }) => `${spot} ${event}`);
        expect(got).toEqual(expected.filter((text) => text.startsWith(name)));
      }
      // An id always stands for the same event.
      for (const { event } of received) expect(distinct).toContainEqual(event);
    }),
    { seed: 11, numRuns: 100 },
  );
});
