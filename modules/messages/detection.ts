import { z } from "zod";

/** A box in pixels of the posted picture: `[xmin, ymin, xmax, ymax]`, origin at the top left. */
export const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** One thing that the model found in a picture. */
export const detectionSchema = z.object({
  /** The class's name, from the model's labels. */
  label: z.string().min(1),
  /** The model's confidence, 0 to 1. */
  score: z.number().min(0).max(1),
  box: boxSchema,
});

/** What `POST /image` answers: best score first, empty when nothing is found. */
export const detectionsSchema = z.array(detectionSchema);

export type Box = z.infer<typeof boxSchema>;
export type Detection = z.infer<typeof detectionSchema>;
