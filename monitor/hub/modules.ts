import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { Registry } from "azure-iothub";
import { z } from "zod";
import { serviceConnectionString, type HubConnection } from "./connection";

/** What edgeAgent says about one module. */
export interface ModuleState {
  deviceId: string;
  moduleId: string;
  system: boolean;
  /** edgeAgent's `runtimeStatus`: running, backoff, stopped, failed, … */
  state: string;
  restarts: number;
  image: string;
  description?: string;
  lastExit?: { code: number; at: string };
}

const reportedModule = z.object({
  runtimeStatus: z.string().default("unknown"),
  restartCount: z.number().default(0),
  statusDescription: z.string().optional(),
  exitCode: z.number().optional(),
  lastExitTimeUtc: z.string().optional(),
  settings: z.object({ image: z.string().default("") }).default({ image: "" }),
});

const reportedModules = z.record(z.string(), reportedModule.nullable()).default({});
const reportedProperties = z.object({ systemModules: reportedModules, modules: reportedModules });

/** A module's twin: what it was told, and what it says. */
export interface ModuleTwin {
  desired: Record<string, unknown>;
  reported: Record<string, unknown>;
}

/** Reads what each device's edgeAgent and modules report, through the hub's service API as any operator's tool does. */
export class ModuleReader {
  private readonly registry: Registry;

  constructor(hub: HubConnection) {
    this.registry = Registry.fromConnectionString(serviceConnectionString(hub));
    if (hub.local) redirect(this.registry, hub.local);
  }

  /** The modules of a device in the order system modules, then by name. */
  async read(deviceId: string): Promise<ModuleState[]> {
    const { reported } = await this.twin(deviceId, "$edgeAgent");
    return modulesOf(deviceId, reported);
  }

  async twin(deviceId: string, moduleId: string): Promise<ModuleTwin> {
    const { responseBody } = await this.registry.getModuleTwin(deviceId, moduleId);
    return responseBody.properties;
  }
}

/** The module states in reported properties of `$edgeAgent`. */
export function modulesOf(deviceId: string, reported: unknown): ModuleState[] {
  const parsed = reportedProperties.safeParse(reported);
  if (!parsed.success) return [];
  const list = (modules: z.infer<typeof reportedModules>, system: boolean): ModuleState[] =>
    Object.entries(modules)
      .flatMap(([moduleId, module]) => (module ? [toState(deviceId, moduleId, system, module)] : []))
      .sort((a, b) => a.moduleId.localeCompare(b.moduleId));
  return [...list(parsed.data.systemModules, true), ...list(parsed.data.modules, false)];
}

function toState(
  deviceId: string,
  moduleId: string,
  system: boolean,
  module: z.infer<typeof reportedModule>,
): ModuleState {
  return {
    deviceId,
    moduleId,
    system,
    state: module.runtimeStatus,
    restarts: module.restartCount,
    image: module.settings.image,
    ...(module.statusDescription && { description: module.statusDescription }),
    ...(module.restartCount > 0 &&
      module.exitCode !== undefined && { lastExit: { code: module.exitCode, at: module.lastExitTimeUtc ?? "" } }),
  };
}

// The SDK takes host names only: a hub on this machine is reached through the agent of its HTTPS client.
function redirect(registry: Registry, local: NonNullable<HubConnection["local"]>): void {
  const client = registry as unknown as { _restApiClient: { setOptions(options: object): void } };
  const agent = new Agent({ host: local.host, port: local.httpsPort, ca: readFileSync(local.ca), keepAlive: true });
  client._restApiClient.setOptions({ http: { agent } });
}
