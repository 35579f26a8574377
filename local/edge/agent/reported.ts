import os from "node:os";
import { splitCreateOptions, type RuntimeModule } from "@edge-vision/manifest";
import type { JsonObject } from "../json-patch";
import type { ModuleState } from "../process/module-state";

/** How the last desired properties were taken. */
export interface DeploymentStatus {
  /** 200, or why not: 400 shape, 412 schema version, 417 empty, 500 a module cannot be run. */
  code: number;
  description: string;
  /** The desired properties' version. */
  version?: number;
}

export interface ReportedInput {
  schemaVersion: string;
  deployment: DeploymentStatus;
  edgeAgent?: RuntimeModule;
  edgeHub?: RuntimeModule;
  modules: readonly { module: RuntimeModule; state: ModuleState }[];
  /** When the runtime started. */
  startedAt: string;
  version: string;
}

/** `$edgeAgent`'s reported properties in the shape of edgeAgent 1.6. */
export function agentReported(input: ReportedInput): JsonObject {
  const { schemaVersion, deployment, edgeAgent, edgeHub, modules, startedAt, version } = input;
  const system: ModuleState = { state: "running", restarts: 0, startedAt };
  return {
    schemaVersion,
    version: { version },
    lastDesiredStatus: { code: deployment.code, description: deployment.description },
    ...(deployment.version === undefined ? {} : { lastDesiredVersion: deployment.version }),
    runtime: {
      type: "docker",
      platform: { os: os.platform(), architecture: os.arch(), version: "process" },
    },
    systemModules: {
      ...(edgeAgent === undefined ? {} : { edgeAgent: systemModule(edgeAgent, system) }),
      ...(edgeHub === undefined
        ? {}
        : {
            edgeHub: { ...systemModule(edgeHub, system), status: edgeHub.status, restartPolicy: edgeHub.restartPolicy },
          }),
    },
    modules: Object.fromEntries(modules.map(({ module, state }) => [module.moduleId, customModule(module, state)])),
  };
}

function systemModule(module: RuntimeModule, state: ModuleState): JsonObject {
  return {
    type: "docker",
    settings: { image: module.image, ...splitCreateOptions(module.createOptions) },
    imagePullPolicy: module.imagePullPolicy,
    env: Object.fromEntries(Object.entries(module.env).map(([name, value]) => [name, { value }])),
    ...runtimeState(state),
  };
}

function customModule(module: RuntimeModule, state: ModuleState): JsonObject {
  return {
    ...systemModule(module, state),
    version: module.version,
    status: module.status,
    restartPolicy: module.restartPolicy,
    startupOrder: module.startupOrder,
  };
}

/** What the real thing writes for a time that never was. */
const never = "0001-01-01T00:00:00Z";

function runtimeState({ state, restarts, startedAt, lastExit, lastRestartAt, reason }: ModuleState): JsonObject {
  return {
    runtimeStatus: state,
    exitCode: lastExit?.code ?? 0,
    statusDescription: reason ?? (lastExit?.signal == null ? "" : `ended by ${lastExit.signal}`),
    lastStartTimeUtc: startedAt ?? never,
    lastExitTimeUtc: lastExit?.at ?? never,
    restartCount: restarts,
    lastRestartTimeUtc: lastRestartAt ?? never,
  };
}
