import { setTimeout as sleep } from "node:timers/promises";
import type { Picture } from "../jpeg/splitter";
import { type FrameSource, SourceError } from "./frame-source";

export type CaptureState =
  { state: "starting" | "running" | "ended" } | { state: "failed"; error: SourceError; retryInSeconds: number };

export interface CaptureOptions {
  /** Makes the source for one try. @throws SourceError */
  open: () => FrameSource;
  deliver: (picture: Picture) => void;
  onState: (state: CaptureState) => void;
  /** A running source that delivers nothing for so long is started again. @default 15000 */
  stallMilliseconds?: number;
  /** First and longest wait before a broken source is tried again. @default [500, 30000] */
  backOffMilliseconds?: readonly [first: number, longest: number];
}

/**
 * Keeps a source running until `signal` aborts: starts it, starts it again with growing, jittered waits when it breaks
 * off or stalls, and tells how it stands. A source that ends for good is left ended.
 */
export async function keepCapturing(options: CaptureOptions, signal: AbortSignal): Promise<void> {
  const [first, longest] = options.backOffMilliseconds ?? [500, 30_000];
  let wait = first;
  while (!signal.aborted) {
    options.onState({ state: "starting" });
    const run = { delivered: false };
    const deliver = (picture: Picture): void => {
      if (!run.delivered) options.onState({ state: "running" });
      run.delivered = true;
      options.deliver(picture);
    };
    try {
      await runOnce(options, deliver, signal);
      if (!isAborted(signal)) options.onState({ state: "ended" });
      return;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      if (run.delivered) wait = first;
      const jittered = wait * (0.75 + Math.random() / 2);
      options.onState({ state: "failed", error, retryInSeconds: jittered / 1000 });
      await sleep(jittered, undefined, { signal }).catch(() => undefined);
      wait = Math.min(longest, wait * 2);
    }
  }
}

async function runOnce(
  options: CaptureOptions,
  deliver: (picture: Picture) => void,
  signal: AbortSignal,
): Promise<void> {
  const limit = options.stallMilliseconds ?? 15_000;
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    stalled.abort();
  }, limit);
  try {
    await options.open().run(
      (picture) => {
        timer.refresh();
        deliver(picture);
      },
      AbortSignal.any([signal, stalled.signal]),
    );
  } finally {
    clearTimeout(timer);
  }
  if (stalled.signal.aborted && !signal.aborted) {
    throw new SourceError("SOURCE_STALLED", `no picture for ${limit / 1000} s although the source runs`);
  }
}

/** Asked anew each time: the compiler takes the property for one that does not change. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
