import { splitCreateOptions } from "./create-options";
import {
  type CreateOptions,
  type DeploymentManifest,
  DESIRED,
  type EdgeModule,
  type ImagePullPolicy,
  type RegistryCredential,
  type RestartPolicy,
  type RouteWithPriority,
} from "./deployment";
import type { JsonObject } from "./json";

/** What a deployment shall be; {@link buildManifest} turns it into the wire shape. */
export interface DeploymentSpec {
  /** Image of edgeAgent, e.g. `mcr.microsoft.com/azureiotedge-agent:1.6`. */
  edgeAgentImage: string;
  /** Image of edgeHub. */
  edgeHubImage: string;
  /** Credentials by a name of your choice, one for each registry. */
  registryCredentials?: Record<string, RegistryCredential>;
  /** The modules, in any order. */
  modules: ModuleSpec[];
  /** Routes by name. */
  routes: Record<string, string | RouteWithPriority>;
  /** Seconds that edgeHub keeps a message for. @default 7200 */
  timeToLiveSecs?: number;
  /** More environment for edgeHub. */
  edgeHubEnv?: Record<string, string>;
  /** Bounds of each container's log. @default 10m, 3 files */
  log?: LogBounds;
}

/** One module of a {@link DeploymentSpec}. */
export interface ModuleSpec {
  moduleId: string;
  /** Pinned: `registry/repository@sha256:…`. */
  image: string;
  env?: Record<string, string>;
  createOptions?: CreateOptions;
  /** Desired properties of the module's twin. */
  desired?: JsonObject;
  /** @default always */
  restartPolicy?: RestartPolicy;
  /** @default on-create */
  imagePullPolicy?: ImagePullPolicy;
  /** Lower starts earlier. @default last */
  startupOrder?: number;
  version?: string;
}

/** How much a container may log. */
export interface LogBounds {
  maxSize: string;
  maxFile: string;
}

/** Ports on which edgeHub serves AMQP, MQTT and HTTPS. */
export const EDGE_HUB_PORTS = [5671, 8883, 443] as const;
/** Two hours. */
export const DEFAULT_TIME_TO_LIVE_SECS = 7200;
const DEFAULT_LOG: LogBounds = { maxSize: "10m", maxFile: "3" };

/** The deployment manifest of a specification. */
export function buildManifest(spec: DeploymentSpec): DeploymentManifest {
  const log = spec.log ?? DEFAULT_LOG;
  const modules = Object.fromEntries(spec.modules.map((module) => [module.moduleId, edgeModule(module, log)]));
  const twins = spec.modules.flatMap((module) =>
    module.desired ? [[module.moduleId, { [DESIRED]: module.desired }] as const] : [],
  );
  return {
    modulesContent: {
      ...Object.fromEntries(twins),
      $edgeAgent: {
        [DESIRED]: {
          schemaVersion: "1.1",
          runtime: {
            type: "docker",
            settings: {
              minDockerVersion: "v1.25",
              ...(spec.registryCredentials && { registryCredentials: spec.registryCredentials }),
            },
          },
          systemModules: {
            edgeAgent: {
              type: "docker",
              settings: { image: spec.edgeAgentImage, ...splitCreateOptions(withLog({}, log)) },
            },
            edgeHub: {
              type: "docker",
              status: "running",
              restartPolicy: "always",
              settings: { image: spec.edgeHubImage, ...splitCreateOptions(withLog(edgeHubPorts(), log)) },
              // The default keeps a gigabyte for speed that a small device does not have.
              env: wrapEnv({ OptimizeForPerformance: "false", ...spec.edgeHubEnv }),
            },
          },
          modules,
        },
      },
      $edgeHub: {
        [DESIRED]: {
          schemaVersion: "1.1",
          routes: spec.routes,
          storeAndForwardConfiguration: { timeToLiveSecs: spec.timeToLiveSecs ?? DEFAULT_TIME_TO_LIVE_SECS },
        },
      },
    },
  };
}

function edgeModule(spec: ModuleSpec, log: LogBounds): EdgeModule {
  return {
    ...(spec.version !== undefined && { version: spec.version }),
    type: "docker",
    status: "running",
    restartPolicy: spec.restartPolicy ?? "always",
    imagePullPolicy: spec.imagePullPolicy ?? "on-create",
    ...(spec.startupOrder !== undefined && { startupOrder: spec.startupOrder }),
    settings: { image: spec.image, ...splitCreateOptions(withLog(spec.createOptions ?? {}, log)) },
    ...(spec.env && Object.keys(spec.env).length > 0 && { env: wrapEnv(spec.env) }),
  };
}

function wrapEnv(env: Record<string, string>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, { value }]));
}

function edgeHubPorts(): CreateOptions {
  const PortBindings: Record<string, { HostPort: string }[]> = {};
  for (const port of EDGE_HUB_PORTS) PortBindings[`${port}/tcp`] = [{ HostPort: String(port) }];
  return { HostConfig: { PortBindings } };
}

/** Docker's default log has no bound and fills a device's card. */
function withLog(options: CreateOptions, { maxSize, maxFile }: LogBounds): CreateOptions {
  const LogConfig = { Type: "json-file", Config: { "max-size": maxSize, "max-file": maxFile } };
  return { ...options, HostConfig: { LogConfig, ...options.HostConfig } };
}
