import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { writeHub } from "@edge-vision/local/dist/hub/directory";

/** A hub process of its own with one IoT Hub in it. */
export class LocalHub {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly hostName: string,
    readonly connectionString: string,
    readonly port: number,
    /** PEM. */
    readonly ca: string,
  ) {}

  static async start(name = "test-hub"): Promise<LocalHub> {
    const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-hub-"));
    const hostName = `${name}.azure-devices.net`;
    const key = randomBytes(32).toString("base64");
    await writeHub(folder, {
      name,
      hostName,
      policies: [
        {
          keyName: "iothubowner",
          primaryKey: key,
          secondaryKey: randomBytes(32).toString("base64"),
          rights: "RegistryWrite, ServiceConnect, DeviceConnect",
        },
      ],
      partitionCount: 2,
      consumerGroups: ["$Default"],
      eventHub: { path: name, endpoint: `sb://${name}.servicebus.windows.net/` },
      sku: { name: "S1", capacity: 1 },
    });
    const main = require.resolve("@edge-vision/local/dist/hub/main.js");
    const child = spawn(process.execPath, [main, "--state", folder, "--with-parent", "--log-level", "warn"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exit = once(child, "exit").then(([code]) => {
      throw new Error(`The hub ended with ${String(code)} before it was ready.`);
    });
    exit.catch(() => undefined);
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), exit])) as [string];
    const { ports, ca } = JSON.parse(line) as { ports: { https: number }; ca: string };
    const connectionString = `HostName=${hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key}`;
    return new LocalHub(child, folder, hostName, connectionString, ports.https, await readFile(ca, "utf8"));
  }

  /** Where connections go instead of `hostName`. */
  get endpoint(): { host: string; port: number; ca: string } {
    return { host: "127.0.0.1", port: this.port, ca: this.ca };
  }

  async close(): Promise<void> {
    if (this.process.exitCode === null) {
      const exit = once(this.process, "exit");
      this.process.kill("SIGTERM");
      await exit;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
