import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import path from "node:path";
import { readHub, writeHub } from "@edge-vision/local/dist/hub/directory";
import { Registry } from "@edge-vision/local/dist/hub/identities/registry";
import { HubState } from "@edge-vision/local/dist/hub/store/hub-state";
import { Journal } from "@edge-vision/local/dist/hub/store/journal";
import { hubRecord } from "@edge-vision/local/dist/hub/testing/hub";
import { Registry as ServiceRegistry } from "azure-iothub";
import { startService } from "../engine/service";

const batch = 1000;

/** A hub that is up. */
export interface BenchHub {
  connectionString: string;
  endpoint: { host: string; port: number; ca: string };
  stop: () => Promise<void>;
}

/** A hub in a process of its own that holds so many edge devices from the start, and has read them. */
export async function startHub(folder: string, devices: number): Promise<BenchHub> {
  const record = hubRecord("bench-hub");
  await writeHub(folder, record);
  await seed(folder, record.name, devices);
  const { ports, ca = "", stop } = await startService("hub/main.js", ["--state", folder]);
  const [owner] = record.policies;
  const connectionString = `HostName=${record.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${owner?.primaryKey ?? ""}`;
  const endpoint = { host: "127.0.0.1", port: ports.https ?? 0, ca: await readFile(ca, "utf8") };
  await firstRequest(connectionString, endpoint);
  return { connectionString, endpoint, stop };
}

/** The local hub reads its devices when it is first asked for something. */
async function firstRequest(connectionString: string, endpoint: BenchHub["endpoint"]): Promise<void> {
  const registry = ServiceRegistry.fromConnectionString(connectionString);
  const client = (registry as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient;
  client.setOptions({ http: { agent: new Agent(endpoint) } });
  await registry.getRegistryStatistics();
}

/** As if the devices had provisioned themselves. */
async function seed(folder: string, name: string, devices: number): Promise<void> {
  const journal = await Journal.open(path.join(folder, "data"));
  try {
    const { id } = (await readHub(folder, name)) ?? { id: "" };
    const registry = new Registry(await HubState.load(journal, id));
    for (let from = 0; from < devices; from += batch) {
      const ids = Array.from({ length: Math.min(batch, devices - from) }, (_, index) => `self-${from + index}`);
      await Promise.all(ids.map((deviceId) => registry.putDevice(deviceId, edgeDevice, undefined)));
    }
  } finally {
    await journal.close();
  }
}

const edgeDevice = { capabilities: { iotEdge: true }, authentication: { type: "sas" } };
