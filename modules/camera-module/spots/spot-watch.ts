import { randomBytes } from "node:crypto";
import type { CameraSettings, Detection, Spot, SpotEvent } from "@edge-vision/messages";
import { judgeSpots } from "./evidence";
import { elapsed, type Moment } from "./moment";
import { type Evidence, type SpotChange, type SpotState, stepSpot, unknownSpot } from "./spot-machine";
import type { SpotStorage, StoredEvent, StoredSpot, StoredSpots } from "./spot-storage";

export type SpotWatchSettings = Pick<
  CameraSettings,
  "spots" | "threshold" | "vehicles" | "coverage" | "enterSeconds" | "exitSeconds" | "gapSeconds"
>;

/** One judged picture; without detections when it cannot be used. */
export interface SpotObservation {
  readonly moment: Moment;
  readonly width: number;
  readonly height: number;
  readonly detections: readonly Detection[] | undefined;
}

export interface SpotWatchOptions {
  storage: SpotStorage;
  /** Stands in events as `camera`. */
  camera: string;
  /** Takes an event that is stored and may be sent. */
  onEvent: (event: StoredEvent) => void;
  /** The storage cannot be written; the watch goes on in memory. */
  onStorageFault: (error: Error) => void;
}

interface Watched {
  readonly spot: Spot;
  readonly shape: string;
  state: SpotState;
}

const saveEveryMilliseconds = 10_000;

/**
 * Watches the spots of one camera over restarts.
 *
 * An event is stored before anything else happens with it; that write is the moment at which a change counts. The
 * spots are stored after it, and a start that finds an event which they do not know yet brings them up to it. So a
 * change is never reported under two ids, and none that was stored is lost, wherever the module is killed.
 */
export class SpotWatch {
  readonly #options: SpotWatchOptions;
  readonly #stored: Map<string, StoredSpot>;
  readonly #epoch: string;
  #watched: Watched[] = [];
  #settings: SpotWatchSettings | undefined;
  #sequence: number;
  #savedAt: Moment | undefined;
  #writes: Promise<void> = Promise.resolve();

  private constructor(options: SpotWatchOptions, stored: StoredSpots, sequence: number) {
    this.#options = options;
    this.#epoch = stored.epoch;
    this.#stored = new Map(Object.entries(stored.spots));
    this.#sequence = sequence;
  }

  /** Takes up what the last run left, and hands its unconfirmed events to `onEvent`. */
  static async open(options: SpotWatchOptions): Promise<SpotWatch> {
    const stored = await options.storage.readSpots();
    const events = await options.storage.readEvents();
    const epoch = stored?.epoch ?? randomBytes(4).toString("hex");
    const watch = new SpotWatch(options, { epoch, spots: stored?.spots ?? {} }, events.at(-1)?.sequence ?? 0);
    for (const event of events) watch.#rollForward(event);
    // Before an event can be sent and forgotten, the spots must know of it.
    if (!stored || events.length > 0) await watch.#save(watch.#snapshot()).catch(options.onStorageFault);
    for (const event of events) options.onEvent(event);
    return watch;
  }

