import path from "node:path";
import { z } from "zod";

/** One setting of the service is wrong, or several are. */
export class SettingsError extends Error {
  readonly code = "SETTINGS_INVALID";
  constructor(faults: readonly string[]) {
    super(faults.join("; "));
    this.name = "SettingsError";
  }
}

const whole = (least: number, most: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> =>
  z.string().transform((text, context) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    context.addIssue({ code: "custom", message: `"${text}" is not a whole number from ${least} to ${most}` });
    return z.NEVER;
  });

const share = z.string().transform((text, context) => {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  context.addIssue({ code: "custom", message: `"${text}" is not a number from 0 to 1` });
  return z.NEVER;
});

const countOrAuto = z.string().transform((text, context): number | "auto" => {
  const value = Number(text);
  if (text === "auto" || (Number.isInteger(value) && value >= 1 && value <= 64)) return text === "auto" ? text : value;
  context.addIssue({ code: "custom", message: `"${text}" is neither auto nor a whole number from 1 to 64` });
  return z.NEVER;
});

const environmentSchema = z.object({
  /** Port of the service; 0 takes any free one. */
  PORT: whole(0, 65535).default(8885),
  /** Address to listen on. The image sets 0.0.0.0. */
  HOST: z.string().min(1).default("127.0.0.1"),
  /** Path or https URL of the model. */
  MODEL: z.string().min(1).default("models/nanodet-coco/model.onnx"),
  MODEL_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, "is not a SHA-256 in hexadecimal (64 digits)")
    .optional(),
  /** The model's card as JSON, when no model.json lies beside the model. */
  MODEL_CARD: z
    .string()
    .transform((text, context): Record<string, unknown> => {
      try {
        return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
      } catch {
        context.addIssue({ code: "custom", message: "is not a JSON object" });
        return z.NEVER;
      }
    })
    .optional(),
  /** Lowest score that is reported; default: the model's own. */
  THRESHOLD: share.optional(),
  /** How many pictures are in the model at once. */
  SESSIONS: countOrAuto.default("auto"),
  /** Threads of each session. */
  THREADS: countOrAuto.default("auto"),
  /** Which ONNX Runtime: native or WebAssembly. */
  BACKEND: z.enum(["auto", "native", "wasm"], { error: "is none of auto, native, wasm" }).default("auto"),
  /** Most pictures that wait before 429 is answered. */
  QUEUE: whole(1, 10_000).default(16),
  /** Seconds after which a request is answered with 503. */
  DEADLINE: whole(1, 600).default(10),
  /** Largest body in bytes. */
  MAX_BYTES: whole(1024, 256 * 1024 * 1024).default(10 * 1024 * 1024),
  /** Most pixels of a picture. */
  MAX_PIXELS: whole(4096, 1_000_000_000).default(25_000_000),
  /** Largest model file in bytes. */
  MAX_MODEL_BYTES: whole(1, 64 * 1024 ** 3).default(1024 ** 3),
  /** Folder for downloaded models. */
  STATE: z.string().min(1).default("state"),
  /** When set, POST /image, /model and /metrics want `Authorization: Bearer <token>`. */
  AUTH_TOKEN: z.string().min(16, "has fewer than 16 characters").optional(),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace"], {
      error: "is none of fatal, error, warn, info, debug, trace",
    })
    .default("info"),
});

export type Settings = z.infer<typeof environmentSchema>;

/**
 * Reads the settings of the service from its environment; an empty variable counts as unset.
 *
 * @throws SettingsError with every fault
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = environmentSchema.safeParse(given);
  const faults = result.error?.issues.map(({ path: [name], message }) => `${String(name)}: ${message}`) ?? [];
  const { MODEL, MODEL_SHA256 } = given;
  if (MODEL !== undefined && /^[a-z]+:\/\//i.test(MODEL)) {
    if (!MODEL.startsWith("https://")) faults.push(`MODEL: "${MODEL}" is neither a path nor an https URL`);
    else if (MODEL_SHA256 === undefined) faults.push("MODEL_SHA256: is required, because MODEL is a URL");
  }
  if (!result.success || faults.length > 0) throw new SettingsError(faults);
  return result.data;
}

/** Script of the inference process: it lies beside the script that was started. */
export function inferenceEntry(mainScript: string): string {
  return path.join(path.dirname(mainScript), "inference-process.js");
}
