import { randomUUID } from "node:crypto";
import type { PropertyValue } from "@edge-vision/iotedge/kit";
import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { hex, identity, identityOf, mapOf, tags } from "./common";
import { eventsOf, hostNameOf, leaveDirectory, newPolicies, writeDirectory } from "./hub-directory";
import { hubProperties } from "./iot-hub-properties";
import { textOf } from "../../text-of";

const token = "azure-native:iothub:IotHubResource";

export const iotHub: ArmType = {
  token,
  type: "Microsoft.Devices/IotHubs",
  apiVersion: "2023-06-30",
  scope: "resourceGroup",
  path: [
    {
      type: "IotHubs",
      argument: "resourceName",
      rule: {
        min: 3,
        max: 50,
        pattern: /^(?![0-9]+$)(?!-)[a-zA-Z0-9-]*[a-zA-Z0-9]$/,
        words: "letters, digits and hyphens, not only digits, and no hyphen at either end",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  globalName: true,
  body: z.object({
    sku: z.strictObject({
      name: z.enum(["F1", "S1", "S2", "S3", "B1", "B2", "B3"]),
      capacity: z.int().min(1).max(200).optional(),
    }),
    identity: identity.optional(),
    properties: hubProperties.optional(),
    tags,
  }),
  rules: (checker) => {
    const name = checker.read(["sku", "name"], "string");
    const capacity = checker.read(["sku", "capacity"], "number");
    const most = name === "F1" ? 1 : name?.endsWith("3") === true ? 10 : 200;
    if (capacity !== undefined && capacity > most) {
      checker.fail(["sku", "capacity"], `is ${capacity}; ${name ?? "this size"} allows at most ${most}.`);
    }
    const path = ["properties", "eventHubEndpoints", "events", "partitionCount"];
    const partitions = checker.read(path, "number");
    if (name === "F1" && partitions !== undefined && partitions > 2) {
      checker.fail(path, `is ${partitions}; a hub of size F1 has 2 partitions.`);
    }
  },
  computed: [
    "etag",
    "systemData",
    "sku.tier",
    "identity.principalId",
    "identity.tenantId",
    "properties.hostName",
    "properties.state",
    "properties.provisioningState",
    "properties.locations",
    "properties.eventHubEndpoints.events.partitionCount",
    "properties.eventHubEndpoints.events.partitionIds",
    "properties.eventHubEndpoints.events.retentionTimeInDays",
    "properties.eventHubEndpoints.events.path",
    "properties.eventHubEndpoints.events.endpoint",
  ],
  facts: ({ name, inputs }) => ({
    policies: newPolicies(inputs),
    etag: `AAAAAA${hex(8)}=`,
    principalId: randomUUID(),
    eventHubPath: `iothub-ehub-${name.slice(0, 10).toLowerCase()}-${parseInt(hex(6), 16)}-${hex(10)}`,
    eventHubNamespace: `ihlocal${hex(8)}`,
    createdAt: new Date().toISOString(),
  }),
  outputs: ({ name, inputs, facts }) => {
    const properties = mapOf(inputs["properties"]);
    const sku = mapOf(inputs["sku"]);
    return {
      etag: facts["etag"] ?? null,
      sku: { capacity: 1, ...sku, tier: tierOf(sku["name"]) },
      ...identityOf(inputs, facts),
      properties: {
        ...properties,
        hostName: hostNameOf(name),
        state: "Active",
        provisioningState: "Succeeded",
        locations: [{ location: inputs["location"] ?? null, role: "primary" }],
        eventHubEndpoints: { events: { ...eventsOf(name, inputs, facts) } },
      },
      systemData: { createdAt: facts["createdAt"] ?? null },
    };
  },
  precondition: async ({ id, inputs, store }) => {
    if (mapOf(inputs["sku"])["name"] !== "F1") return;
    const free = (await store.all()).find(
      (other) => other.token === token && other.id !== id && mapOf(other.inputs["sku"])["name"] === "F1",
    );
    if (free === undefined) return;
    throw new ArmError(
      "400310",
      `The subscription has its one free IoT hub already: '${free.id}'. Choose size S1, or delete that hub.`,
    );
  },
  written: writeDirectory,
  removed: leaveDirectory,
};

function tierOf(name: PropertyValue | undefined): string {
  return name === "F1" ? "Free" : textOf(name).startsWith("B") ? "Basic" : "Standard";
}