  /**
   * Applies settings. A spot that is new, or was moved or away, begins as unknown; its events are counted on, since the
   * count is part of their ids.
   */
  configure(settings: SpotWatchSettings): void {
    this.#snapshot();
    const away = new Set(this.#stored.keys());
    this.#watched = settings.spots.map((spot) => {
      const shape = JSON.stringify(spot.polygon);
      const stored = this.#stored.get(spot.name);
      away.delete(spot.name);
      const current = this.#watched.find((watched) => watched.shape === shape && watched.spot.name === spot.name);
      if (current) return { ...current, spot };
      if (!stored) return { spot, shape, state: unknownSpot };
      return { spot, shape, state: stored.shape === shape ? { ...stored } : reset(stored) };
    });
    for (const name of away) this.#stored.set(name, { ...reset(this.#stored.get(name) ?? unknownSpot), shape: "" });
    this.#settings = settings;
  }

  /** Takes the next picture, in capture order. */
  observe({ moment, width, height, detections }: SpotObservation): void {
    const settings = this.#settings;
    if (!settings || this.#watched.length === 0) return;
    const evidence = detections && judgeSpots(settings.spots, detections, { width, height }, settings);
    let save = this.#savedAt === undefined || elapsed(this.#savedAt, moment) >= saveEveryMilliseconds;
    const events: StoredEvent[] = [];
    this.#watched.forEach((watched, index) => {
      const before = watched.state;
      const seen: Evidence = evidence?.[index] ?? "unusable";
      const { state, change } = stepSpot(before, seen, moment, {
        enterSeconds: watched.spot.enterSeconds ?? settings.enterSeconds,
        exitSeconds: watched.spot.exitSeconds ?? settings.exitSeconds,
        gapSeconds: settings.gapSeconds,
      });
      watched.state = state;
      save ||= state.phase !== before.phase;
      if (change) events.push(this.#eventOf(watched.spot.name, change));
    });
    if (!save) return;
    this.#savedAt = moment;
    // As it is now: what is stored must never know of a change whose event is not stored yet.
    const spots = this.#snapshot();
    this.#write(async () => {
      for (const event of events) await this.#storeEvent(event);
      await this.#save(spots).catch(this.#options.onStorageFault);
      for (const event of events) this.#options.onEvent(event);
    });
  }

  /** The spots as they stand. */
  get spots(): { name: string; phase: SpotState["phase"]; since: string | null }[] {
    return this.#watched.map(({ spot, state }) => ({
      name: spot.name,
      phase: state.phase,
      since: state.since === 0 ? null : new Date(state.since).toISOString(),
    }));
  }

  /** Makes a spot unknown, or all of them: what comes next is taken silently. Returns whether there is such a spot. */
  reset(name?: string): boolean {
    const chosen = this.#watched.filter(({ spot }) => name === undefined || spot.name === name);
    for (const watched of chosen) watched.state = reset(watched.state);
    const spots = this.#snapshot();
    this.#write(() => this.#save(spots));
    return name === undefined || chosen.length > 0;
  }

  /** Resolves when everything is stored. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  #eventOf(spot: string, { event, at, since, change }: SpotChange): StoredEvent {
    const { camera } = this.#options;
    const body: SpotEvent = {
      eventId: `${camera}.${spot}.${this.#epoch}.${change}`,
      spot,
      event,
      at: new Date(at).toISOString(),
      since: new Date(since).toISOString(),
      camera,
    };
    return { sequence: ++this.#sequence, change, event: body };
  }

  #rollForward({ change, event }: StoredEvent): void {
    const known = this.#stored.get(event.spot);
    if (!known || known.changes >= change) return;
    const at = Date.parse(event.at);
    this.#stored.set(event.spot, {
      ...known,
      phase: event.event === "freed" ? "free" : "occupied",
      since: at,
      changes: change,
    });
  }

  #write(work: () => Promise<void>): void {
    this.#writes = this.#writes.then(work).catch((error: unknown) => {
      this.#options.onStorageFault(error as Error);
    });
  }

  async #storeEvent(event: StoredEvent): Promise<void> {
    try {
      await this.#options.storage.addEvent(event);
    } catch (error) {
      this.#options.onStorageFault(error as Error);
    }
  }

  async #save(spots: Readonly<Record<string, StoredSpot>>): Promise<void> {
    await this.#options.storage.writeSpots({ epoch: this.#epoch, spots });
  }

  /** Every spot that was ever watched, as it is now. */
  #snapshot(): Record<string, StoredSpot> {
    for (const { spot, shape, state } of this.#watched) {
      const { phase, since, changes, seen } = state;
      this.#stored.set(spot.name, { phase, since, changes, seen, shape });
    }
    return Object.fromEntries(this.#stored);
  }
}

function reset(state: Pick<SpotState, "changes">): SpotState {
  return { ...unknownSpot, changes: state.changes };
}
