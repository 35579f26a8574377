import { ProviderError, type RetryAdvice, retryAfterMs } from "../kit";

/** What the vendor's SDKs attach to an error that came as an HTTP response. */
interface ServiceFailure extends Error {
  code?: string;
  response?: { statusCode?: number; headers?: Record<string, string | string[] | undefined> };
  responseBody?: unknown;
}

/** The service answered an operation with an error, or could not be reached. */
export class ServiceError extends ProviderError {
  override name = "ServiceError";

  constructor(
    code: string,
    message: string,
    /** HTTP status; undefined when there was no answer. */
    readonly status: number | undefined,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** Network errors that pass by themselves; a second try costs little. */
const passing = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
]);

/** Throttling and outages are tried again after the service's own delay, broken connections a few times. */
export function adviseRetry(error: unknown): RetryAdvice {
  const { code, response } = error as ServiceFailure;
  const status = response?.statusCode;
  if (status === 429 || status === 500 || status === 502 || status === 503 || status === 504) {
    const header = response?.headers?.["retry-after"];
    const afterMs = retryAfterMs(Array.isArray(header) ? header[0] : header);
    return afterMs === undefined ? { retry: true } : { retry: true, afterMs };
  }
  return status === undefined && code !== undefined && passing.has(code)
    ? { retry: true, attempts: 4 }
    : { retry: false };
}

/** The code inside IoT Hub's `{"Message": "ErrorCode:DeviceNotFound;…"}`, and the text after it. */
export function serviceMessage(failure: unknown): { code: string | undefined; text: string } {
  const { responseBody, message } = failure as ServiceFailure;
  let text = typeof responseBody === "string" && responseBody !== "" ? responseBody : message;
  try {
    const body = JSON.parse(text) as { Message?: unknown; message?: unknown };
    const inner = body.Message ?? body.message;
    if (typeof inner === "string") text = inner;
  } catch {
    // Not JSON: the text itself is the message.
  }
  const match = /^ErrorCode:\s*(\w+)\s*;?\s*(.*)$/s.exec(text);
  return match === null
    ? { code: undefined, text }
    : { code: match[1], text: match[2] === "" ? text : (match[2] ?? text) };
}

/** Whether the service says that one item does not exist; a missing hub is another matter. */
export function isMissingItem(failure: unknown): boolean {
  return (failure as ServiceFailure).response?.statusCode === 404 && serviceMessage(failure).code !== "IotHubNotFound";
}

const nextSteps: Record<number, string> = {
  401: "Check that connectionString holds a valid key, and that its policy has the rights registry read, registry write and service connect.",
  403: "Check the rights of the policy or role, and the quota of the hub's tier.",
  404: "Check hostName or connectionString of the provider.",
  412: "Somebody else changed it meanwhile: run `pulumi refresh` and try again.",
  429: "The hub's tier limits operations per minute; lower --parallel or add units.",
};

/** A failure in words a user can act on. */
export function serviceError(service: string, what: string, failure: unknown): ServiceError {
  const status = (failure as ServiceFailure).response?.statusCode;
  const { code, text } = serviceMessage(failure);
  if (status === undefined) {
    const cause = (failure as ServiceFailure).code ?? "UNREACHABLE";
    return new ServiceError(
      cause,
      `${service} can't be reached to ${what}: ${text}. Check the host name, the endpoint and the network.`,
      undefined,
      { cause: failure },
    );
  }
  const next = nextSteps[status];
  return new ServiceError(
    code ?? `HTTP_${status}`,
    `${service} refused to ${what}: ${status}${code === undefined ? "" : ` ${code}`}: ${text}${next === undefined ? "" : ` ${next}`}`,
    status,
    { cause: failure },
  );
}
