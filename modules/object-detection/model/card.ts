import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ModelError } from "../errors";

const triple = z.tuple([z.number(), z.number(), z.number()]);
const divisor = z.number().refine((value) => value !== 0, "must not be 0");

/**
 * The card of a model: `model.json` beside the ONNX file. Everything is optional; what it says wins over what the
 * model's family assumes.
 */
export const modelCardSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).optional().meta({ description: "Name shown by /model. Default: the file's folder or name." }),
  description: z.string().optional(),
  source: z.string().optional().meta({ description: "Where the weights come from." }),
  licence: z.string().optional().meta({ description: "Licence of the weights, as an SPDX identifier." }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, "must be a SHA-256 in hexadecimal (64 digits)")
    .optional()
    .meta({ description: "SHA-256 of the ONNX file; a file that differs is refused." }),
  family: z
    .enum(["nanodet", "yolov3", "tiny-yolov2", "yolov8", "ssd-mobilenet"])
    .optional()
    .meta({ description: "Family; default: recognised from the model's inputs and outputs." }),
  input: z
    .strictObject({
      width: z.int().positive().optional().meta({ description: "Width in pixels, where the model leaves it open." }),
      height: z.int().positive().optional().meta({ description: "Height in pixels, where the model leaves it open." }),
      channels: z.enum(["rgb", "bgr"]).optional(),
      mean: triple
        .optional()
        .meta({ description: "Subtracted per channel, in the order of channels, scale 0 to 255." }),
      scale: z
        .tuple([divisor, divisor, divisor])
        .optional()
        .meta({ description: "Divides each channel after the mean was subtracted." }),
      pad: z.int().min(0).max(255).optional().meta({ description: "Grey level around a letterboxed picture." }),
    })
    .optional(),
  anchors: z
    .array(z.number().positive())
    .length(10)
    .optional()
    .meta({ description: "Width and height of the five anchors in cells (tiny-yolov2). Default: Pascal VOC's." }),
  labels: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "Label of each class, in the model's order. Default: COCO for 80 classes, VOC for 20." }),
  threshold: z.number().min(0).max(1).optional().meta({ description: "Lowest score that is reported." }),
  iou: z.number().min(0).max(1).optional().meta({ description: "Overlap at which the weaker box is suppressed." }),
});

export type ModelCard = z.infer<typeof modelCardSchema>;

/**
 * Checks a card.
 *
 * @throws ModelError `CARD_INVALID` with every fault and its property path.
 */
export function parseCard(value: unknown, origin: string): ModelCard {
  const result = modelCardSchema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path: at, message }) => `${at.join(".") || "(root)"}: ${message}`);
  throw new ModelError("CARD_INVALID", `${origin}: ${faults.join("; ")}`);
}

/** Reads `model.json` beside a model; an empty card when there is none. */
export async function readCard(modelFile: string): Promise<ModelCard> {
  const file = path.join(path.dirname(modelFile), "model.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return {};
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelError("CARD_INVALID", `${file}: is not JSON: ${(error as Error).message}`);
  }
  return parseCard(value, file);
}
