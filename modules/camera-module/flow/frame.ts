import type { Picture } from "../jpeg/splitter";
import type { Moment } from "../spots/moment";

/** A picture with its place in time. */
export interface Frame extends Picture {
  /** Counts up from 1 in capture order. */
  readonly sequence: number;
  /** When the picture was whole. */
  readonly moment: Moment;
  /** The same by the wall clock alone, in milliseconds since 1970. */
  readonly capturedAt: number;
}

/**
 * Why a frame was not judged: above the `rate`; `busy`, all requests of the pool in flight or the service's own queue
 * full; `paused` as the inference service asked; `refused` by it; `failed` on the way.
 */
export type DropReason = "rate" | "busy" | "paused" | "refused" | "failed";
