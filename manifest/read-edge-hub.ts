import { isObject } from "./json";
import { asObject, get, ManifestFormatError, text, topLevel } from "./reading";
import { type CompiledRoute, compileRoute } from "./route/compile-route";
import { RouteError } from "./route/error";

/** What edgeHub shall do, out of `$edgeHub`'s desired properties. */
export interface HubConfiguration {
  schemaVersion: string;
  routes: HubRoute[];
  /** Seconds; negative is for ever. */
  timeToLiveSecs: number;
  /** Why edgeHub, although it reports success, applies no route (a condition of the wrong type). */
  unapplied?: string;
}

/** One route of a {@link HubConfiguration}. */
export interface HubRoute extends CompiledRoute {
  name: string;
  text: string;
  /** Lower goes first. */
  priority: number;
  /** Seconds; 0 = the hub's own. */
  timeToLiveSecs: number;
}

const DEFAULT_PRIORITY = 2_000_000_000;

/**
 * Reads `$edgeHub`'s desired properties and compiles the routes.
 * @throws ManifestFormatError with every fault of shape or syntax; edgeHub then keeps its last configuration.
 */
export function readEdgeHubDesired(desired: unknown): HubConfiguration {
  const faults: string[] = [];
  const root = topLevel(desired);
  const schemaVersion = text(get(root, "schemaVersion"));
  if (!/^1\.[0-3](\.0)?$/.test(schemaVersion)) {
    throw new ManifestFormatError(412, [`schemaVersion "${schemaVersion}" is not supported, edgeHub takes 1.0 to 1.3`]);
  }
  const early = schemaVersion.startsWith("1.0");
  if (!early && !isObject(get(root, "routes"))) faults.push("routes is missing");
  const storage = get(root, "storeAndForwardConfiguration");
  if (!early && !isObject(storage)) faults.push("storeAndForwardConfiguration is missing");
  const unapplied: string[] = [];
  const routes = Object.entries(asObject(get(root, "routes"))).flatMap(([name, value]) => {
    if (name.startsWith("$")) return [];
    return readRoute(name, value, early, faults, unapplied);
  });
  if (faults.length > 0) throw new ManifestFormatError(400, faults);
  const seconds = get(storage, "timeToLiveSecs");
  return {
    schemaVersion,
    routes: unapplied.length > 0 ? [] : routes,
    timeToLiveSecs: typeof seconds === "number" ? seconds : 7200,
    ...(unapplied.length > 0 && { unapplied: unapplied.join("; ") }),
  };
}

function readRoute(name: string, value: unknown, early: boolean, faults: string[], unapplied: string[]): HubRoute[] {
  if (isObject(value) && early) {
    faults.push(`routes.${name}: schemaVersion 1.0 takes text only`);
    return [];
  }
  const route = text(isObject(value) ? get(value, "route") : value);
  if (route.trim() === "") return [];
  const priority = get(value, "priority") ?? DEFAULT_PRIORITY;
  const timeToLiveSecs = get(value, "timeToLiveSecs") ?? 0;
  if (typeof priority !== "number" || (priority !== DEFAULT_PRIORITY && !(priority >= 0 && priority <= 9))) {
    faults.push(`routes.${name}.priority must be 0 to 9`);
    return [];
  }
  if (typeof timeToLiveSecs !== "number") {
    faults.push(`routes.${name}.timeToLiveSecs must be a number of seconds`);
    return [];
  }
  try {
    return [{ name, text: route, priority, timeToLiveSecs, ...compileRoute(route) }];
  } catch (error) {
    if (!(error instanceof RouteError)) throw error;
    const where = `Error parsing route ${name} - ${error.message}`;
    (error.kind === "syntax" ? faults : unapplied).push(where);
    return [];
  }
}
