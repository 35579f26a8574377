import { Client, ModuleClient } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { formatConnectionString } from "../../protocol/connection-string";
import type { TestHub } from "./hub";

interface Identity {
  deviceId: string;
  moduleId?: string;
}

/** The primary key that the hub made for an identity. */
export async function keyOf(hub: TestHub, { deviceId, moduleId }: Identity): Promise<string> {
  const registry = hub.registry();
  const { responseBody } =
    moduleId === undefined ? await registry.get(deviceId) : await registry.getModule(deviceId, moduleId);
  return responseBody.authentication?.symmetricKey?.primaryKey ?? "";
}

async function connectionString(hub: TestHub, identity: Identity, key?: string): Promise<string> {
  return formatConnectionString({
    HostName: hub.record.hostName,
    DeviceId: identity.deviceId,
    ModuleId: identity.moduleId,
    SharedAccessKey: key ?? (await keyOf(hub, identity)),
    GatewayHostName: `localhost:${hub.process.ports.mqtt}`,
  });
}

/** The vendor's client of a device, not connected yet. */
export async function deviceClient(hub: TestHub, deviceId: string, key?: string): Promise<Client> {
  const client = Client.fromConnectionString(await connectionString(hub, { deviceId }, key), Mqtt);
  await client.setOptions({ ca: hub.ca });
  return client;
}

/** The vendor's client of a module, not connected yet. */
export async function moduleClient(
  hub: TestHub,
  deviceId: string,
  moduleId: string,
  key?: string,
): Promise<ModuleClient> {
  const client = ModuleClient.fromConnectionString(await connectionString(hub, { deviceId, moduleId }, key), Mqtt);
  await client.setOptions({ ca: hub.ca });
  return client;
}
