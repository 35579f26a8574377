import type { Agent } from "node:https";
import type { Configuration, ConfigurationContent, Module, Registry } from "azure-iothub";
import type { Call } from "../kit";
import { type Operation, ServiceCalls } from "./service-calls";
import { connect, type Connection } from "./transport";

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
/** The only door to `azure-iothub`: plain answers, typed errors, retries with the service's own delay. */
export class HubClient {
  readonly hostName: string;
  private readonly calls: ServiceCalls;
  private opened: Registry | undefined;
  private agent: Agent | undefined;

  constructor(private readonly connection: Connection) {
    this.hostName = connection.hostName;
    this.calls = new ServiceCalls(`IoT Hub ${connection.hostName}`);
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

  async getConfigurations(call: Call): Promise<Configuration[]> {
    return this.run(call, "list the deployments", () => this.registry.getConfigurations());
  }

  close(): void {
    this.agent?.destroy();
  }

  private get registry(): Registry {
    return (this.opened ??= this.open());
  }

  private open(): Registry {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and a run without changes needs none of it
    const { Registry } = require("azure-iothub") as typeof import("azure-iothub");
    const { config, client, agent } = connect(this.connection, "https://iothubs.azure.net/.default");
    // azure-iothub carries a copy of the client's class, so the two differ to the compiler and nowhere else.
    const registry = new Registry(config as Registry.TransportConfig, client as never);
    // Registry has put an agent of its own in.
    client.setOptions({ http: { agent } });
    this.agent = agent;
    return registry;
  }

  private async find<T>(call: Call, what: string, operation: Answer): Promise<T | undefined> {
    const answer = await this.calls.find(call, what, operation as Operation<{ responseBody: T }>);
    return answer?.responseBody;
  }

  private async run<T>(call: Call, what: string, operation: Answer): Promise<T> {
    return (await this.calls.run(call, what, operation as Operation<{ responseBody: T }>)).responseBody;
  }
}

// The SDK's own types miss properties that the service has, so each method names its answer.
type Answer = Operation<{ responseBody: unknown }>;
