/** A failure as it crosses the border between the service and its inference process. */
export interface Failure {
  code: string;
  message: string;
}

/** A picture that cannot be read or is not accepted. */
export class PictureError extends Error {
  constructor(
    readonly code: "NOT_AN_IMAGE" | "PICTURE_DAMAGED" | "PICTURE_TOO_LARGE",
    message: string,
  ) {
    super(message);
    this.name = "PictureError";
  }
}

export type ModelErrorCode =
  | "MODEL_MISSING"
  | "MODEL_TOO_LARGE"
  | "MODEL_CHECKSUM"
  | "MODEL_UNREADABLE"
  | "MODEL_UNKNOWN"
  | "MODEL_LABELS"
  | "MODEL_OUTPUT"
  | "MODEL_DOWNLOAD"
  | "CARD_INVALID"
  | "INFERENCE_LOST";

/** A model that is refused. The message says why and what to do. */
export class ModelError extends Error {
  constructor(
    readonly code: ModelErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "ModelError";
  }
}

/** The model failed on a picture that was read without fault. */
export class InferenceError extends Error {
  readonly code = "INFERENCE_FAILED";
  constructor(message: string) {
    super(message);
    this.name = "InferenceError";
  }
}

/** Nothing can be answered now; the same request may succeed later. */
export class UnavailableError extends Error {
  constructor(
    readonly code: "BUSY" | "NOT_READY" | "DEADLINE_EXCEEDED" | "SHUTTING_DOWN",
    message: string,
  ) {
    super(message);
    this.name = "UnavailableError";
  }
}

/** The client went away before it was answered. */
export class AbandonedError extends Error {
  readonly code = "ABANDONED";
  constructor() {
    super("the client closed the connection before the answer was ready");
    this.name = "AbandonedError";
  }
}

/** Takes from any thrown value what may cross a process border. */
export function toFailure(error: unknown): Failure {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    code: typeof code === "string" ? code : "INTERNAL",
    message: typeof message === "string" ? message : String(error),
  };
}

const pictureCodes: readonly string[] = ["NOT_AN_IMAGE", "PICTURE_DAMAGED", "PICTURE_TOO_LARGE"];

/** Whether a failure lies in the picture itself. */
export function isPictureFailure({ code }: Failure): boolean {
  return pictureCodes.includes(code);
}

/** The error that a failure on one picture stands for. */
export function pictureFailure(failure: Failure): PictureError | InferenceError {
  return isPictureFailure(failure)
    ? new PictureError(failure.code as PictureError["code"], failure.message)
    : new InferenceError(failure.message);
}
