import { z } from "zod";
import { detectionSchema } from "./detection";

/** What was found in one frame: the body of a message with the application property `type` = `detections`. */
export const detectionsReportSchema = z.object({
  /** Device id of the camera. */
  camera: z.string(),
  /** When the frame was captured, ISO 8601 with milliseconds. */
  at: z.iso.datetime(),
  /** The frame's size in pixels, which the boxes refer to. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Never empty; best score first. */
  detections: z.array(detectionSchema).min(1),
});

export type DetectionsReport = z.output<typeof detectionsReportSchema>;
