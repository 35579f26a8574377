import type { Hub } from "../hub";
import { runQuery } from "../query/run";
import type { ConfigurationRecord, JsonObject } from "../store/model";
import { matchingDevices } from "./targets";

/** A configuration as the service answers it, with its metrics as they are now. */
export function configurationView(hub: Hub, configuration: ConfigurationRecord): JsonObject {
  const { queries } = configuration.metrics;
  const results = Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, count(hub, query)]));
  return {
    id: configuration.id,
    schemaVersion: configuration.schemaVersion,
    labels: configuration.labels,
    content: configuration.content,
    targetCondition: configuration.targetCondition,
    createdTimeUtc: configuration.createdTimeUtc,
    lastUpdatedTimeUtc: configuration.lastUpdatedTimeUtc,
    priority: configuration.priority,
    systemMetrics: systemMetrics(hub, configuration),
    metrics: { results, queries },
    etag: configuration.etag,
  };
}

/** What the service counts by itself: the devices that are targeted, and those where this configuration is the one. */
function systemMetrics(hub: Hub, configuration: ConfigurationRecord): JsonObject {
  const { targeted, applied } = matchingDevices(hub, configuration);
  const isEdge = configuration.content.modulesContent !== undefined;
  const agents = applied.flatMap((deviceId) => hub.state.twin({ deviceId, moduleId: "$edgeAgent" }) ?? []);
  const codes = agents.map(({ desired, reported }) => {
    const { lastDesiredStatus, lastDesiredVersion } = reported.values as {
      lastDesiredStatus?: { code?: unknown };
      lastDesiredVersion?: unknown;
    };
    return lastDesiredVersion === desired.version ? lastDesiredStatus?.code : undefined;
  });
  return {
    results: {
      targetedCount: targeted.length,
      appliedCount: applied.length,
      ...(isEdge
        ? {
            reportedSuccessfulCount: codes.filter((code) => code === 200).length,
            reportedFailedCount: codes.filter((code) => code !== undefined && code !== 200).length,
          }
        : {}),
    },
    queries: {},
  };
}

function count(hub: Hub, query: string): number {
  const { items } = runQuery(hub, query);
  const [only] = items;
  const values = only === undefined ? [] : Object.values(only);
  return items.length === 1 && values.length === 1 && typeof values[0] === "number" ? values[0] : items.length;
}
