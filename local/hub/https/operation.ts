import type { Caller, Right } from "../authentication/callers";
import type { Hub } from "../hub";
import type { ThrottledOperation } from "../limits/throttle";
import type { JsonObject } from "../store/model";

/** A request whose caller was let in. */
export interface HubRequest {
  hub: Hub;
  caller: Caller;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string | undefined>>;
  header(name: string): string | undefined;
  body: unknown;
}

export interface HubAnswer {
  status: number;
  body?: JsonObject | readonly unknown[];
  headers?: Record<string, string>;
}

/** One operation of the service API. */
export interface Operation {
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** With parameters as `:deviceId`. */
  path: string;
  /** What the service counts it as when it throttles. */
  throttledAs: ThrottledOperation;
  /** One of these rights is needed. */
  rights: readonly Right[];
  /** Whether a device may do this with its own key. @default never */
  allowsDevice?(request: HubRequest, caller: Caller & { kind: "identity" }): boolean;
  run(request: HubRequest): Promise<HubAnswer>;
}

/** A parameter of the path, which the router guarantees. */
export function param(request: HubRequest, name: string): string {
  const value = request.params[name];
  if (value === undefined) throw new Error(`The path has no parameter ${name}.`);
  return value;
}

/** An answer with a body and its etag as a header. */
export function answer(status: number, body: JsonObject): HubAnswer {
  return { status, body, ...(typeof body.etag === "string" ? { headers: { etag: `"${body.etag}"` } } : {}) };
}
