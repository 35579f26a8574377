import { readFile } from "node:fs/promises";
import path from "node:path";
import { readHub, writeHub } from "@edge-vision/local/dist/hub/directory";
import { Registry } from "@edge-vision/local/dist/hub/identities/registry";
import { HubState } from "@edge-vision/local/dist/hub/store/hub-state";
import { Journal } from "@edge-vision/local/dist/hub/store/journal";
import { hubRecord } from "@edge-vision/local/dist/hub/testing/hub";
import type { ProviderArgs } from "@edge-vision/iotedge";
import { startService } from "../engine/service";

const batch = 1000;

/** A hub in a process of its own that holds so many edge devices from the start. */
export async function startHub(
  folder: string,
  devices: number,
): Promise<{ providerArgs: ProviderArgs; stop: () => Promise<void> }> {
  const record = hubRecord("bench-hub");
  await writeHub(folder, record);
  await seed(folder, record.name, devices);
  const { ports, ca = "", stop } = await startService("hub/main.js", ["--state", folder]);
  const [owner] = record.policies;
  return {
    stop,
    providerArgs: {
      connectionString: `HostName=${record.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${owner?.primaryKey ?? ""}`,
      endpoint: { host: "127.0.0.1", port: ports.https ?? 0, ca: await readFile(ca, "utf8") },
    },
  };
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
