import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { Client, Registry } from "azure-iothub";
import type { EdgeStatus } from "@edge-vision/local/dist/edge/agent/status-file";
import { waitForReady } from "@edge-vision/local/dist/protocol/ready";
import { HubProcess } from "./hub-process";
import { TcpProxy } from "./tcp-proxy";

/** What one module of a test's deployment needs. */
export interface TestModule {
  /** The script in `modules/`. */
  script: string;
  env?: Record<string, string>;
  createOptions?: object;
  exposedPorts?: string[];
  status?: "running" | "stopped";
  /** Desired properties of the module's twin. */
  desired?: object;
  /** Changes the image's digest. */
  revision?: number;
  /** An image that is not in the store. */
  image?: string;
}

export interface TestDeployment {
  modules: Record<string, TestModule>;
  routes: Record<string, unknown>;
  timeToLiveSecs?: number;
}

export const deviceId = "edge-1";
const nodeModules = path.resolve(__dirname, "../../node_modules");

/** A hub process, a device's runtime process and what stands between them. */
export class EdgeWorld {
  readonly hub: HubProcess;
  registry!: Registry;
  private runtime: ChildProcess | undefined;
  private mqtt!: TcpProxy;
  private https!: TcpProxy;
  private reader: EventHubConsumerClient | undefined;
  /** The numbers that reached the hub, in order of arrival, by module. */
  readonly arrived: { module: string; number: number; enqueued: Date; properties: Record<string, unknown> }[] = [];

  private constructor(readonly folder: string) {
    this.hub = new HubProcess(path.join(folder, "hub"));
  }

  static async start(): Promise<EdgeWorld> {
    const world = new EdgeWorld(await mkdtemp(path.join(os.tmpdir(), "edge-vision-edge-")));
    await world.hub.start();
    world.mqtt = await TcpProxy.start(() => world.hub.ports.mqtt ?? 0);
    world.https = await TcpProxy.start(() => world.hub.ports.https ?? 0);
    world.registry = Registry.fromConnectionString(world.hub.connectionString);
    world.redirect(world.registry);
    const { responseBody: device } = await world.registry.create({ deviceId, capabilities: { iotEdge: true } });
    const deviceKey = device.authentication?.symmetricKey?.primaryKey ?? "";
    const connectionString = `HostName=${world.hub.hostName};DeviceId=${deviceId};SharedAccessKey=${deviceKey}`;
    const config = `[provisioning]\nsource = "manual"\nconnection_string = "${connectionString}"\n`;
    await writeFile(path.join(world.folder, "config.toml"), config, { mode: 0o600 });
    return world;
  }

  /** Sends what an SDK's HTTP client says to the hub process. */
  private redirect(client: object): void {
    const agent = new https.Agent({
      host: "127.0.0.1",
      port: this.hub.ports.https,
      ca: this.hub.ca,
    });
    const { _restApiClient } = client as { _restApiClient: { setOptions(options: object): void } };
    _restApiClient.setOptions({ http: { agent } });
  }

  /** The service's client, for direct methods. */
  serviceClient(): Client {
    const client = Client.fromConnectionString(this.hub.connectionString);
    this.redirect(client);
    return client;
  }

  get state(): string {
    return path.join(this.folder, "edge");
  }

  volume(name: string): string {
    return path.join(this.state, "volumes", name);
  }

  async deploy({ modules, routes, timeToLiveSecs = 7200 }: TestDeployment): Promise<void> {
    const entries = await Promise.all(
      Object.entries(modules).map(async ([moduleId, module]) => [
        moduleId,
        {
          version: "1.0",
          type: "docker",
          status: module.status ?? "running",
          restartPolicy: "always",
          env: Object.fromEntries(Object.entries(module.env ?? {}).map(([key, value]) => [key, { value }])),
          settings: {
            image: module.image ?? (await this.addImage(moduleId, module)),
            createOptions: JSON.stringify(module.createOptions ?? {}),
          },
        },
      ]),
    );
    const system = (image: string) => ({
      type: "docker",
      settings: { image: `mcr.microsoft.com/${image}:1.6`, createOptions: "{}" },
    });
    await this.registry.applyConfigurationContentOnDevice(deviceId, {
      modulesContent: {
        $edgeAgent: {
          "properties.desired": {
            schemaVersion: "1.1",
            runtime: { type: "docker", settings: {} },
            systemModules: {
              edgeAgent: system("azureiotedge-agent"),
              edgeHub: { ...system("azureiotedge-hub"), status: "running", restartPolicy: "always" },
            },
            modules: Object.fromEntries(entries) as object,
          },
        },
        $edgeHub: {
          "properties.desired": { schemaVersion: "1.1", routes, storeAndForwardConfiguration: { timeToLiveSecs } },
        },
        ...Object.fromEntries(
          Object.entries(modules).flatMap(([moduleId, { desired }]) =>
            desired === undefined ? [] : [[moduleId, { "properties.desired": desired }]],
          ),
        ),
      },
    });
  }

