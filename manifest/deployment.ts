/**
 * The wire shape of an IoT Edge deployment: what `set-modules` and `applyConfigurationContent` take, and what the
 * desired properties of `$edgeAgent` and `$edgeHub` become.
 */

/** Desired properties travel under this key. */
export const DESIRED = "properties.desired";

/** A whole deployment, as a manifest file holds it. */
export interface DeploymentManifest {
  modulesContent: ModulesContent;
}

/** Desired properties by module id; `$edgeAgent` and `$edgeHub` are the runtime's own. */
export interface ModulesContent {
  $edgeAgent: { "properties.desired": EdgeAgentDesired };
  $edgeHub: { "properties.desired": EdgeHubDesired };
  [moduleId: string]: { "properties.desired": object };
}

/** What edgeAgent is told to run. */
export interface EdgeAgentDesired {
  schemaVersion: "1.0" | "1.1";
  runtime: {
    type: "docker";
    settings: {
      minDockerVersion?: string;
      loggingOptions?: string;
      registryCredentials?: Record<string, RegistryCredential>;
    };
  };
  systemModules: { edgeAgent: SystemModule; edgeHub: SystemModule & { status: "running"; restartPolicy: "always" } };
  modules: Record<string, EdgeModule>;
}

/** How a device signs in to one registry. */
export interface RegistryCredential {
  address: string;
  username: string;
  password: string;
}

/** Image and container settings; `createOptions01`… continue a text that is longer than one chunk. */
export interface ModuleSettings {
  image: string;
  createOptions?: string;
  [chunk: `createOptions${number}`]: string;
}

/** One of the runtime's own modules. */
export interface SystemModule {
  type: "docker";
  settings: ModuleSettings;
  env?: Record<string, { value: string }>;
  imagePullPolicy?: ImagePullPolicy;
  startupOrder?: number;
}

/** One module of the deployment. */
export interface EdgeModule extends SystemModule {
  version?: string;
  status: "running" | "stopped";
  restartPolicy: RestartPolicy;
}

/** edgeAgent knows more words, and acts on these two alone. */
export type RestartPolicy = "always" | "never";

/** When edgeAgent pulls an image. */
export type ImagePullPolicy = "on-create" | "never";

/** What edgeHub is told: routes, and how long it keeps messages. */
export interface EdgeHubDesired {
  schemaVersion: "1.0" | "1.1" | "1.2";
  routes: Record<string, string | RouteWithPriority>;
  storeAndForwardConfiguration: { timeToLiveSecs: number };
}

/** A route with a priority (0 first, 9 last) and a time to live of its own (0 = the hub's). */
export interface RouteWithPriority {
  route: string;
  priority?: number;
  timeToLiveSecs?: number;
}

/** The part of Docker's container settings that a manifest of this project uses; unknown keys are kept. */
export interface CreateOptions {
  Env?: string[];
  ExposedPorts?: Record<string, object>;
  HostConfig?: HostConfig;
  [key: string]: unknown;
}

/** Docker's host settings of a container. */
export interface HostConfig {
  Binds?: string[];
  Devices?: DeviceMapping[];
  PortBindings?: Record<string, { HostPort: string; HostIp?: string }[]>;
  LogConfig?: { Type: string; Config?: Record<string, string> };
  Privileged?: boolean;
  GroupAdd?: string[];
  [key: string]: unknown;
}

/** A device of the host that a container may use. */
export interface DeviceMapping {
  PathOnHost: string;
  PathInContainer: string;
  CgroupPermissions: string;
}
