import type { Hub } from "../hub";
import { matches } from "../query/evaluate";
import { parseCondition, type Expression } from "../query/parser";
import { deviceTwin } from "../query/run";
import type { ConfigurationRecord } from "../store/model";

/** The devices that a configuration is meant for, and those that it reaches beside the others' priorities. */
export function matchingDevices(
  hub: Hub,
  configuration: ConfigurationRecord,
): { targeted: string[]; applied: string[] } {
  const targeted = [...hub.state.devices.keys()].filter((deviceId) => targets(hub, configuration, deviceId));
  const applied = targeted.filter((deviceId) => effective(hub, deviceId).includes(configuration));
  return { targeted, applied };
}

/** Whether a device is in a configuration's target. */
export function targets(hub: Hub, { targetCondition, content }: ConfigurationRecord, deviceId: string): boolean {
  const condition = targetCondition.trim();
  if (condition === "") return false;
  if (content.modulesContent !== undefined && hub.state.devices.get(deviceId)?.capabilities.iotEdge !== true)
    return false;
  return condition === "*" || matches(parsed(condition), deviceTwin(hub, deviceId));
}

const parsedConditions = new Map<string, Expression>();
const maximumParsed = 1000;

/** Each condition is asked for every device. */
function parsed(condition: string): Expression {
  let expression = parsedConditions.get(condition);
  if (expression === undefined) {
    expression = parseCondition(condition);
    if (parsedConditions.size >= maximumParsed) parsedConditions.clear();
    parsedConditions.set(condition, expression);
  }
  return expression;
}

/**
 * The configurations that make a device's desired properties: of edge deployments the base with the highest priority
 * (the newest among equals) and the layers that stand above it, lowest first; every other configuration that targets it.
 */
export function effective(hub: Hub, deviceId: string): ConfigurationRecord[] {
  const matching = [...hub.state.configurations.values()]
    .filter((configuration) => targets(hub, configuration, deviceId))
    .sort((a, b) => a.priority - b.priority || (a.createdTimeUtc < b.createdTimeUtc ? -1 : 1));
  const edge = matching.filter(({ content }) => content.modulesContent !== undefined);
  const base = edge.findLastIndex((configuration) => !isLayered(configuration));
  const others = matching.filter(({ content }) => content.modulesContent === undefined);
  return base < 0 ? others : [...others, ...edge.slice(base)];
}

/** A layer has parts of `$edgeAgent`'s desired properties, and not the whole. */
export function isLayered({ content }: ConfigurationRecord): boolean {
  const { $edgeAgent: agent } = (content.modulesContent ?? {}) as { $edgeAgent?: Record<string, unknown> };
  return agent?.["properties.desired"] === undefined;
}
