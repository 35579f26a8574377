import type { SettingFault } from "./camera-settings";

/** What became of the module twin's desired properties. */
export interface SettingsReport {
  /** Version of the desired properties. */
  version: number;
  /** When refused, the settings before stay in force. */
  status: "applied" | "refused";
  /** Why they were refused; null when they were applied, which removes the property from the twin. */
  faults: SettingFault[] | null;
}

/** Why pictures cannot be judged, or `ok`. */
export type PictureHealth = "ok" | "dark" | "frozen" | "moved" | "covered";

/** How much of the hub's daily allowance is used up. */
export interface BudgetReport {
  /** The day, in UTC, `2026-01-31`. */
  day: string;
  /** Metered messages sent on that day. */
  used: number;
  /** Metered messages allowed; 0 when no limit is set. */
  limit: number;
  /** `warning` from 80 % of the limit on. */
  state: "ok" | "warning" | "spent";
}

/** The camera's reported properties. A property that no longer holds is set to null, as twins need it. */
export interface CameraReported {
  settings: SettingsReport;
  source: { state: "starting" | "running" | "failed" | "ended"; error: string | null };
  picture: PictureHealth;
  budget: BudgetReport;
}
