import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";
import { Failure } from "../failure";
import { pathsOf, type Project } from "../project";
import { readState, writeState } from "../state-file";
import type { SupervisorClient } from "../supervisor/client";
import type { ProcessStatus } from "../supervisor/protocol";
import type { StackOutputs } from "../stack/local-stack";
import type { GeneratedConfig } from "../stack/settings";
import { connectionOf } from "./hub-connection";

const processes = {
  hub: path.join(__dirname, "..", "..", "hub", "main.js"),
  edge: path.join(__dirname, "..", "..", "edge", "main.js"),
  resourceManager: path.join(__dirname, "..", "..", "azure", "resource-manager", "main.js"),
  monitor: require.resolve("@edge-vision/monitor/dist/main.js"),
};

/** The processes of the local world, started through the supervisor with the settings that each needs. */
export class Services {
  constructor(
    private readonly project: Project,
    private readonly supervisor: SupervisorClient,
    private readonly interrupted: AbortSignal,
  ) {}

  /** The hub: every IoT Hub that the stand-ins create is served by it. */
  hub(): Promise<ProcessStatus> {
    return this.start("hub", processes.hub, ["--state", pathsOf(this.project).hub]);
  }

  /** What Azure's resource manager answers beyond resources: actions such as making a registry's password. */
  async resourceManager(): Promise<ProcessStatus> {
    const port = await this.portFor("resource-manager");
    return this.start("resource-manager", processes.resourceManager, [
      ...["--state", this.project.stateFolder, "--port", String(port)],
    ]);
  }

  /** The device's runtime, with the configuration that the stack made for it. */
  async edge(deviceId: string, configToml: string, hub: ProcessStatus): Promise<ProcessStatus> {
    const paths = pathsOf(this.project);
    const folder = paths.edge(deviceId);
    const config = path.join(folder, "config.toml");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await writeFileAtomic(config, configToml, { mode: 0o600 });
    return this.start(
      edgeName(deviceId),
      processes.edge,
      [
        ...["--config", config, "--state", folder, "--images", paths.images],
        ...["--hub-host", "127.0.0.1", "--hub-https-port", String(hub.ports["https"])],
        ...["--hub-mqtt-port", String(hub.ports["mqtt"]), "--hub-ca", String(hub.ready?.["ca"])],
      ],
      // A new configuration is a new process: the daemon reads it once.
      { EDGE_VISION_CONFIG_SHA256: createHash("sha256").update(configToml).digest("hex") },
    );
  }

  /** Ends the runtimes of devices that the stack no longer has, and removes what they kept. */
  async removeOtherEdges(devices: readonly string[]): Promise<void> {
    const wanted = new Set(devices.map(edgeName));
    const { processes: running } = await this.supervisor.status();
    for (const { name } of running) {
      if (!name.startsWith("edge-") || wanted.has(name)) continue;
      await this.supervisor.stopProcess(name);
      rmSync(pathsOf(this.project).edge(name.slice("edge-".length)), { recursive: true, force: true });
    }
  }

  /**
   * The page.
   *
   * @param wantedPort the port that the user asked for
   * @throws {Failure} PORT_IN_USE
   */
  async monitor(
    wantedPort: number | undefined,
    { hubHostName, consumerGroup, devices }: StackOutputs,
    hub: ProcessStatus,
    cameras: ReadonlyMap<string, string>,
  ): Promise<ProcessStatus> {
    const connection = await connectionOf(this.project, hubHostName, hub);
    const port = await this.portFor("monitor", wantedPort);
    return this.start(
      "monitor",
      processes.monitor,
      [
        ...["--port", String(port), "--consumer-group", consumerGroup],
        ...devices.flatMap((device) => ["--device", device]),
        ...[...cameras].flatMap(([device, url]) => ["--camera", `${device}=${url}`]),
      ],
      { EDGE_VISION_HUB: JSON.stringify(connection) },
    );
  }

  // Ports are chosen before their processes start and kept, so that one that is started again is found where it was.
  private async portFor(name: string, wanted?: number): Promise<number> {
    const file = pathsOf(this.project).ports;
    const kept = (readState(file) as Record<string, number> | undefined) ?? {};
    const { processes: running } = await this.supervisor.status();
    const current = running.find((process) => process.name === name)?.ports["http"];
    if (current !== undefined && (wanted ?? current) === current) return current;
    const port = wanted ?? kept[name];
    const free = port !== undefined && (await isFree(port)) ? port : undefined;
    if (wanted !== undefined && free === undefined) {
      throw new Failure("PORT_IN_USE", `Port ${wanted} is in use: choose another with --port, or leave it out.`);
    }
    const chosen = free ?? (await freePort());
    writeState(file, { ...kept, [name]: chosen });
    return chosen;
  }

  private async start(
    name: string,
    script: string,
    args: string[],
    env: Record<string, string> = {},
  ): Promise<ProcessStatus> {
    const { process } = await this.supervisor.startProcess({ name, script, args, env }, this.interrupted);
    return process;
  }
}

/** The supervisor's name for a device's runtime. */
export function edgeName(deviceId: string): string {
  return `edge-${deviceId}`;
}

/** What the program is told of this machine. */
export function generatedConfig(hub: ProcessStatus, resourceManager: ProcessStatus | undefined): GeneratedConfig {
  const ca = String(hub.ready?.["ca"]);
  const port = resourceManager?.ports["https"] ?? resourceManager?.ports["http"];
  const scheme = resourceManager?.ports["https"] === undefined ? "http" : "https";
  if (!existsSync(ca) || readFileSync(ca, "utf8") === "")
    throw new Failure("SERVICE", `The hub's certificate ${ca} is missing.`);
  return {
    hubEndpoint: { host: "127.0.0.1", port: hub.ports["https"] ?? 0, ca },
    ...(port !== undefined && { resourceManagerEndpoint: `${scheme}://127.0.0.1:${port}` }),
  };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer().once("error", () => {
      resolve(false);
    });
    probe.listen({ host: "127.0.0.1", port }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", reject);
    probe.listen({ host: "127.0.0.1", port: 0 }, () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}
