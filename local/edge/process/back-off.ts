/**
 * When a module that ended is started again: the first time at once, then after 1 s · 2ⁿ, at most 300 s. (edgeAgent on a
 * device starts with 10 s; a developer does not want to wait so long.) After 10 minutes of running the count starts anew.
 */
const firstMs = 1000;
const maximumMs = 300_000;
export const stableMs = 600_000;

/** @param restarts how often the module was started again since it last ran well */
export function restartDelay(restarts: number): number {
  return restarts === 0 ? 0 : Math.min(firstMs * 2 ** (restarts - 1), maximumMs);
}
