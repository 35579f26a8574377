import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { hex, identity, mapOf, newKey, tags } from "./common";
import { textOf } from "../../text-of";

const rights = z
  .string()
  .regex(
    /^(ServiceConfig|EnrollmentRead|EnrollmentWrite|DeviceConnect|RegistrationStatusRead|RegistrationStatusWrite)(, ?(ServiceConfig|EnrollmentRead|EnrollmentWrite|DeviceConnect|RegistrationStatusRead|RegistrationStatusWrite))*$/,
    "is no list of rights of a provisioning service",
  );

const ownerRights =
  "ServiceConfig, DeviceConnect, EnrollmentRead, EnrollmentWrite, RegistrationStatusRead, RegistrationStatusWrite";

export const provisioningService: ArmType = {
  token: "azure-native:deviceprovisioningservices:IotDpsResource",
  type: "Microsoft.Devices/provisioningServices",
  apiVersion: "2023-03-01-preview",
  scope: "resourceGroup",
  path: [
    {
      type: "provisioningServices",
      argument: "provisioningServiceName",
      rule: {
        min: 3,
        max: 64,
        pattern: /^[A-Za-z0-9-]*[A-Za-z0-9]$/,
        words: "letters, digits and hyphens, no hyphen last",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  globalName: true,
  body: z.object({
    identity: identity.optional(),
    properties: z.strictObject({
      allocationPolicy: z.enum(["Hashed", "GeoLatency", "Static"]).optional(),
      authorizationPolicies: z
        .array(
          z.strictObject({
            keyName: z.string(),
            rights,
            primaryKey: z.string().optional(),
            secondaryKey: z.string().optional(),
          }),
        )
        .optional(),
      enableDataResidency: z.boolean().optional(),
      iotHubs: z
        .array(
          z.strictObject({
            connectionString: z
              .string()
              .regex(/HostName=[^;]+;.*SharedAccessKey/, "must be a connection string of a hub's policy"),
            location: z.string(),
            applyAllocationPolicy: z.boolean().optional(),
            allocationWeight: z.int().min(1).max(1000).optional(),
          }),
        )
        .optional(),
      ipFilterRules: z.array(z.record(z.string(), z.any())).optional(),
      publicNetworkAccess: z.enum(["Enabled", "Disabled"]).optional(),
      state: z.string().optional(),
    }),
    resourcegroup: z.string().optional(),
    sku: z.strictObject({ name: z.enum(["S1"]).optional(), capacity: z.int().min(1).optional() }),
    subscriptionid: z.string().optional(),
    tags,
  }),
  computed: [
    "etag",
    "sku.tier",
    "properties.idScope",
    "properties.deviceProvisioningHostName",
    "properties.serviceOperationsHostName",
    "properties.provisioningState",
    "properties.state",
  ],
  facts: () => ({
    idScope: `0ne${hex(8).toUpperCase()}`,
    etag: `AAAAAA${hex(8)}=`,
    policies: [
      { keyName: "provisioningserviceowner", rights: ownerRights, primaryKey: newKey(64), secondaryKey: newKey(64) },
    ],
  }),
  outputs: ({ name, inputs, facts }) => ({
    etag: facts["etag"] ?? null,
    sku: { name: "S1", capacity: 1, ...mapOf(inputs["sku"]), tier: "Standard" },
    properties: {
      allocationPolicy: "Hashed",
      ...mapOf(inputs["properties"]),
      idScope: facts["idScope"] ?? null,
      deviceProvisioningHostName: "global.azure-devices-provisioning.net",
      serviceOperationsHostName: `${name}.azure-devices-provisioning.net`,
      provisioningState: "Succeeded",
      state: "Active",
    },
  }),
  precondition: async ({ inputs, store }) => {
    const hubs = mapOf(inputs["properties"])["iotHubs"];
    const known = (await store.all()).filter(({ token }) => token === "azure-native:iothub:IotHubResource");
    const names = new Set(known.map(({ id }) => id.slice(id.lastIndexOf("/") + 1).toLowerCase()));
    for (const hub of Array.isArray(hubs) ? hubs.map(mapOf) : []) {
      const host = /HostName=([^;.]+)/i.exec(textOf(hub["connectionString"]))?.[1] ?? "";
      if (!names.has(host.toLowerCase())) throw new ArmError("400207", `The linked IoT hub '${host}' was not found.`);
    }
  },
};
