import { randomBytes } from "node:crypto";
import { refuse } from "../errors";

const deviceIdPattern = /^[A-Za-z0-9\-.+%_#*?!(),:=@$']{1,128}$/;

/** @throws HubError `ArgumentInvalid` */
export function checkId(id: unknown, what: string): asserts id is string {
  if (typeof id === "string" && deviceIdPattern.test(id)) return;
  throw refuse.argument(
    `The ${what} ${JSON.stringify(id)} is not 1 to 128 letters, digits and characters of - . + % _ # * ? ! ( ) , : = @ $ '.`,
  );
}

let lastTicks = 0n;

/** A number that is new with each identity; the service writes 100 ns ticks since the year 1. */
export function newGenerationId(): string {
  const ticks = BigInt(Date.now()) * 10_000n + 621_355_968_000_000_000n;
  lastTicks = ticks > lastTicks ? ticks : lastTicks + 1n;
  return lastTicks.toString();
}

/** An etag of an identity or a configuration. */
export function newEtag(): string {
  return randomBytes(9).toString("base64");
}

/** The next etag of a twin: a counter in base64, as the service writes it. */
export function nextTwinEtag(etag: string | undefined): string {
  const counter = Buffer.alloc(8);
  const before = etag === undefined ? 0n : Buffer.from(etag, "base64").readBigUInt64BE();
  counter.writeBigUInt64BE(before + 1n);
  return counter.toString("base64");
}

export function newKey(): string {
  return randomBytes(32).toString("base64");
}

/**
 * Checks `If-Match` against an etag; quotes are optional, `*` matches what exists.
 *
 * @throws HubError `PreconditionFailed`
 */
export function checkEtag(ifMatch: string | undefined, etag: string, what: string): void {
  if (ifMatch === undefined) return;
  const wanted = ifMatch
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
  if (wanted !== "*" && wanted !== etag) throw refuse.precondition(what);
}