  /** Puts a script into the local image store. */
  private async addImage(moduleId: string, { script, exposedPorts = [], revision = 0 }: TestModule): Promise<string> {
    const digest = Buffer.from(`${script}-${revision}`).toString("hex").padEnd(64, "0").slice(0, 64);
    const folder = path.join(this.folder, "images", moduleId, digest);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "main.js"), await readFile(path.join(__dirname, "modules", script), "utf8"));
    const description = {
      entry: "main.js",
      env: {},
      exposedPorts: Object.fromEntries(exposedPorts.map((port) => [port, {}])),
      workingDirectory: ".",
      nodePath: [nodeModules],
    };
    await writeFile(path.join(folder, "image.json"), JSON.stringify(description));
    return `registry.azurecr.io/${moduleId}@sha256:${digest}`;
  }

  async startRuntime(): Promise<void> {
    const main = require.resolve("@edge-vision/local/dist/edge/main.js");
    const { folder, hub } = this;
    this.runtime = spawn(
      process.execPath,
      [
        ...[main, "--config", path.join(folder, "config.toml"), "--state", this.state],
        ...["--images", path.join(folder, "images"), "--hub-host", "127.0.0.1"],
        ...["--hub-https-port", String(this.https.port), "--hub-mqtt-port", String(this.mqtt.port)],
        ...["--hub-ca", hub.caPath, "--with-parent"],
      ],
      { stdio: ["pipe", "pipe", process.env.EDGE_LOG === undefined ? "ignore" : "inherit"] },
    );
    await waitForReady(this.runtime);
  }

  get runtimePid(): number {
    return this.runtime?.pid ?? 0;
  }

  async endRuntime(signal: NodeJS.Signals): Promise<void> {
    const { runtime } = this;
    this.runtime = undefined;
    if (runtime === undefined || runtime.exitCode !== null || runtime.signalCode !== null) return;
    const exit = once(runtime, "exit");
    runtime.kill(signal);
    await exit;
  }

  /** Closes the runtime's stdin, as the end of its parent does. */
  async orphanRuntime(): Promise<void> {
    const { runtime } = this;
    this.runtime = undefined;
    if (runtime === undefined) return;
    const exit = once(runtime, "exit");
    runtime.stdin?.end();
    await exit;
  }

  network(mode: "pass" | "cut" | "silent"): void {
    this.mqtt.set(mode);
    this.https.set(mode);
  }

  async status(): Promise<EdgeStatus | undefined> {
    try {
      return JSON.parse(await readFile(path.join(this.state, "status.json"), "utf8")) as EdgeStatus;
    } catch {
      return undefined;
    }
  }

  async statusWhen(what: string, holds: (status: EdgeStatus) => boolean): Promise<EdgeStatus> {
    let last: EdgeStatus | undefined;
    await until(
      async () => {
        last = await this.status();
        return last !== undefined && holds(last);
      },
      () => `${what}; the status is ${JSON.stringify(last, undefined, 1)}`,
    );
    return last as EdgeStatus;
  }

  /** Reads the hub's events from the first on, as any consumer does; again after the hub was started anew. */
  async read(): Promise<void> {
    await this.reader?.close();
    this.arrived.length = 0;
    this.reader = new EventHubConsumerClient("$Default", this.hub.eventHubConnectionString);
    this.reader.subscribe(
      {
        processEvents: (events) => {
          for (const { body, enqueuedTimeUtc, systemProperties, properties } of events) {
            const { number } = body as { number: number };
            const module = String(systemProperties?.["iothub-connection-module-id"]);
            this.arrived.push({ module, number, enqueued: enqueuedTimeUtc, properties: properties ?? {} });
          }
          return Promise.resolve();
        },
        processError: () => Promise.resolve(),
      },
      { startPosition: earliestEventPosition },
    );
  }

  /** The numbers of one module that reached the hub, each once, in the order of their first arrival. */
  numbers(module: string): number[] {
    return [...new Set(this.arrived.filter((one) => one.module === module).map(({ number }) => number))];
  }

  async close(): Promise<void> {
    await this.reader?.close();
    await this.endRuntime("SIGTERM");
    await this.mqtt.close();
    await this.https.close();
    await this.hub.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Waits until something holds, a minute at most. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: () => string,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come to this: ${what()}`);
    await sleep(100);
  }
}

/** The lines of a file; none when it is not there yet. */
export async function linesOf(file: string): Promise<string[]> {
  try {
    return (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}
