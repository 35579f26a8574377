import { spotSchema } from "@edge-vision/messages";
import { z } from "zod";

/**
 * What truly happened in a clip, generated or labelled by hand:
 *
 * ```json
 * { "clip": "courtyard.mjpeg", "fps": 2.5, "seconds": 40,
 *   "spots": [{ "name": "left", "polygon": [[0.1, 0.5], [0.2, 0.5], [0.2, 0.6]] }],
 *   "events": [{ "spot": "left", "event": "freed", "at": 12.4 }] }
 * ```
 *
 * `at` is in seconds from the clip's start: for `freed` the moment at which the vehicle has left the spot's ground, for
 * `occupied` the moment at which half of the spot is under it.
 */
export const clipLabelsSchema = z.strictObject({
  clip: z.string(),
  fps: z.number().positive(),
  seconds: z.number().positive(),
  spots: z.array(spotSchema).min(1),
  events: z.array(z.strictObject({ spot: z.string(), event: z.enum(["freed", "occupied"]), at: z.number().min(0) })),
});

export type ClipLabels = z.output<typeof clipLabelsSchema>;
export type TrueEvent = ClipLabels["events"][number];
