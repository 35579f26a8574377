import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { projectRoot } from "../project-root";

/** A resource as the program asked for it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const DIGEST = `sha256:${"ab".repeat(32)}`;

/** Computed properties by resource type, as the real service names them. */
const OUTPUTS: Record<string, (inputs: Record<string, unknown>, name: string) => Record<string, unknown>> = {
  "azure-native:resources:ResourceGroup": (_, name) => ({ name: `${name}-rg` }),
  "azure-native:iothub:IotHubResource": (inputs, name) => ({
    name: `${name}-hub`,
    properties: {
      ...(inputs.properties as object),
      hostName: `${name}-hub.azure-devices.net`,
      eventHubEndpoints: { events: { endpoint: "sb://events.example/", path: "messages", partitionIds: ["0"] } },
    },
  }),
  "azure-native:containerregistry:Registry": (_, name) => ({ name, loginServer: `${name}.azurecr.io` }),
  "azure-native:containerregistry:Token": (inputs) => ({ name: inputs.tokenName }),
  "azure-native:iothub:IotHubResourceEventHubConsumerGroup": (inputs) => ({ name: inputs.name }),
  "docker:index/image:Image": (inputs) => ({
    repoDigest: `${String(inputs.imageName).replace(/:[^:/]+$/, "")}@${DIGEST}`,
  }),
  "iotedge:index:RegistryPullToken": () => ({ password: "pull-password" }),
  "iotedge:index:DeviceIdentity": (inputs) => ({
    connectionString: `HostName=h;DeviceId=${String(inputs.deviceId)};SharedAccessKey=device-key`,
    primaryKey: "device-key",
  }),
  "iotedge:index:EnrollmentGroup": () => ({ primaryKey: "group-key" }),
  "azure-native:deviceprovisioningservices:IotDpsResource": (inputs, name) => ({
    name,
    properties: {
      ...(inputs.properties as object),
      idScope: "0ne00000000",
      serviceOperationsHostName: `${name}.azure-devices-provisioning.net`,
    },
  }),
  "azure-native:storage:StorageAccount": (_, name) => ({
    name,
    primaryEndpoints: { blob: `https://${name}.blob.core.windows.net/` },
  }),
  "azure-native:storage:BlobContainer": (inputs) => ({ name: inputs.containerName }),
  "azure-native:managedidentity:UserAssignedIdentity": (_, name) => ({ name, principalId: `${name}-principal` }),
  "azure-native:machinelearningservices:Workspace": (inputs, name) => ({
    name,
    identity: { principalId: "workspace-principal", ...(inputs.identity as object) },
  }),
  "azure-native:machinelearningservices:Compute": (inputs) => ({
    name: inputs.computeName,
    identity: { principalId: "compute-principal", ...(inputs.identity as object) },
  }),
};

/** Takes the engine's place and records what the program registers. */
export async function startMocks(
  stack: string,
  config: Record<string, string>,
  preview = false,
): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        const plain = unwrap(inputs) as Record<string, unknown>;
        registered.push({ type, name, inputs: plain });
        return { id: `${name}-id`, state: { name, ...plain, ...OUTPUTS[type]?.(plain, name) } };
      },
      call({ token }) {
        if (token.endsWith("KeysForKeyName")) return { primaryKey: "hub-key" };
        return token.endsWith("getClientConfig") ? { subscriptionId: "sub", tenantId: "tenant", objectId: "me" } : {};
      },
    },
    "edge-vision",
    stack,
    preview,
  );
  pulumi.runtime.setAllConfig(config, []);
  return registered;
}

/** Waits until everything that the program declared has been registered, and ends the run. */
export async function settled(): Promise<void> {
  await pulumi.runtime.disconnect();
}

/** The settings of a stack as the engine hands them to the program. */
export function stackConfig(stack: string): Record<string, string> {
  const text = readFileSync(path.join(projectRoot(), `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** The value of an output, once it is known. */
export function valueOf<T>(output: pulumi.Input<T>): Promise<T> {
  return new Promise((resolve) =>
    pulumi.output(output).apply((value) => {
      resolve(value as T);
    }),
  );
}

/** Mocks get secrets in their envelope. */
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value) return unwrap((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}
