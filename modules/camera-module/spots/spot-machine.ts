import type { SpotEvent } from "@edge-vision/messages";
import { elapsed, type Moment } from "./moment";

export type SpotPhase = "unknown" | "occupied" | "free";

/**
 * What one picture says of a spot: a vehicle stands on it, none does, something in front hides it, or the picture
 * cannot be used.
 */
export type Evidence = "occupied" | "free" | "hidden" | "unusable";

/** Another phase that the spot may have entered. */
interface Candidate {
  readonly phase: "occupied" | "free";
  /** First picture that said so. */
  readonly from: Moment;
  /** Last picture that was a vote. */
  readonly lastVote: Moment;
  /** Time covered by pictures in a row that were votes; time behind an occlusion does not count. */
  readonly milliseconds: number;
  readonly votesFor: number;
  readonly votesAgainst: number;
}

/** All that is known of a spot. */
export interface SpotState {
  readonly phase: SpotPhase;
  /** When the phase began, wall clock. */
  readonly since: number;
  /** How many events this spot has had; part of their ids. */
  readonly changes: number;
  /** The last usable picture. */
  readonly seen?: Moment | undefined;
  readonly candidate?: Candidate | undefined;
  /** Whether the picture before was a vote. */
  readonly voted?: boolean;
}

export interface SpotRules {
  readonly enterSeconds: number;
  readonly exitSeconds: number;
  /** After so long without a usable picture the spot is unknown. */
  readonly gapSeconds: number;
}

/** A change that is to be reported. */
export interface SpotChange {
  readonly event: SpotEvent["event"];
  /** First picture of the new phase, wall clock. */
  readonly at: number;
  /** When the phase that ended had begun, wall clock; never after `at`. */
  readonly since: number;
  /** Counts up from 1, for each spot. */
  readonly change: number;
}

/** So many pictures must agree, however slow the camera is. */
export const minVotes = 5;
/** Of the votes since a candidate came up, at most one in so many may be against it. */
export const votesPerDissent = 4;

export const unknownSpot: SpotState = { phase: "unknown", since: 0, changes: 0 };

/**
 * The next state of a spot after one more picture, and the event to report, if any. Pure, and defined for every state
 * and observation.
 *
 * A phase changes when the pictures have said so for the enter or exit time, with at least {@link minVotes} votes of
 * which at least three quarters agree. The first phase after the start, a gap or a reset is taken silently. While the
 * spot is hidden or the picture unusable the phase stands still.
 */
export function stepSpot(
  before: SpotState,
  evidence: Evidence,
  moment: Moment,
  rules: SpotRules,
): { state: SpotState; change?: SpotChange } {
  if (evidence === "unusable") return { state: { ...before, candidate: undefined, voted: false } };
  const seen = before.seen;
  const gap = seen === undefined || elapsed(seen, moment) > rules.gapSeconds * 1000;
  const state: SpotState = gap
    ? { phase: "unknown", since: moment.wall, changes: before.changes, seen: moment }
    : { ...before, seen: moment };
  if (evidence === "hidden") return { state: { ...state, voted: false } };

  const candidate = vote(state, evidence, moment);
  if (candidate?.phase !== evidence || !decided(candidate, rules))
    return { state: { ...state, candidate, voted: true } };
  const next: SpotState = {
    ...state,
    phase: candidate.phase,
    since: candidate.from.wall,
    candidate: undefined,
    voted: true,
  };
  if (state.phase === "unknown") return { state: next };
  const change: SpotChange = {
    event: candidate.phase === "free" ? "freed" : "occupied",
    at: candidate.from.wall,
    since: Math.min(state.since, candidate.from.wall),
    change: state.changes + 1,
  };
  return { state: { ...next, changes: change.change }, change };
}

function vote(state: SpotState, evidence: "occupied" | "free", moment: Moment): Candidate | undefined {
  const { candidate } = state;
  const fresh: Candidate | undefined =
    evidence === state.phase
      ? undefined
      : { phase: evidence, from: moment, lastVote: moment, milliseconds: 0, votesFor: 1, votesAgainst: 0 };
  if (!candidate) return fresh;
  const agrees = candidate.phase === evidence;
  const counted: Candidate = {
    ...candidate,
    lastVote: moment,
    milliseconds: candidate.milliseconds + (state.voted ? elapsed(candidate.lastVote, moment) : 0),
    votesFor: candidate.votesFor + (agrees ? 1 : 0),
    votesAgainst: candidate.votesAgainst + (agrees ? 0 : 1),
  };
  const votes = counted.votesFor + counted.votesAgainst;
  return counted.votesAgainst * votesPerDissent > votes ? fresh : counted;
}

function decided(candidate: Candidate, rules: SpotRules): boolean {
  const seconds = candidate.phase === "free" ? rules.exitSeconds : rules.enterSeconds;
  return candidate.milliseconds >= seconds * 1000 && candidate.votesFor >= minVotes;
}
