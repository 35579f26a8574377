import type { HubRoute } from "@edge-vision/manifest";
import type { Delivery } from "./message-store";
import { routedMessage, type EdgeMessage } from "./message";

/** What routing needs from `$edgeHub`'s desired properties. */
export interface Routing {
  routes: readonly HubRoute[];
  /** Seconds; negative is for ever. */
  timeToLiveSecs: number;
}

/** The lane of messages that a module sends to the hub. */
export function upstreamLane(moduleId: string): string {
  return `upstream/${moduleId}`;
}

/** The lane of messages that go to a module's inputs. */
export function inputLane(moduleId: string): string {
  return `input/${moduleId}`;
}

/**
 * Where a message goes: every route that matches, and for each end point once, by the route that goes first. No route:
 * nowhere, and that is no error (edgeHub drops such messages and confirms them).
 */
export function routeMessage(routing: Routing, message: EdgeMessage, deviceId: string): Delivery[] {
  const routed = routedMessage(message, deviceId);
  const best = new Map<string, { route: HubRoute; delivery: Delivery }>();
  for (const route of routing.routes) {
    if (!route.matches(routed)) continue;
    const { sink } = route;
    const input = sink.kind === "upstream" ? undefined : sink.input;
    const lane = sink.kind === "upstream" ? upstreamLane(message.moduleId) : inputLane(sink.moduleId);
    const endpoint = `${lane}/${input ?? ""}`;
    const known = best.get(endpoint);
    if (known !== undefined && known.route.priority <= route.priority) continue;
    const seconds = route.timeToLiveSecs === 0 ? routing.timeToLiveSecs : route.timeToLiveSecs;
    best.set(endpoint, {
      route,
      delivery: {
        lane,
        priority: route.priority,
        ...(input === undefined ? {} : { input }),
        ...(seconds < 0 ? {} : { expiresAt: message.enqueuedAt + seconds * 1000 }),
      },
    });
  }
  return [...best.values()].map(({ delivery }) => delivery);
}
