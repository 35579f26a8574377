import { z } from "zod";

/** A parking spot changed: the body of a message with the application property `type` = `spot`. */
export const spotEventSchema = z.object({
  /** The same for the same change, also after a restart: consumers may drop repeats by it. */
  eventId: z.string(),
  /** Name of the spot. */
  spot: z.string(),
  event: z.enum(["freed", "occupied"]),
  /** When the spot was first seen in its new state, ISO 8601 with milliseconds. */
  at: z.iso.datetime(),
  /** When the state that ended here had begun. */
  since: z.iso.datetime(),
  /** Device id of the camera. */
  camera: z.string(),
});

export type SpotEvent = z.output<typeof spotEventSchema>;
