import type { ModuleTwin } from "@edge-vision/monitor";

interface Answer {
  version?: unknown;
  status?: unknown;
  reason?: unknown;
  faults?: unknown;
}

/** What a module's twin says about the settings that it was given. */
export interface TwinAnswer {
  /** The module has not answered the newest settings yet. */
  open: boolean;
  /** Settings that it refused, and a picture source that it cannot read. */
  faults: string[];
}

/**
 * Reads a module's answers: reported properties such as `settings: {version, status, …}`, each for the version of the
 * desired properties that it names, and the camera's `source: {state, error}`.
 */
export function answerOf({ desired, reported }: ModuleTwin): TwinAnswer {
  const version = desired["$version"];
  const asked = Object.keys(desired).some((key) => !key.startsWith("$"));
  const answers = Object.entries(reported).flatMap(([key, value]): [string, Answer][] =>
    isObject(value) && "status" in value ? [[key, value]] : [],
  );
  const current = answers.filter(([, answer]) => answer.version === version);
  const source = reported["source"];
  return {
    open: asked && !current.some(([, { status }]) => status !== "pending"),
    faults: [
      ...current
        .filter(([, { status }]) => status === "refused")
        .map(([key, answer]) => `${key} refused: ${reasonOf(answer)}`),
      ...(isObject(source) && source["state"] === "failed" ? [`source: ${textOf(source["error"])}`] : []),
    ],
  };
}

function reasonOf({ reason, faults }: Answer): string {
  return reason === undefined ? textOf(faults) : textOf(reason);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
