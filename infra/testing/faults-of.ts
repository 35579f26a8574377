import { readConfig } from "../config";
import { ConfigError } from "../config/faults";

/** What is wrong with a stack's settings, a line each: `path: message`. */
export function faultsOf(raw: Record<string, string>): string[] {
  try {
    readConfig(raw);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path: at, message }) => `${at}: ${message}`);
  }
}
