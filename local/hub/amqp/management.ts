import { types } from "rhea";
import { HubError, refuse } from "../errors";
import type { Claims } from "./claims";

/**
 * Answers `READ` of an event hub or a partition, as the `$management` node does.
 *
 * @throws HubError
 */
export async function describeNode(
  claims: Claims,
  properties: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { operation, type, name } = properties;
  if (operation !== "READ") throw refuse.argument(`The operation ${String(operation)} is not READ.`);
  const hub = await claims.require(typeof name === "string" ? name : "");
  const { events, record } = hub;
  if (type === "com.microsoft:eventhub") {
    return {
      name: record.eventHub.path,
      type,
      created_at: types.wrap_timestamp(0),
      partition_count: types.wrap_int(events.partitionCount),
      partition_ids: types.wrap_array(
        Array.from({ length: events.partitionCount }, (_, index) => String(index)),
        0xa1,
        undefined,
      ),
    };
  }
  if (type !== "com.microsoft:partition") throw refuse.argument(`The type ${String(type)} is unknown.`);
  const partition = Number(properties.partition);
  const state = events.state(partition);
  if (state === undefined)
    throw new HubError("amqp:not-found", 404, `There is no partition ${String(properties.partition)}.`);
  const last = state.durable - 1;
  return {
    name: record.eventHub.path,
    type,
    partition: String(partition),
    begin_sequence_number: types.wrap_long(state.first),
    last_enqueued_sequence_number: types.wrap_long(last),
    last_enqueued_offset: String(last),
    last_enqueued_time_utc: types.wrap_timestamp(state.lastEnqueuedTime),
    is_partition_empty: state.first > last,
  };
}
