import { NAMESPACE, type StackConfig } from "../config";
import { ConfigError, type ConfigFault } from "../config/faults";
import type { CameraConfig } from "../config/schema";

/** Metered messages a day and unit, and bytes of one metered message. */
export const TIERS = {
  F1: { messages: 8_000, bytes: 512 },
  S1: { messages: 400_000, bytes: 4096 },
  S2: { messages: 6_000_000, bytes: 4096 },
  S3: { messages: 300_000_000, bytes: 4096 },
} as const;

const SECONDS_A_DAY = 86_400;

/**
 * Checks the tier against what the stack's cameras may send: more than a free hub takes is an error, more than a paid
 * one takes a warning.
 * @returns the warnings, one line each
 * @throws ConfigError
 */
export function checkHubLimits(config: StackConfig): string[] {
  const { hubSku, hubUnits, devices, fleet } = config;
  const errors: ConfigFault[] = [];
  const warnings: string[] = [];
  const free = hubSku === "F1";
  if (free && hubUnits !== 1) {
    errors.push({ path: `${NAMESPACE}:hubUnits`, message: `must be 1 with hubSku F1, found ${hubUnits}` });
  }
  const quota = dailyMessages(config);
  const cameras = [
    ...devices.map(({ camera }, index) => ({ path: `devices[${index}].camera`, rate: messagesADay(camera) })),
    // How many devices come is not known; one is the least.
    ...(fleet ? [{ path: "fleet.camera", rate: messagesADay(fleet.camera) }] : []),
  ];
  const total = cameras.reduce((sum, { rate }) => sum + rate, 0);
  if (total > quota) {
    const busiest = cameras.reduce((most, camera) => (camera.rate > most.rate ? camera : most));
    const path = `${NAMESPACE}:${busiest.path}`;
    const units = hubUnits === 1 ? "1 unit" : `${hubUnits} units`;
    const interval = Math.ceil((cameras.length * SECONDS_A_DAY) / quota);
    const message =
      `the cameras may send ${count(total)} messages a day, ${hubSku} with ${units} takes ${count(quota)}; ` +
      `set minInterval to ${interval} or more, report to spots, or choose a larger hubSku`;
    if (free) errors.push({ path, message });
    else warnings.push(`${path}: ${message}`);
  }
  if (errors.length > 0) throw new ConfigError(errors);
  return warnings;
}

/** Metered messages a day that the hub takes. */
export function dailyMessages({ hubSku, hubUnits }: Pick<StackConfig, "hubSku" | "hubUnits">): number {
  return TIERS[hubSku].messages * hubUnits;
}

/** The most that a camera sends if something is always in sight; spots change too rarely to count. */
function messagesADay({ report = "detections", fps = 2, minInterval = 0 }: CameraConfig): number {
  if (report === "spots") return 0;
  return Math.floor(SECONDS_A_DAY * Math.min(fps, minInterval > 0 ? 1 / minInterval : fps));
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
