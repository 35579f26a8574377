import sharp from "sharp";
import { z } from "zod";
import type { Frame } from "../flow/frame";
import type { SpotWatch } from "../spots/spot-watch";
import type { MethodAnswer, Methods } from "./hub-connection";

export interface MethodsOptions {
  /** Whether a picture may leave the device. */
  snapshotAllowed: () => boolean;
  latestFrame: () => Frame | undefined;
  spots: SpotWatch;
  /** A spot or all of them were reset. */
  onReset: () => void;
}

/** A direct method's answer holds at most 128 KB; base64 makes four bytes of three. */
const maxPictureBytes = 90_000;
const widths = [1280, 960, 640, 480, 320];

const resetSchema = z.union([z.null(), z.undefined(), z.strictObject({ spot: z.string().optional() })]);

/**
 * The module's direct methods: `snapshot`, the latest picture as base64 JPEG, where settings allow it; `spots`, how
 * each spot stands; `resetSpot`, `{ "spot": "name" }`, or without a name all of them.
 */
export function createMethods({ snapshotAllowed, latestFrame, spots, onReset }: MethodsOptions): Methods {
  return {
    snapshot: async (): Promise<MethodAnswer> => {
      if (!snapshotAllowed()) return problem(403, "pictures stay on the device: the setting `snapshot` is off");
      const frame = latestFrame();
      if (!frame) return problem(503, "there is no picture yet");
      const jpeg = await shrink(frame);
      const at = new Date(frame.capturedAt).toISOString();
      return { status: 200, body: { at, contentType: "image/jpeg", data: jpeg.toString("base64") } };
    },
    spots: () => ({ status: 200, body: { spots: spots.spots } }),
    resetSpot: (payload) => {
      const parsed = resetSchema.safeParse(payload);
      if (!parsed.success) return problem(400, 'the payload must be {} or {"spot": "name"}');
      const name = parsed.data?.spot;
      if (!spots.reset(name)) {
        return problem(404, `there is no spot "${name ?? ""}"; there are ${spots.spots.map((s) => s.name).join(", ")}`);
      }
      onReset();
      return { status: 200, body: { spots: spots.spots } };
    },
  };
}

async function shrink(frame: Frame): Promise<Buffer> {
  if (frame.jpeg.length <= maxPictureBytes) return frame.jpeg;
  let jpeg = frame.jpeg;
  for (const width of widths) {
    jpeg = await sharp(frame.jpeg).resize({ width, withoutEnlargement: true }).jpeg({ quality: 70 }).toBuffer();
    if (jpeg.length <= maxPictureBytes) break;
  }
  return jpeg;
}

function problem(status: number, error: string): MethodAnswer {
  return { status, body: { error } };
}
