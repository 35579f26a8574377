import type { Hub } from "../hub";
import type { JsonObject, TwinRecord } from "../store/model";
import { twinView } from "../twins/view";
import { matches, valueAt } from "./evaluate";
import { parseQuery, type Query, type SelectItem } from "./parser";

export interface QueryResult {
  items: JsonObject[];
  /** `Twin`, or `Raw` for a projection; goes to the header `x-ms-item-type`. */
  type: "Twin" | "Raw";
}

/**
 * Runs `SELECT … FROM devices[.modules] [WHERE …]` over a hub's twins, in the order of creation.
 *
 * @throws HubError `ArgumentInvalid`
 */
export function runQuery(hub: Hub, source: string): QueryResult {
  const query = parseQuery(source);
  const found: JsonObject[] = [];
  for (const twin of twinsOf(hub, query)) {
    if (query.where === undefined || matches(query.where, twin)) found.push(twin);
    if (found.length === query.top) break;
  }
  const { select } = query;
  if (select === "*") return { items: found, type: "Twin" };
  if (select.some(({ aggregate }) => aggregate !== undefined))
    return { items: [aggregate(select, found)], type: "Raw" };
  return { items: found.map((twin) => project(select, twin)), type: "Raw" };
}

/** A device's twin as conditions see it. */
export function deviceTwin(hub: Hub, deviceId: string): JsonObject {
  return viewOf(hub, hub.twins.get({ deviceId }));
}

function* twinsOf(hub: Hub, query: Query): Generator<JsonObject> {
  if (query.from === "devices") {
    for (const deviceId of hub.state.devices.keys()) yield deviceTwin(hub, deviceId);
  } else {
    for (const twin of hub.state.moduleTwins()) yield viewOf(hub, twin);
  }
}

function viewOf(hub: Hub, twin: TwinRecord): JsonObject {
  const device = hub.registry.device(twin.deviceId);
  const module = twin.moduleId === undefined ? undefined : hub.registry.module(twin.deviceId, twin.moduleId);
  return twinView(twin, { device, ...(module === undefined ? {} : { module }) }, hub.connections.connectivity(twin));
}

function project(select: readonly SelectItem[], twin: JsonObject): JsonObject {
  const item: JsonObject = {};
  for (const { name, path = [] } of select) {
    const value = valueAt(twin, path);
    if (value !== undefined) item[name] = value;
  }
  return item;
}

function aggregate(select: readonly SelectItem[], twins: readonly JsonObject[]): JsonObject {
  const result: JsonObject = {};
  for (const { name, path, aggregate: kind } of select) {
    if (kind === "COUNT") {
      result[name] =
        path === undefined ? twins.length : twins.filter((twin) => valueAt(twin, path) !== undefined).length;
      continue;
    }
    const values = twins.map((twin) => valueAt(twin, path ?? [])).filter((value) => typeof value === "number");
    const sum = values.reduce((total, value) => total + value, 0);
    if (kind === "SUM") result[name] = sum;
    else if (values.length === 0) continue;
    else if (kind === "AVG") result[name] = sum / values.length;
    else result[name] = values.reduce((a, b) => (kind === "MIN" ? Math.min(a, b) : Math.max(a, b)));
  }
  return result;
}
