import path from "node:path";
import type { PropertyMap, PropertyValue } from "@edge-vision/iotedge/kit";
import { removeHub, writeHub, type HubPolicy } from "../../../hub/directory";
import { lastName } from "../../arm/arm-id";
import type { Situation } from "../../arm/arm-type";
import { mapOf, newKey } from "./common";
import { textOf } from "../../text-of";

export const consumerGroupToken = "azure-native:iothub:IotHubResourceEventHubConsumerGroup";

/** The policies that every new hub has (IoT Hub documentation, "Control access"). */
const builtInPolicies = [
  ["iothubowner", "RegistryWrite, ServiceConnect, DeviceConnect"],
  ["service", "ServiceConnect"],
  ["device", "DeviceConnect"],
  ["registryRead", "RegistryRead"],
  ["registryReadWrite", "RegistryWrite"],
] as const;

/** Tells the hub process about a hub: its policies, partitions and consumer groups. */
export async function writeDirectory({ id, name, inputs, facts, store, stateFolder }: Situation): Promise<void> {
  const events = eventsOf(name, inputs, facts);
  const groups = (await store.below(id)).filter((resource) => resource.token === consumerGroupToken);
  const sku = mapOf(inputs["sku"]);
  await writeHub(path.join(stateFolder, "hub"), {
    name,
    hostName: hostNameOf(name),
    policies: policiesIn(facts),
    partitionCount: events.partitionCount,
    consumerGroups: ["$Default", ...groups.map((group) => lastName(group.id))],
    eventHub: { path: events.path, endpoint: events.endpoint },
    sku: { name: textOf(sku["name"]), capacity: typeof sku["capacity"] === "number" ? sku["capacity"] : 1 },
  });
}

/** Takes a hub, and with it its data, from the hub process. */
export async function leaveDirectory({ name, stateFolder }: Situation): Promise<void> {
  await removeHub(path.join(stateFolder, "hub"), name);
}

export function hostNameOf(name: string): string {
  return `${name}.azure-devices.net`;
}

/** The shared access policies with their keys. */
export function policiesIn(facts: PropertyMap): HubPolicy[] {
  return facts["policies"] as unknown as HubPolicy[];
}

/** New keys for the policies that are asked for, else for the built-in ones. */
export function newPolicies(inputs: PropertyMap): PropertyValue[] {
  const given = mapOf(inputs["properties"])["authorizationPolicies"];
  const wanted = Array.isArray(given)
    ? given.map(mapOf).map(({ keyName, rights }) => [textOf(keyName), textOf(rights)] as const)
    : builtInPolicies;
  return wanted.map(([keyName, rights]) => ({ keyName, rights, primaryKey: newKey(), secondaryKey: newKey() }));
}

export interface BuiltInEndpoint {
  retentionTimeInDays: number;
  partitionCount: number;
  partitionIds: string[];
  /** The Event Hubs compatible name. */
  path: string;
  endpoint: string;
}

/** The built-in endpoint `events`, with the defaults of the service. */
export function eventsOf(name: string, inputs: PropertyMap, facts: PropertyMap): BuiltInEndpoint {
  const { partitionCount, retentionTimeInDays } = mapOf(
    mapOf(mapOf(inputs["properties"])["eventHubEndpoints"])["events"],
  );
  const free = mapOf(inputs["sku"])["name"] === "F1";
  const count = typeof partitionCount === "number" ? partitionCount : free ? 2 : 4;
  return {
    retentionTimeInDays: typeof retentionTimeInDays === "number" ? retentionTimeInDays : 1,
    partitionCount: count,
    partitionIds: Array.from({ length: count }, (_, index) => String(index)),
    path: textOf(facts["eventHubPath"] ?? name),
    endpoint: `sb://${textOf(facts["eventHubNamespace"])}.servicebus.windows.net/`,
  };
}
