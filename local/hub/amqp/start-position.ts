import { refuse } from "../errors";
import type { StartPosition } from "../store/events";

const pattern = /^amqp\.annotation\.(x-opt-[a-z-]+)\s*(>=?)\s*'([^']{1,40})'$/;

/**
 * Reads the selector of a reader: `amqp.annotation.x-opt-offset > '-1'`. None means the beginning.
 *
 * @throws HubError `ArgumentInvalid`
 */
export function readStartPosition(selector: unknown): StartPosition {
  if (selector === undefined || selector === null) return { from: "beginning" };
  if (typeof selector !== "string") throw refuse.argument("The start position must be text.");
  const [, name, operator, value = ""] = pattern.exec(selector.trim()) ?? [];
  const inclusive = operator === ">=";
  switch (name) {
    case "x-opt-offset":
      if (value === "@latest") return { from: "latest" };
      if (value === "-1") return { from: "beginning" };
      if (/^\d+$/.test(value)) return { from: "sequenceNumber", sequenceNumber: Number(value), inclusive };
      break;
    case "x-opt-sequence-number":
    case "x-opt-sequence-number-epoch":
      if (value === "-1") return { from: "beginning" };
      if (/^\d+$/.test(value)) return { from: "sequenceNumber", sequenceNumber: Number(value), inclusive };
      break;
    case "x-opt-enqueued-time":
    case "x-opt-enqueuedtimeutc":
      if (/^\d+$/.test(value)) return { from: "enqueuedTime", after: inclusive ? Number(value) - 1 : Number(value) };
      break;
    default:
  }
  throw refuse.argument(`The start position ${JSON.stringify(selector)} cannot be read.`);
}
