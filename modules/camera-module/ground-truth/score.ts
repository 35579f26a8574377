import type { TrueEvent } from "./labels";

/** An event as it was reported. */
export interface ReportedEvent {
  readonly spot: string;
  readonly event: "freed" | "occupied";
  /** When it was decided, in seconds from the clip's start. */
  readonly decidedAt: number;
}

export interface Score {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Seconds from the true moment to the decision, for each event that was found, ascending. */
  readonly delays: readonly number[];
}

/** A report may come before the true moment by so much: half of a spot is not seen to the centimetre. */
const early = 3;

/** Compares reports of one kind with the truth: each true event answers for at most one report, the next after it. */
export function score(
  truth: readonly TrueEvent[],
  reports: readonly ReportedEvent[],
  event: "freed" | "occupied",
  latest: number,
): Score {
  const expected = truth.filter((candidate) => candidate.event === event);
  const open = new Set(expected);
  const delays: number[] = [];
  const reported = reports.filter((report) => report.event === event);
  for (const report of reported) {
    const match = [...open].find(
      ({ spot, at }) => spot === report.spot && report.decidedAt >= at - early && report.decidedAt <= at + latest,
    );
    if (!match) continue;
    open.delete(match);
    delays.push(report.decidedAt - match.at);
  }
  const precision = reported.length === 0 ? 1 : delays.length / reported.length;
  const recall = expected.length === 0 ? 1 : delays.length / expected.length;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1, delays: delays.sort((a, b) => a - b) };
}

/** The value below which a share of ascending values lies. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.ceil(share * ascending.length) - 1)] ?? NaN;
}
