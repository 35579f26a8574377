import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { TokenCredential } from "@azure/identity";
import { RestApiClient } from "azure-iot-http-base";
import { ConnectionString, SharedAccessSignature } from "azure-iot-common";
import { type Configuration, type ConfigurationContent, type Module, Registry } from "azure-iothub";
import { type Call, withRetry } from "../kit";
import { adviseRetry, isMissingItem, serviceError } from "./hub-errors";

/** Where connections go instead of the service's own host. */
export interface Endpoint {
  host: string;
  port: number;
  /** Certificates to trust, PEM. */
  ca?: string;
}

export interface HubConnection {
  hostName: string;
  /** A key of a policy, or a sign-in with Entra ID. */
  credential: { connectionString: string } | { token: TokenCredential };
  endpoint?: Endpoint;
}

/** A device as the registry's REST API has it. */
export interface HubDevice {
  deviceId: string;
  generationId?: string;
  etag?: string;
  status?: "enabled" | "disabled";
  authentication?: {
    type?: "sas" | "selfSigned" | "certificateAuthority" | "none";
    symmetricKey?: { primaryKey?: string | null; secondaryKey?: string | null };
    x509Thumbprint?: { primaryThumbprint?: string | null; secondaryThumbprint?: string | null };
  };
  capabilities?: { iotEdge?: boolean };
  deviceScope?: string;
}

/** What of a twin the resources use. */
export interface HubTwin {
  etag: string;
  tags?: Record<string, unknown>;
  properties: { desired: Record<string, unknown> };
}

type Patch = Record<string, unknown>;
const requestTimeoutMs = 60_000;
// The hub throttles by requests a minute; more connections than this only make it angry.
const maxSockets = 16;

/** The only door to `azure-iothub`: plain answers, typed errors, retries with the service's own delay. */
export class HubClient {
  readonly hostName: string;
  private readonly registry: Registry;
  private readonly agent: Agent;

  constructor(connection: HubConnection) {
    const { hostName, credential, endpoint } = connection;
    this.hostName = hostName;
    this.agent = new Agent({ keepAlive: true, maxSockets, ...endpoint });
    const config: RestApiClient.TransportConfig =
      "token" in credential
        ? { host: hostName, tokenCredential: credential.token, tokenScope: "https://iothubs.azure.net/.default" }
        : { host: hostName, sharedAccessSignature: signatureOf(hostName, credential.connectionString) };
    const client = new RestApiClient(config, "edge-vision-iotedge");
    // azure-iothub carries a copy of this class, so the two differ to the compiler and nowhere else.
    this.registry = new Registry(config as Registry.TransportConfig, client as never);
    client.setOptions({ http: { agent: this.agent } });
  }

  getDevice(call: Call, deviceId: string): Promise<HubDevice | undefined> {
    return this.find(call, `read the device "${deviceId}"`, () => this.registry.get(deviceId));
  }

  createDevice(call: Call, device: HubDevice): Promise<HubDevice> {
    return this.run(call, `create the device "${device.deviceId}"`, () => this.registry.create(device as never));
  }

  updateDevice(call: Call, device: HubDevice): Promise<HubDevice> {
    return this.run(call, `update the device "${device.deviceId}"`, () => this.registry.update(device as never));
  }

  async deleteDevice(call: Call, deviceId: string): Promise<void> {
    await this.find(call, `delete the device "${deviceId}"`, () => this.registry.delete(deviceId));
  }

  getTwin(call: Call, deviceId: string): Promise<HubTwin | undefined> {
    return this.find(call, `read the twin of "${deviceId}"`, () => this.registry.getTwin(deviceId));
  }

  updateTwin(call: Call, deviceId: string, patch: Patch): Promise<HubTwin> {
    return this.run(call, `update the twin of "${deviceId}"`, () => this.registry.updateTwin(deviceId, patch, "*"));
  }

  async getModules(call: Call, deviceId: string): Promise<Module[] | undefined> {
    return this.find(call, `list the modules of "${deviceId}"`, () => this.registry.getModulesOnDevice(deviceId));
  }

  getModuleTwin(call: Call, deviceId: string, moduleId: string): Promise<HubTwin | undefined> {
    return this.find(call, `read the twin of the module "${deviceId}/${moduleId}"`, () =>
      this.registry.getModuleTwin(deviceId, moduleId),
    );
  }

  async applyContent(call: Call, deviceId: string, content: ConfigurationContent): Promise<void> {
    await this.run(call, `deploy modules to the device "${deviceId}"`, () =>
      this.registry.applyConfigurationContentOnDevice(deviceId, content),
    );
  }

  getConfiguration(call: Call, id: string): Promise<Configuration | undefined> {
    return this.find(call, `read the deployment "${id}"`, () => this.registry.getConfiguration(id));
  }

  createConfiguration(call: Call, configuration: Configuration): Promise<Configuration> {
    return this.run(call, `create the deployment "${configuration.id}"`, () =>
      this.registry.addConfiguration(configuration),
    );
  }

  updateConfiguration(call: Call, configuration: Configuration): Promise<Configuration> {
    return this.run(call, `update the deployment "${configuration.id}"`, () =>
      this.registry.updateConfiguration(configuration, true),
    );
  }

  async deleteConfiguration(call: Call, id: string): Promise<void> {
    await this.find(call, `delete the deployment "${id}"`, () => this.registry.removeConfiguration(id));
  }

  close(): void {
    this.agent.destroy();
  }

  /** Undefined when the service says that the item does not exist. */
  private async find<T>(call: Call, what: string, operation: Operation): Promise<T | undefined> {
    try {
      return await this.attempt<T>(call, what, operation);
    } catch (error) {
      if (isMissingItem(error)) return undefined;
      throw this.failure(call, what, error);
    }
  }

  private async run<T>(call: Call, what: string, operation: Operation): Promise<T> {
    try {
      return await this.attempt<T>(call, what, operation);
    } catch (error) {
      throw this.failure(call, what, error);
    }
  }

  private attempt<T>(call: Call, what: string, operation: Operation): Promise<T> {
    return withRetry(() => inTime(operation() as Promise<{ responseBody: T }>, call.signal), {
      signal: call.signal,
      advise: adviseRetry,
      onRetry: (error, delayMs) => {
        const { message } = serviceError(`IoT Hub ${this.hostName}`, what, error);
        call.log("debug", `${message} Trying again in ${Math.round(delayMs)} ms.`);
      },
    });
  }

  private failure(call: Call, what: string, error: unknown): unknown {
    return call.signal.aborted ? error : serviceError(`IoT Hub ${this.hostName}`, what, error);
  }
}

type Operation = () => Promise<{ responseBody: unknown }>;

function signatureOf(hostName: string, connectionString: string): SharedAccessSignature {
  const { SharedAccessKeyName, SharedAccessKey } = ConnectionString.parse(connectionString);
  return SharedAccessSignature.create(hostName, SharedAccessKeyName ?? "", SharedAccessKey ?? "", Date.now());
}

/** The SDK's calls know neither a time limit nor a signal. */
async function inTime<T>(answer: Promise<{ responseBody: T }>, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  try {
    const limit = sleep(requestTimeoutMs, undefined, { signal: stop, ref: false }).then(() => {
      throw Object.assign(new Error(`no answer within ${requestTimeoutMs / 1000} s`), { code: "ETIMEDOUT" });
    });
    return (await Promise.race([answer, limit])).responseBody;
  } finally {
    over.abort();
  }
}
