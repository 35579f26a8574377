import { type Detection, detectionsSchema } from "@edge-vision/messages";
import { Agent, request } from "undici";

/** The inference service could not judge a picture. */
export class InferenceError extends Error {
  override readonly name = "InferenceError";

  constructor(
    /**
     * `busy`: it has more to do than it can (429); `paused`: it cannot work now (503); `refused`: the picture is at
     * fault (4xx); `failed`: anything else.
     */
    readonly code: "busy" | "paused" | "refused" | "failed",
    message: string,
    /** How long the service asked to be left alone. */
    readonly retryAfterMilliseconds: number = 0,
  ) {
    super(message);
  }
}

export interface InferenceClientOptions {
  /** Where pictures are posted: `http://object-detection:8885/image`. */
  endpoint: string;
  /** Bearer token, where the service asks for one. */
  token?: string | undefined;
  /** Connections that are kept open. */
  connections: number;
  /** @default 10000 */
  timeoutMilliseconds?: number;
}

const maxAnswerBytes = 4 * 1024 * 1024;
const longestPause = 60_000;

/** Posts pictures to the inference service. */
export class InferenceClient {
  readonly #options: InferenceClientOptions;
  readonly #agent: Agent;
  readonly #timeout: number;

  constructor(options: InferenceClientOptions) {
    this.#options = options;
    this.#timeout = options.timeoutMilliseconds ?? 10_000;
    this.#agent = new Agent({
      connections: options.connections,
      pipelining: 1,
      maxResponseSize: maxAnswerBytes,
      connect: { timeout: this.#timeout },
    });
  }

  /** @throws InferenceError */
  async detect(jpeg: Buffer): Promise<Detection[]> {
    const { endpoint, token } = this.#options;
    let status: number;
    let retryAfter: string | string[] | undefined;
    let text: string;
    try {
      const response = await request(endpoint, {
        method: "POST",
        dispatcher: this.#agent,
        body: jpeg,
        headers: { "content-type": "image/jpeg", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        signal: AbortSignal.timeout(this.#timeout),
      });
      status = response.statusCode;
      retryAfter = response.headers["retry-after"];
      text = await response.body.text();
    } catch (error) {
      throw new InferenceError("failed", `${endpoint}: ${reason(error)}`);
    }
    const excerpt = text.slice(0, 200);
    if (status === 429 || status === 503) {
      throw new InferenceError(
        status === 429 ? "busy" : "paused",
        `${endpoint} answered ${status}: ${excerpt}`,
        pause(retryAfter),
      );
    }
    if (status >= 400 && status < 500)
      throw new InferenceError("refused", `${endpoint} answered ${status}: ${excerpt}`);
    if (status !== 200) throw new InferenceError("failed", `${endpoint} answered ${status}: ${excerpt}`);
    return readDetections(endpoint, text);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function readDetections(endpoint: string, text: string): Detection[] {
  try {
    return detectionsSchema.parse(JSON.parse(text));
  } catch {
    throw new InferenceError("failed", `${endpoint} answered 200 without a list of detections: ${text.slice(0, 200)}`);
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), bounded; a second when there is none. */
function pause(header: string | string[] | undefined): number {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return 1000;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? 1000 : Math.min(longestPause, Math.max(0, milliseconds));
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `${code} ${message}`.trim();
}
