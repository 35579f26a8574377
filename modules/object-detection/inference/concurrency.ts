import type { InferenceOptions } from "./protocol";

/** Models above this are loaded once and given all cores: a second copy of their weights costs more than it brings. */
const smallModelBytes = 64 * 1024 * 1024;

/** More sessions than this do not pay: decoding and memory bandwidth become the limit. */
const mostSessions = 4;

/**
 * How many sessions a model gets and how many threads each of them. Small models are fastest with one thread a session
 * and a session a core; large ones with one session on all cores.
 */
export function concurrency(
  { sessions, threads }: Pick<InferenceOptions, "sessions" | "threads">,
  modelBytes: number,
  cores: number,
): { sessions: number; threads: number } {
  const small = modelBytes <= smallModelBytes;
  if (sessions === "auto" && threads !== "auto") {
    return { sessions: small ? Math.max(1, Math.min(mostSessions, Math.floor(cores / threads))) : 1, threads };
  }
  const chosen = sessions === "auto" ? (small ? Math.min(mostSessions, cores) : 1) : sessions;
  return { sessions: chosen, threads: threads === "auto" ? Math.max(1, Math.floor(cores / chosen)) : threads };
}
