import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { Registry } from "azure-iothub";
import { Client } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { removeHub, writeHub, type HubRecord } from "@edge-vision/local/dist/hub/directory";
import { hubRecord } from "@edge-vision/local/dist/hub/testing/hub";
import { waitForReady } from "@edge-vision/local/dist/protocol/ready";

const main = require.resolve("@edge-vision/local/dist/hub/main.js");

/** A hub process of its own, that can be killed and started again. */
export class HubProcess {
  readonly #agents: https.Agent[] = [];
  #child: ChildProcess | undefined;
  #ports = { https: 0, mqtt: 0, amqp: 0 };
  #ca = "";

  private constructor(
    readonly folder: string,
    readonly record: HubRecord,
  ) {}

  static async create(changes: Partial<HubRecord> = {}): Promise<HubProcess> {
    const folder = await mkdtemp(path.join(tmpdir(), "hub-process-"));
    const record = hubRecord("vision-hub", changes);
    await writeHub(folder, record);
    const hub = new HubProcess(folder, record);
    await hub.start();
    return hub;
  }

  /** One more process for a folder; not started. */
  static at(folder: string, record: HubRecord): HubProcess {
    return new HubProcess(folder, record);
  }

  get ports(): Readonly<{ https: number; mqtt: number; amqp: number }> {
    return this.#ports;
  }

  async start(...flags: string[]): Promise<void> {
    this.#child = spawn(
      process.execPath,
      [main, "--state", this.folder, "--with-parent", "--log-level", "error", ...flags],
      {
        stdio: ["pipe", "pipe", "pipe"],
      },
    );
    const { ports, ca } = await waitForReady(this.#child);
    this.#ports = ports as typeof this.ports;
    this.#ca = await readFile(String(ca), "utf8");
  }

  /** Ends the process, by default without any notice. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  async remove(): Promise<void> {
    await removeHub(this.folder, this.record.name);
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    await this.kill("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  registry(): Registry {
    const key = this.record.policies[0]?.primaryKey ?? "";
    const registry = Registry.fromConnectionString(
      `HostName=${this.record.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key}`,
    );
    const agent = new https.Agent({ host: "127.0.0.1", port: this.#ports.https, ca: this.#ca, keepAlive: false });
    this.#agents.push(agent);
    // The SDK has no public way to say where its connection goes.
    const { _restApiClient: rest } = registry as unknown as { _restApiClient: { setOptions(options: object): void } };
    rest.setOptions({ http: { agent } });
    return registry;
  }

  /** The vendor's client of a device, not connected yet. */
  async device(deviceId: string): Promise<Client> {
    const { responseBody } = await this.registry().get(deviceId);
    const key = responseBody.authentication?.symmetricKey?.primaryKey ?? "";
    const client = Client.fromConnectionString(
      `HostName=${this.record.hostName};DeviceId=${deviceId};SharedAccessKey=${key};GatewayHostName=localhost:${this.#ports.mqtt}`,
      Mqtt,
    );
    await client.setOptions({ ca: this.#ca });
    return client;
  }

  eventsConnectionString(): string {
    const key = this.record.policies.find(({ keyName }) => keyName === "service")?.primaryKey ?? "";
    return (
      `Endpoint=sb://localhost:${this.#ports.amqp};SharedAccessKeyName=service;SharedAccessKey=${key};` +
      `EntityPath=${this.record.eventHub.path};UseDevelopmentEmulator=true`
    );
  }
}
