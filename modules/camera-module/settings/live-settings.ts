import {
  type CameraSettings,
  type CameraSettingsInput,
  cameraSettingsInputSchema,
  cameraSettingsSchema,
  type SettingFault,
  settingFaults,
  type SettingsReport,
} from "@edge-vision/messages";

/** Desired properties as the hub sends them: settings, and `$version` and `$metadata` beside them. */
export type DesiredProperties = Readonly<Record<string, unknown>>;

const reportedFaults = 10;

/**
 * The settings in force: the environment's, over which the module twin's desired properties win. Desired properties
 * that have a fault change nothing.
 */
export class LiveSettings {
  readonly #environment: CameraSettingsInput;
  readonly #onChange: (settings: CameraSettings, before: CameraSettings | undefined) => void;
  #current: CameraSettings | undefined;

  constructor(
    environment: CameraSettingsInput,
    onChange: (settings: CameraSettings, before: CameraSettings | undefined) => void,
  ) {
    this.#environment = environment;
    this.#onChange = onChange;
  }

  /** The settings in force; undefined until the first could be applied. */
  get current(): CameraSettings | undefined {
    return this.#current;
  }

  /** Applies desired properties, all or none, and says what became of them. */
  apply(desired: DesiredProperties): SettingsReport {
    const version = typeof desired.$version === "number" ? desired.$version : 0;
    const input = Object.fromEntries(Object.entries(desired).filter(([key]) => !key.startsWith("$")));
    const checked = cameraSettingsInputSchema.safeParse(input);
    if (!checked.success) return refusal(version, settingFaults(checked.error));
    const complete = cameraSettingsSchema.safeParse({ ...this.#environment, ...checked.data });
    if (!complete.success) {
      return refusal(version, [
        { path: "source", message: "is missing: neither the module twin nor CAMERA_SOURCE names a camera" },
      ]);
    }
    const before = this.#current;
    this.#current = complete.data;
    this.#onChange(complete.data, before);
    return { version, status: "applied", faults: null };
  }
}

function refusal(version: number, faults: SettingFault[]): SettingsReport {
  // A reported property holds at most 4096 bytes a string and 32 KB in all.
  const short = faults.slice(0, reportedFaults).map(({ path, message }) => ({ path, message: message.slice(0, 500) }));
  return { version, status: "refused", faults: short };
}
