import type { SpotEvent } from "@edge-vision/messages";
import type { Moment } from "./moment";
import type { SpotPhase } from "./spot-machine";

/** What is kept of a spot over a restart. */
export interface StoredSpot {
  readonly phase: SpotPhase;
  readonly since: number;
  readonly changes: number;
  readonly seen?: Moment | undefined;
  /** The spot's outline: a spot that was moved is another spot. */
  readonly shape: string;
}

/** An event that the hub has not confirmed. */
export interface StoredEvent {
  /** Place in the order of events; also its name in the storage. */
  readonly sequence: number;
  /** Which change of its spot it is; see `SpotState.changes`. */
  readonly change: number;
  readonly event: SpotEvent;
}

export interface StoredSpots {
  /** Drawn once for each storage, so that ids never repeat when the storage is lost. */
  readonly epoch: string;
  readonly spots: Readonly<Record<string, StoredSpot>>;
}

/** Where spots and unconfirmed events outlive the module. Each operation happens wholly or not at all. */
export interface SpotStorage {
  /** Undefined when nothing was stored yet. */
  readSpots(): Promise<StoredSpots | undefined>;
  writeSpots(spots: StoredSpots): Promise<void>;
  /** Unconfirmed events in their order. */
  readEvents(): Promise<StoredEvent[]>;
  addEvent(event: StoredEvent): Promise<void>;
  removeEvent(event: StoredEvent): Promise<void>;
}
