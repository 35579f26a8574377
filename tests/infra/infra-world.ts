import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { readFileSync, readdirSync } from "node:fs";
import { ensureCertificates } from "@edge-vision/local/dist/protocol/certificates";
import program from "@edge-vision/infra/dist/index";
import { EngineStack } from "../engine-stack";
import { ProvisioningService } from "@edge-vision/local/dist/azure/testing/provisioning-service";
import { everySecret, type Secret } from "./secrets";

const root = path.resolve(__dirname, "../..");

/** A process of the local world, ended with its parent. */
interface Service {
  child: ChildProcess;
  ready: { ports: Record<string, number>; ca?: string };
}

/** The real program on the real engine against stand-ins of its own: Azure, its resource manager and a hub. */
export class InfraWorld {
  private constructor(
    readonly state: string,
    readonly engine: EngineStack,
    private readonly services: Service[],
    private readonly provisioning: ProvisioningService,
  ) {}

  /** @param config the stack's settings, `edge-vision:…` → text */
  static async start(stackName: string, config: Record<string, string>): Promise<InfraWorld> {
    const state = await mkdtemp(path.join(tmpdir(), "edge-vision-infra-"));
    const services = await Promise.all([
      startService("@edge-vision/local/dist/hub/main.js", ["--state", path.join(state, "hub")]),
      startService("@edge-vision/local/dist/azure/resource-manager/main.js", ["--state", state]),
    ]);
    const [hub, resourceManager] = services;
    const certificates = await ensureCertificates(path.join(state, "provisioning"), {
      authority: "test",
      names: ["*.azure-devices-provisioning.net"],
    });
    const keyOf = (service: string) => provisioningKey(state, service);
    const provisioning = new ProvisioningService(certificates.server, certificates.ca.pem, keyOf);
    await provisioning.listen();
    const endpoint = JSON.stringify({ host: "127.0.0.1", port: hub.ready.ports["https"], ca: hub.ready.ca });
    const settings: Record<string, string> = {
      ...config,
      "edge-vision:hubEndpoint": endpoint,
      "edge-vision:provisioningEndpoint": JSON.stringify({ ...provisioning.endpoint, ca: certificates.ca.path }),
      "edge-vision:resourceManagerEndpoint": `http://127.0.0.1:${String(resourceManager.ready.ports["http"])}`,
    };
    const engine = await EngineStack.create({
      program,
      projectName: "edge-vision",
      stackName,
      providers: [{ name: "iotedge", path: path.join(root, "provider/bin") }],
      azure: state,
      config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, { value }])),
    });
    return new InfraWorld(state, engine, services, provisioning);
  }

  async set(key: string, value: string): Promise<void> {
    await this.engine.stack.setConfig(`edge-vision:${key}`, { value });
  }

  /** What a preview would do: `operation type name`, sorted; parents of the engine's own left out. */
  async plan(): Promise<string[]> {
    const steps = await this.engine.plan();
    return steps.map(({ op, type, urn }) => `${op} ${type} ${urn.split("::").at(-1) ?? ""}`).sort();
  }

  /** Resources that Azure or the hub still has. */
  async leftovers(): Promise<string[]> {
    const folder = path.join(this.state, "azure");
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const resources = files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name));
    return [...resources, ...this.provisioning.groups.keys()];
  }

  /** Every key and password that the services of this world made. */
  secrets(): Promise<Secret[]> {
    const [hub] = this.services;
    const { ports, ca = "" } = hub?.ready ?? { ports: {} };
    const { state, provisioning } = this;
    return everySecret({ state, provisioning, hub: { port: ports["https"] ?? 0, ca } });
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.provisioning.close();
    for (const { child } of this.services) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, "exit");
    }
    await rm(this.state, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** The key that the local Azure gave a provisioning service. */
function provisioningKey(state: string, hostName: string): string | undefined {
  const file = `${hostName.split(".")[0] ?? ""}.json`.toLowerCase();
  const files = readdirSync(path.join(state, "azure"), { recursive: true, withFileTypes: true });
  const found = files.find((entry) => entry.isFile() && entry.name.toLowerCase() === file);
  if (found === undefined) return undefined;
  const text = readFileSync(path.join(found.parentPath, found.name), "utf8");
  const { facts } = JSON.parse(text) as { facts: { policies: { primaryKey: string }[] } };
  return facts.policies[0]?.primaryKey;
}

async function startService(module: string, flags: string[]): Promise<Service> {
  const child = spawn(process.execPath, [require.resolve(module), ...flags, "--with-parent"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${module} ended with ${String(code)} before it was ready: ${log}`);
  });
  ended.catch(() => undefined);
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended])) as [string];
  return { child, ready: JSON.parse(line) as Service["ready"] };
}
