import { z } from "zod";

const names = z.string().regex(/^[A-Za-z0-9-._]{1,64}$/, "must have 1 to 64 letters, digits, '-', '.' or '_'");

const authentication = {
  connectionString: z.string().optional(),
  endpointUri: z.string().optional(),
  authenticationType: z.enum(["keyBased", "identityBased"]).optional(),
  identity: z.strictObject({ userAssignedIdentity: z.string() }).optional(),
  name: names,
  subscriptionId: z.string().optional(),
  resourceGroup: z.string().optional(),
};

const busEndpoint = z.strictObject({ ...authentication, id: z.string().optional(), entityPath: z.string().optional() });

const storageEndpoint = z.strictObject({
  ...authentication,
  containerName: z.string(),
  fileNameFormat: z.string().optional(),
  batchFrequencyInSeconds: z.int().min(60).max(720).optional(),
  maxChunkSizeInBytes: z.int().min(10_485_760).max(524_288_000).optional(),
  encoding: z.enum(["Avro", "AvroDeflate", "JSON"]).optional(),
});

const source = z.enum([
  "DeviceMessages",
  "TwinChangeEvents",
  "DeviceLifecycleEvents",
  "DeviceJobLifecycleEvents",
  "DeviceConnectionStateEvents",
]);

const route = {
  source,
  condition: z.string().optional(),
  endpointNames: z.array(z.string()).min(1).max(1),
  isEnabled: z.boolean(),
};

const routing = z.strictObject({
  endpoints: z
    .strictObject({
      eventHubs: z.array(busEndpoint).max(10).optional(),
      serviceBusQueues: z.array(busEndpoint).max(10).optional(),
      serviceBusTopics: z.array(busEndpoint).max(10).optional(),
      storageContainers: z.array(storageEndpoint).max(10).optional(),
    })
    .optional(),
  routes: z
    .array(z.strictObject({ name: names, ...route }))
    .max(100)
    .optional(),
  fallbackRoute: z.strictObject({ name: z.string().optional(), ...route }).optional(),
  enrichments: z
    .array(z.strictObject({ key: z.string(), value: z.string(), endpointNames: z.array(z.string()).min(1) }))
    .optional(),
});

const rights = z
  .string()
  .regex(
    /^(RegistryRead|RegistryWrite|ServiceConnect|DeviceConnect)(, (RegistryRead|RegistryWrite|ServiceConnect|DeviceConnect))*$/,
    "must be a list of RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect, separated by ', '",
  );

/** `IotHubProperties` of the REST API, as far as it can be set. */
export const hubProperties = z.strictObject({
  allowedFqdnList: z.array(z.string()).optional(),
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
  cloudToDevice: z
    .strictObject({
      defaultTtlAsIso8601: z.string().optional(),
      maxDeliveryCount: z.int().min(1).max(100).optional(),
      feedback: z.record(z.string(), z.any()).optional(),
    })
    .optional(),
  comments: z.string().optional(),
  disableDeviceSAS: z.boolean().optional(),
  disableLocalAuth: z.boolean().optional(),
  disableModuleSAS: z.boolean().optional(),
  enableDataResidency: z.boolean().optional(),
  enableFileUploadNotifications: z.boolean().optional(),
  eventHubEndpoints: z
    .strictObject({
      events: z
        .strictObject({
          partitionCount: z.int().min(2).max(128).optional(),
          retentionTimeInDays: z.int().min(1).max(7).optional(),
        })
        .optional(),
    })
    .optional(),
  features: z.enum(["None", "DeviceManagement"]).optional(),
  ipFilterRules: z
    .array(z.strictObject({ filterName: z.string(), action: z.enum(["Accept", "Reject"]), ipMask: z.string() }))
    .optional(),
  messagingEndpoints: z.record(z.string(), z.any()).optional(),
  minTlsVersion: z.enum(["1.0", "1.2"]).optional(),
  networkRuleSets: z
    .strictObject({
      applyToBuiltInEventHubEndpoint: z.boolean(),
      defaultAction: z.enum(["Deny", "Allow"]).optional(),
      ipRules: z.array(
        z.strictObject({ filterName: z.string(), ipMask: z.string(), action: z.enum(["Allow"]).optional() }),
      ),
    })
    .optional(),
  publicNetworkAccess: z.enum(["Enabled", "Disabled"]).optional(),
  restrictOutboundNetworkAccess: z.boolean().optional(),
  routing: routing.optional(),
  storageEndpoints: z.record(z.string(), z.any()).optional(),
});
