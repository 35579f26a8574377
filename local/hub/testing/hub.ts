import { mkdtemp, readFile, rm } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client as ServiceClient, Registry as ServiceRegistry } from "azure-iothub";
import pino from "pino";
import { formatConnectionString } from "../../protocol/connection-string";
import { writeHub, type HubRecord } from "../directory";
import { startHubProcess, type HubProcess, type HubProcessOptions } from "../hub-process";

const key = (text: string): string => Buffer.from(text.padEnd(32, "-")).toString("base64");

/** A hub's record for tests, with the policies that a new hub has. */
export function hubRecord(name: string, changes: Partial<HubRecord> = {}): HubRecord {
  const policy = (keyName: string, rights: string): HubRecord["policies"][number] => ({
    keyName,
    primaryKey: key(`${name} ${keyName} primary`),
    secondaryKey: key(`${name} ${keyName} secondary`),
    rights,
  });
  return {
    name,
    hostName: `${name}.azure-devices.net`,
    policies: [
      policy("iothubowner", "RegistryWrite, ServiceConnect, DeviceConnect"),
      policy("service", "ServiceConnect"),
      policy("device", "DeviceConnect"),
      policy("registryRead", "RegistryRead"),
    ],
    partitionCount: 2,
    consumerGroups: ["$Default", "monitor"],
    eventHub: { path: `iothub-ehub-${name}`, endpoint: "sb://local.servicebus.windows.net/" },
    sku: { name: "S1", capacity: 1 },
    ...changes,
  };
}

/** A hub process in this process, with one hub in a temporary folder. */
export class TestHub {
  readonly agents: https.Agent[] = [];

  private constructor(
    readonly folder: string,
    readonly record: HubRecord,
    public process: HubProcess,
    readonly ca: string,
    private readonly options: Partial<HubProcessOptions>,
  ) {}

  static async start(changes: Partial<HubRecord> = {}, options: Partial<HubProcessOptions> = {}): Promise<TestHub> {
    const folder = await mkdtemp(path.join(tmpdir(), "hub-"));
    const record = hubRecord("vision-hub", changes);
    await writeHub(folder, record);
    const process = await startHubProcess({ stateFolder: folder, logger: pino({ level: "silent" }), ...options });
    return new TestHub(folder, record, process, await readFile(process.ca, "utf8"), options);
  }

  async restart(): Promise<void> {
    await this.process.close();
    this.process = await startHubProcess({
      stateFolder: this.folder,
      logger: pino({ level: "silent" }),
      ...this.options,
    });
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) agent.destroy();
    await this.process.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  agent(): https.Agent {
    const agent = new https.Agent({ host: "127.0.0.1", port: this.process.ports.https, ca: this.ca, keepAlive: true });
    this.agents.push(agent);
    return agent;
  }

  /** The vendor's service client; only where its connection goes is told. */
  registry(policyName = "iothubowner", changes: { key?: string; hostName?: string } = {}): ServiceRegistry {
    const registry = ServiceRegistry.fromConnectionString(this.connectionString(policyName, changes));
    // The SDK has no public way to say where its connection goes.
    const { _restApiClient: client } = registry as unknown as { _restApiClient: { setOptions(options: object): void } };
    client.setOptions({ http: { agent: this.agent() } });
    return registry;
  }

  /** The vendor's client for direct methods. */
  methodClient(): ServiceClient {
    const client = ServiceClient.fromConnectionString(this.connectionString());
    const { _restApiClient: rest } = client as unknown as { _restApiClient: { setOptions(options: object): void } };
    rest.setOptions({ http: { agent: this.agent() } });
    return client;
  }

  connectionString(policyName = "iothubowner", changes: { key?: string; hostName?: string } = {}): string {
    const policy = this.record.policies.find(({ keyName }) => keyName === policyName);
    return formatConnectionString({
      HostName: changes.hostName ?? this.record.hostName,
      SharedAccessKeyName: policyName,
      SharedAccessKey: changes.key ?? policy?.primaryKey ?? "",
    });
  }

  eventsConnectionString(policyName = "service", changes: { key?: string } = {}): string {
    const policy = this.record.policies.find(({ keyName }) => keyName === policyName);
    return formatConnectionString({
      Endpoint: `sb://localhost:${this.process.ports.amqp}`,
      SharedAccessKeyName: policyName,
      SharedAccessKey: changes.key ?? policy?.primaryKey ?? "",
      EntityPath: this.record.eventHub.path,
      UseDevelopmentEmulator: "true",
    });
  }
}

/** Waits until a condition holds; tests never wait for a time. */
export async function until<T>(condition: () => T | Promise<T>, timeoutMs = 30_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > deadline) throw new Error("The condition did not come to hold.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
