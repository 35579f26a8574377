import type { Finding, Report } from "./checks/finding";
import { checkModules } from "./checks/modules";
import type { ValidationOptions } from "./checks/options";
import { checkRoutes } from "./checks/routes";
import { checkTwin } from "./checks/twin-size";
import { type DeploymentManifest, DESIRED } from "./deployment";

/** Longest time that edgeHub is asked to keep messages without a warning: 30 days. */
const LONG_TIME_SECS = 30 * 24 * 3600;

/**
 * Everything about a manifest that the runtime would refuse or silently do otherwise than written, before it is
 * applied. Errors first. Pure: what a check needs to know from outside comes in `options`.
 */
export function validateManifest({ modulesContent }: DeploymentManifest, options: ValidationOptions = {}): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (severity, code, path, message) => findings.push({ severity, code, path, message });
  const agent = modulesContent.$edgeAgent[DESIRED];
  const hub = modulesContent.$edgeHub[DESIRED];
  const modules = Object.keys(agent.modules);
  checkModules(agent, options, report);
  checkRoutes(hub, modules, options, report);
  checkTimeToLive(hub.storeAndForwardConfiguration.timeToLiveSecs, report);
  for (const [id, twin] of Object.entries(modulesContent)) {
    if (!id.startsWith("$") && !modules.includes(id)) {
      report("error", "Orphan", id, `desired properties for module "${id}", which is not in this deployment`);
    }
    checkTwin(id, twin[DESIRED], report);
  }
  return findings.sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}

function checkTimeToLive(seconds: number, report: Report): void {
  const path = "$edgeHub.storeAndForwardConfiguration.timeToLiveSecs";
  if (!Number.isInteger(seconds)) {
    report("error", "TimeToLive", path, `must be a whole number of seconds, found ${seconds}`);
  } else if (seconds === 0) {
    report("error", "TimeToLive", path, "is 0: edgeHub would drop every message that it cannot send at once");
  } else if (seconds < 0) {
    report(
      "warning",
      "TimeToLive",
      path,
      `is ${seconds}: edgeHub keeps messages for ever, and a long cut fills the disk`,
    );
  } else if (seconds > LONG_TIME_SECS) {
    report("warning", "TimeToLive", path, `is ${seconds}, more than 30 days: a long cut may fill the disk`);
  }
}
