import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { writeHub } from "@edge-vision/local/dist/hub/directory";
import { waitForReady } from "@edge-vision/local/dist/protocol/ready";

const key = Buffer.alloc(32, 7).toString("base64");

/** A hub process with one IoT Hub in it, which can be killed and started again where it was. */
export class HubProcess {
  readonly name = "edge-test-hub";
  readonly hostName = `${this.name}.azure-devices.net`;
  readonly connectionString = `HostName=${this.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key}`;
  ports: Record<string, number> = {};
  caPath = "";
  ca = "";
  private child: ChildProcess | undefined;

  constructor(private readonly folder: string) {}

  async start(): Promise<void> {
    await writeHub(this.folder, {
      name: this.name,
      hostName: this.hostName,
      policies: [
        {
          keyName: "iothubowner",
          primaryKey: key,
          secondaryKey: key,
          rights: "RegistryWrite, ServiceConnect, DeviceConnect",
        },
      ],
      partitionCount: 2,
      consumerGroups: ["$Default"],
      eventHub: { path: this.name, endpoint: `sb://${this.name}.servicebus.windows.net/` },
      sku: { name: "S1", capacity: 1 },
    });
    const main = require.resolve("@edge-vision/local/dist/hub/main.js");
    this.child = spawn(process.execPath, [main, "--state", this.folder, "--with-parent", "--log-level", "warn"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ready = await waitForReady(this.child);
    this.ports = ready.ports;
    this.caPath = String(ready.ca);
    this.ca = await readFile(this.caPath, "utf8");
  }

  /** A reader's connection string, with the address that the reader connects to. */
  get eventHubConnectionString(): string {
    return (
      `Endpoint=sb://127.0.0.1:${String(this.ports.amqp)};SharedAccessKeyName=iothubowner;SharedAccessKey=${key};` +
      `EntityPath=${this.name};UseDevelopmentEmulator=true`
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    await exit;
  }
}
