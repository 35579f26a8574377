import { z } from "zod";
import { CameraSourceError, parseCameraSource } from "./camera-source";
import { crossingEdges, polygonArea } from "./polygon";

const minimumArea = 1e-5;

const coordinate = z.number().min(0, "must lie inside the picture, 0…1").max(1, "must lie inside the picture, 0…1");

const polygon = z
  .array(z.tuple([coordinate, coordinate]))
  .min(3, "needs at least 3 points")
  .max(32, "has more than 32 points")
  .superRefine((points, context) => {
    if (points.length < 3) return;
    const crossing = crossingEdges(points);
    if (crossing) {
      context.addIssue({
        code: "custom",
        message: `is not a simple polygon: edges ${crossing[0]} and ${crossing[1]} touch or cross`,
      });
    } else if (polygonArea(points) < minimumArea) {
      context.addIssue({ code: "custom", message: `is too small: less than ${minimumArea} of the picture` });
    }
  });

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, hyphens or underscores");
const seconds = z.number().min(0).max(3600);
const labels = z.array(z.string().min(1).max(64)).max(100);

/** An area of the picture in relative coordinates, `{ "name": "gate", "polygon": [[0.1, 0.5], …] }`. */
export const zoneSchema = z.strictObject({ name, polygon });

/** A parking spot: its ground outline, and times that differ from the camera's. */
export const spotSchema = z.strictObject({
  name,
  polygon,
  enterSeconds: seconds.optional(),
  exitSeconds: seconds.optional(),
});

function uniqueNames(items: readonly { name: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    if (seen.has(item.name)) {
      context.addIssue({ code: "custom", path: [index, "name"], message: `"${item.name}" is used twice` });
    }
    seen.add(item.name);
  });
}

const source = z.string().superRefine((setting, context) => {
  try {
    parseCameraSource(setting);
  } catch (error) {
    if (!(error instanceof CameraSourceError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
});

const fields = {
  /** Where pictures come from; see `parseCameraSource`. */
  source,
  /** Frames a second that are analysed; the camera may deliver more. */
  fps: z.number().positive().max(60),
  /** Detections below this score are ignored. */
  threshold: z.number().min(0).max(1),
  /** What is sent: every frame with detections, changes of spots, or both. */
  report: z.enum(["detections", "spots", "both"]),
  /** Only these labels are reported as detections; empty: all. */
  labels,
  /** Only detections whose footprint's centre lies in one of these areas are reported; empty: everywhere. */
  zones: z.array(zoneSchema).max(64).superRefine(uniqueNames),
  /** At least this many seconds between two reports of detections. */
  minInterval: seconds,
  /** The parking spots that are watched. */
  spots: z.array(spotSchema).max(256).superRefine(uniqueNames),
  /** Labels that count as a vehicle on a spot. */
  vehicles: labels.min(1, "needs at least one label"),
  /** Share of a spot that a vehicle's footprint must cover. */
  coverage: z.number().min(0.05).max(1),
  /** How long a spot must look occupied before it counts as occupied. */
  enterSeconds: seconds,
  /** How long a spot must look free before it counts as free. */
  exitSeconds: seconds,
  /** After so long without a usable picture a spot is unknown again, and nothing is reported until it is known. */
  gapSeconds: z.number().min(1).max(86_400),
  /** Bounds of the events that wait on disk for the hub, and which go first when they are full. */
  outbox: z.strictObject({
    maxBytes: z.number().int().min(4096).max(1_073_741_824).default(1_048_576),
    maxAgeSeconds: z.number().int().min(60).max(31_536_000).default(604_800),
    whenFull: z.enum(["drop-oldest", "drop-newest"]).default("drop-oldest"),
  }),
  /** Whether the direct method `snapshot` may hand out a picture. */
  snapshot: z.boolean(),
  /** Messages a day that the hub's tier allows this camera; 0: not counted against a limit. */
  dailyBudget: z.number().int().min(0).max(1_000_000_000),
  /** Size of a metered message in bytes: 512 on the free tier, 4096 on the others. */
  budgetUnit: z.union([z.literal(512), z.literal(4096)]),
};

/** Camera settings as they come from one place (config, env, module twin): each may be missing. */
export const cameraSettingsInputSchema = z.strictObject(fields).partial();

/** All camera settings, with their defaults. Only `source` has none. */
export const cameraSettingsSchema = z.strictObject({
  ...fields,
  fps: fields.fps.default(2),
  threshold: fields.threshold.default(0.5),
  report: fields.report.default("detections"),
  labels: fields.labels.default([]),
  zones: fields.zones.default([]),
  minInterval: fields.minInterval.default(0),
  spots: fields.spots.default([]),
  vehicles: fields.vehicles.default(["car", "truck", "bus", "motorcycle"]),
  coverage: fields.coverage.default(0.3),
  enterSeconds: fields.enterSeconds.default(5),
  exitSeconds: fields.exitSeconds.default(5),
  gapSeconds: fields.gapSeconds.default(60),
  outbox: fields.outbox.prefault({}),
  snapshot: fields.snapshot.default(false),
  dailyBudget: fields.dailyBudget.default(0),
  budgetUnit: fields.budgetUnit.default(4096),
});

export type Zone = z.output<typeof zoneSchema>;
export type Spot = z.output<typeof spotSchema>;
export type CameraSettingsInput = z.output<typeof cameraSettingsInputSchema>;
export type CameraSettings = z.output<typeof cameraSettingsSchema>;

/** One fault of a setting: where it stands (`spots[1].polygon`) and what is wrong with it. */
export interface SettingFault {
  path: string;
  message: string;
}

/** Every fault of an unsuccessful parse, with property paths as a person writes them. */
export function settingFaults(error: z.ZodError): SettingFault[] {
  return error.issues.flatMap((issue) => {
    const path = propertyPath(issue.path);
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      message: "is not a known setting",
    }));
  });
}

function propertyPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : (index > 0 ? "." : "") + String(part)))
    .join("");
}
