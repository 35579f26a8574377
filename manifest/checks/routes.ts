import type { EdgeHubDesired } from "../deployment";
import type { RouteAst } from "../route/ast";
import { compileRoute } from "../route/compile-route";
import { RouteError } from "../route/error";
import { parseRoute } from "../route/parse-route";
import { sourceModule } from "../route/source";
import type { Report } from "./finding";
import type { ValidationOptions } from "./options";

/** Checks each route: grammar, types, and whether the modules and inputs that it names exist. */
export function checkRoutes(
  { routes }: Pick<EdgeHubDesired, "routes">,
  modules: readonly string[],
  options: ValidationOptions,
  report: Report,
): void {
  for (const [name, value] of Object.entries(routes)) {
    const path = `$edgeHub.routes.${name}`;
    if (!/^[^.$# ]{1,128}$/.test(name)) {
      report(
        "error",
        "Name",
        path,
        `the route's name "${name}" must have 1 to 128 characters and no dot, $, # or space`,
      );
    }
    const { route: text, priority, timeToLiveSecs } = typeof value === "string" ? { route: value } : value;
    if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 9)) {
      report(
        "error",
        "RoutePriority",
        `${path}.priority`,
        `must be a whole number from 0 (first) to 9, found ${priority}`,
      );
    }
    if (timeToLiveSecs !== undefined && !(Number.isInteger(timeToLiveSecs) && timeToLiveSecs >= 0)) {
      const wanted = "must be a whole number of seconds, 0 for the hub's own";
      report("error", "TimeToLive", `${path}.timeToLiveSecs`, `${wanted}, found ${timeToLiveSecs}`);
    }
    checkRoute(typeof value === "string" ? path : `${path}.route`, text, modules, options, report);
  }
}

function checkRoute(
  path: string,
  text: string,
  modules: readonly string[],
  options: ValidationOptions,
  report: Report,
): void {
  const parsed = parseRoute(text);
  if (!parsed.route) {
    report("error", "RouteSyntax", path, `${parsed.errors[0].message} in: ${text}`);
    return;
  }
  const { route } = parsed;
  try {
    compileRoute(text);
  } catch (error) {
    if (!(error instanceof RouteError)) throw error;
    report("error", "RouteType", path, `${error.message} in: ${text}`);
  }
  checkIgnored(path, route, report);
  checkSource(path, route.source, modules, report);
  if (route.sink.kind === "module") checkSink(path, route.sink, modules, options, report);
}

function checkIgnored(path: string, { ignored }: RouteAst, report: Report): void {
  if (!ignored) return;
  const where = `at character ${ignored.position + 1}`;
  if (/^where\b/i.test(ignored.text)) {
    const message = `a misplaced WHERE ${where}: edgeHub ignores it and sends everything; write FROM … WHERE … INTO …`;
    report("error", "RouteIgnoredText", path, message);
  } else
    report("warning", "RouteIgnoredText", path, `edgeHub ignores the text after the sink, ${where}: ${ignored.text}`);
}

function checkSource(path: string, source: string, modules: readonly string[], report: Report): void {
  if (source.slice(0, -1).includes("*")) {
    const message = `${source} never matches: a * stands for the rest of the path and is a plain name before its end`;
    report("error", "RouteNeverMatches", path, message);
    return;
  }
  const module = sourceModule(source);
  if (module !== undefined && !modules.some((id) => id.toLowerCase() === module.toLowerCase())) {
    report("error", "RouteUnknownModule", path, `comes from module ${module}, which is not in this deployment`);
  } else if (!/^\/(\*|messages(\/\*|\/modules(\/.*)?)?|twinChangeNotifications(\/\*)?)$/i.test(source)) {
    report(
      "warning",
      "RouteNeverMatches",
      path,
      `no message comes from ${source}; edgeHub knows /messages/modules/<module>/outputs/<output>, /messages and /twinChangeNotifications`,
    );
  }
}

function checkSink(
  path: string,
  { moduleId, input }: { moduleId: string; input: string },
  modules: readonly string[],
  { inputs }: ValidationOptions,
  report: Report,
): void {
  if (!modules.includes(moduleId)) {
    report("error", "RouteUnknownModule", path, `leads to module "${moduleId}", which is not in this deployment`);
    return;
  }
  const known = inputs?.[moduleId];
  if (known && !known.includes(input)) {
    const has = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    report("error", "RouteUnknownInput", path, `leads to input "${input}" of ${moduleId}; ${has}`);
  }
}
