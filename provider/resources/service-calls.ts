import { type Call, withRetry } from "../kit";
import { adviseRetry, isMissingItem, serviceError } from "./service-errors";

/** One call of the vendor's SDK. */
export type Operation<T> = () => Promise<T>;

const requestTimeoutMs = 60_000;

/** Calls of one service: typed errors, retries with the service's own delay, an end in time. */
export class ServiceCalls {
  /** @param service its name in messages: `IoT Hub contoso.azure-devices.net` */
  constructor(private readonly service: string) {}

  async run<T>(call: Call, what: string, operation: Operation<T>): Promise<T> {
    try {
      return await this.attempt(call, what, operation);
    } catch (error) {
      throw this.failure(call, what, error);
    }
  }

  /** Undefined when the service says that the item does not exist. */
  async find<T>(call: Call, what: string, operation: Operation<T>): Promise<T | undefined> {
    try {
      return await this.attempt(call, what, operation);
    } catch (error) {
      if (isMissingItem(error)) return undefined;
      throw this.failure(call, what, error);
    }
  }

  private attempt<T>(call: Call, what: string, operation: Operation<T>): Promise<T> {
    return withRetry(() => inTime(operation(), call.signal), {
      signal: call.signal,
      advise: adviseRetry,
      onRetry: (error, delayMs) => {
        const { message } = serviceError(this.service, what, error);
        call.log("debug", `${message} Trying again in ${Math.round(delayMs)} ms.`);
      },
    });
  }

  private failure(call: Call, what: string, error: unknown): unknown {
    return call.signal.aborted ? error : serviceError(this.service, what, error);
  }
}

/** The SDK's calls know neither a time limit nor a signal. */
function inTime<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    const limit = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${requestTimeoutMs / 1000} s`), { code: "ETIMEDOUT" }));
    }, requestTimeoutMs).unref();
    signal.addEventListener("abort", stop, { once: true });
    void answer.then(resolve, reject).finally(() => {
      clearTimeout(limit);
      signal.removeEventListener("abort", stop);
    });
  });
}
