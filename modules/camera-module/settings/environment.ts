import {
  type CameraSettingsInput,
  cameraSettingsInputSchema,
  type SettingFault,
  settingFaults,
} from "@edge-vision/messages";
import { z } from "zod";

/** Faults in the module's environment, all of them. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  readonly code = "CAMERA_ENVIRONMENT_INVALID";

  constructor(readonly faults: readonly SettingFault[]) {
    super(`the environment has faults:\n${faults.map(({ path, message }) => `  ${path}: ${message}`).join("\n")}`);
  }
}

/** What only the environment says; everything else may also come from the module twin. */
export interface CameraEnvironment {
  /** `IMAGE_PROCESSING_ENDPOINT`, where pictures are posted. */
  endpoint: string;
  /** `IMAGE_PROCESSING_TOKEN`, bearer token for the endpoint. */
  token: string | undefined;
  /** `HOST`, the address to listen on; the image sets 0.0.0.0. @default 127.0.0.1 */
  host: string;
  /** `PORT` of health, metrics and preview. @default 8886 */
  port: number;
  /** `PREVIEW=on` serves `GET /snapshot.jpg`. @default off */
  preview: boolean;
  /** `STATE`, a folder that outlives the module. @default ./state */
  stateFolder: string;
  /** `WATCHDOG`: the module exits after so many seconds without a picture; 0: never. @default 300 */
  watchdogSeconds: number;
  /** `LOG_LEVEL`. @default info */
  logLevel: string;
  /** Camera settings; the module twin wins over them. */
  settings: CameraSettingsInput;
}

const number = z.string().transform((text, context) => {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  context.addIssue({ code: "custom", message: `"${text}" is not a number` });
  return z.NEVER;
});

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    context.addIssue({ code: "custom", message: `is not JSON: ${(error as Error).message}` });
    return z.NEVER;
  }
});

const onOff = z.enum(["on", "off"], 'must be "on" or "off"').transform((value) => value === "on");

const schema = z.object({
  IMAGE_PROCESSING_ENDPOINT: z.url({
    protocol: /^https?$/,
    error: ({ input }) =>
      `${typeof input === "string" ? `"${input}" is no http address` : "is missing"}; ` +
      "set it to the inference service, as in http://object-detection:8885/image",
  }),
  IMAGE_PROCESSING_TOKEN: z.string().optional(),
  HOST: z.string().optional(),
  PORT: number.pipe(z.number().int().min(0).max(65_535)).optional(),
  PREVIEW: onOff.optional(),
  STATE: z.string().optional(),
  WATCHDOG: number.pipe(z.number().min(0)).optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).optional(),
  CAMERA_SOURCE: z.string().optional(),
  FPS: number.optional(),
  THRESHOLD: number.optional(),
  REPORT: z.string().optional(),
  SPOTS: json.optional(),
  SNAPSHOT: onOff.optional(),
});

/** Which variable gives which setting. */
const settingVariables = {
  source: "CAMERA_SOURCE",
  fps: "FPS",
  threshold: "THRESHOLD",
  report: "REPORT",
  spots: "SPOTS",
  snapshot: "SNAPSHOT",
} as const satisfies Partial<Record<keyof CameraSettingsInput, keyof z.output<typeof schema>>>;

/**
 * Reads the module's environment; an empty variable counts as unset.
 *
 * @throws EnvironmentError with every fault and the variable that has it.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): CameraEnvironment {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(given);
  const faults = parsed.success ? [] : settingFaults(parsed.error);
  const settings = readSettings(parsed.success ? parsed.data : {}, faults);
  if (!parsed.success || faults.length > 0) throw new EnvironmentError(faults);
  const values = parsed.data;
  return {
    endpoint: values.IMAGE_PROCESSING_ENDPOINT,
    token: values.IMAGE_PROCESSING_TOKEN,
    host: values.HOST ?? "127.0.0.1",
    port: values.PORT ?? 8886,
    preview: values.PREVIEW ?? false,
    stateFolder: values.STATE ?? "state",
    watchdogSeconds: values.WATCHDOG ?? 300,
    logLevel: values.LOG_LEVEL ?? "info",
    settings,
  };
}

function readSettings(values: Partial<z.output<typeof schema>>, faults: SettingFault[]): CameraSettingsInput {
  const input = Object.fromEntries(
    Object.entries(settingVariables)
      .map(([setting, variable]) => [setting, values[variable]] as const)
      .filter(([, value]) => value !== undefined),
  );
  const parsed = cameraSettingsInputSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  for (const { path, message } of settingFaults(parsed.error)) {
    const setting = /^\w+/.exec(path)?.[0] as keyof typeof settingVariables;
    faults.push({ path: settingVariables[setting] + path.slice(setting.length), message });
  }
  return {};
}
