import type { Picture } from "../jpeg/splitter";

export type SourceErrorCode =
  | "SOURCE_NOT_FOUND"
  | "SOURCE_NO_PICTURES"
  | "SOURCE_TOOL_MISSING"
  | "SOURCE_REFUSED"
  | "SOURCE_BROKEN"
  | "SOURCE_STALLED";

/** A source cannot deliver. The message names what is missing and the next step, and holds no credentials. */
export class SourceError extends Error {
  override readonly name = "SourceError";

  constructor(
    readonly code: SourceErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Where pictures come from: a camera, a stream or a clip. */
export interface FrameSource {
  /**
   * Checks that the source can work and delivers pictures, each as soon as it is whole, until `signal` aborts
   * or the source ends for good (resolves).
   *
   * @throws SourceError when the source cannot start or breaks off; it may be run again.
   */
  run(deliver: (picture: Picture) => void, signal: AbortSignal): Promise<void>;
}
