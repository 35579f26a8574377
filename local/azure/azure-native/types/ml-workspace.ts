import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { duration, identity, identityOf, identityOutputs, mapOf, tags } from "./common";
import { textOf } from "../../text-of";

const workspacePath = {
  type: "workspaces",
  argument: "workspaceName",
  rule: {
    min: 3,
    max: 33,
    pattern: /^[a-zA-Z0-9][\w-]*$/,
    words: "letters, digits, '-' and '_', a letter or digit first",
  },
};

export const mlWorkspace: ArmType = {
  token: "azure-native:machinelearningservices:Workspace",
  type: "Microsoft.MachineLearningServices/workspaces",
  apiVersion: "2025-12-01",
  scope: "resourceGroup",
  path: [workspacePath],
  autoNaming: "random",
  located: true,
  body: z.object({
    applicationInsights: z.string().optional(),
    containerRegistry: z.string().optional(),
    description: z.string().optional(),
    friendlyName: z.string().optional(),
    hbiWorkspace: z.boolean().optional(),
    identity: identity.optional(),
    imageBuildCompute: z.string().optional(),
    keyVault: z.string().optional(),
    kind: z.enum(["Default", "FeatureStore", "Hub", "Project"]).optional(),
    managedNetwork: z.record(z.string(), z.any()).optional(),
    primaryUserAssignedIdentity: z.string().optional(),
    provisionNetworkNow: z.boolean().optional(),
    publicNetworkAccess: z.enum(["Enabled", "Disabled"]).optional(),
    sku: z.strictObject({ name: z.string(), tier: z.string().optional() }).optional(),
    storageAccount: z.string().optional(),
    systemDatastoresAuthMode: z.enum(["AccessKey", "Identity", "UserDelegationSAS"]).optional(),
    tags,
    v1LegacyMode: z.boolean().optional(),
  }),
  rules: (checker) => {
    const kind = checker.read(["kind"], "string") ?? "Default";
    if (kind !== "Default") return;
    for (const part of ["storageAccount", "keyVault", "applicationInsights"]) {
      if (!checker.isUnknown([part])) {
        checker.read([part], "string", { required: true, what: "the id of the workspace's own" });
      }
    }
    if (!checker.isUnknown(["identity"])) {
      checker.read(["identity"], "object", { required: true, what: "an identity, { type: SystemAssigned }" });
    }
  },
  references: {
    applicationInsights: "Microsoft.Insights/components",
    containerRegistry: "Microsoft.ContainerRegistry/registries",
    keyVault: "Microsoft.KeyVault/vaults",
    storageAccount: "Microsoft.Storage/storageAccounts",
  },
  replaceOnChanges: ["hbiWorkspace", "keyVault", "storageAccount"],
  computed: ["discoveryUrl", "mlFlowTrackingUri", "provisioningState", "tenantId", "workspaceId", ...identityOutputs],
  facts: () => ({ workspaceId: randomUUID(), principalId: randomUUID() }),
  outputs: ({ id, inputs, facts }) => {
    const region = textOf(inputs["location"]).toLowerCase().replaceAll(" ", "");
    return {
      ...identityOf(inputs, facts),
      discoveryUrl: `https://${region}.api.azureml.ms/discovery`,
      mlFlowTrackingUri: `azureml://${region}.api.azureml.ms/mlflow/v1.0${id}`,
      provisioningState: "Succeeded",
      workspaceId: facts["workspaceId"] ?? null,
    };
  },
};

const amlCompute = z.strictObject({
  computeType: z.literal("AmlCompute"),
  computeLocation: z.string().optional(),
  description: z.string().optional(),
  disableLocalAuth: z.boolean().optional(),
  properties: z.strictObject({
    enableNodePublicIp: z.boolean().optional(),
    isolatedNetwork: z.boolean().optional(),
    osType: z.enum(["Linux", "Windows"]).optional(),
    remoteLoginPortPublicAccess: z.enum(["Enabled", "Disabled", "NotSpecified"]).optional(),
    scaleSettings: z
      .strictObject({
        minNodeCount: z.int().min(0).optional(),
        maxNodeCount: z.int().min(0),
        nodeIdleTimeBeforeScaleDown: duration.optional(),
      })
      .optional(),
    subnet: z.strictObject({ id: z.string() }).optional(),
    userAccountCredentials: z.record(z.string(), z.any()).optional(),
    virtualMachineImage: z.strictObject({ id: z.string() }).optional(),
    vmPriority: z.enum(["Dedicated", "LowPriority"]).optional(),
    vmSize: z
      .string()
      .regex(/^Standard_/i, "must be a size of virtual machines, Standard_…")
      .optional(),
  }),
});

export const mlCompute: ArmType = {
  token: "azure-native:machinelearningservices:Compute",
  type: "Microsoft.MachineLearningServices/workspaces/computes",
  apiVersion: "2025-12-01",
  scope: "resourceGroup",
  path: [
    workspacePath,
    {
      type: "computes",
      argument: "computeName",
      rule: {
        min: 3,
        max: 24,
        pattern: /^[a-zA-Z](?![a-zA-Z0-9-]*-\d+$)[a-zA-Z0-9-]*$/,
        words: "letters, digits and hyphens, a letter first, and no '-' with digits last",
      },
    },
  ],
  autoNaming: "copy",
  located: true,
  body: z.object({
    identity: identity.optional(),
    properties: amlCompute,
    sku: z.record(z.string(), z.any()).optional(),
    tags,
  }),
  rules: (checker) => {
    const scale = ["properties", "properties", "scaleSettings"];
    const least = checker.read([...scale, "minNodeCount"], "number");
    const most = checker.read([...scale, "maxNodeCount"], "number");
    if (least !== undefined && most !== undefined && least > most) {
      checker.fail([...scale, "minNodeCount"], `is ${least}, above maxNodeCount, ${most}.`);
    }
    if (checker.read(["identity", "type"], "string")?.includes(",") === true) {
      checker.fail(["identity", "type"], "a cluster takes a system or a user identity, never both.");
    }
  },
  replaceOnChanges: ["properties.computeType"],
  computed: ["properties.provisioningState", "properties.createdOn", ...identityOutputs],
  facts: () => ({ principalId: randomUUID(), createdOn: new Date().toISOString() }),
  outputs: ({ inputs, facts }) => ({
    ...identityOf(inputs, facts),
    properties: {
      ...mapOf(inputs["properties"]),
      provisioningState: "Succeeded",
      createdOn: facts["createdOn"] ?? null,
    },
  }),
  precondition: ({ name, inputs }, before) => {
    if (before === undefined) return Promise.resolve();
    const [now, was] = [inputs, before].map((of) => mapOf(mapOf(of["properties"])["properties"]));
    for (const fixed of ["vmSize", "vmPriority", "subnet", "osType"]) {
      if (JSON.stringify(now?.[fixed]) === JSON.stringify(was?.[fixed])) continue;
      throw new ArmError(
        "ComputeUpdateNotSupported",
        `${fixed} of cluster '${name}' cannot be changed; make another cluster.`,
      );
    }
    return Promise.resolve();
  },
};

const credentials = z.discriminatedUnion("credentialsType", [
  z.strictObject({ credentialsType: z.literal("None") }),
  z.strictObject({
    credentialsType: z.literal("AccountKey"),
    secrets: z.strictObject({ secretsType: z.literal("AccountKey"), key: z.string().optional() }),
  }),
  z.strictObject({
    credentialsType: z.literal("Sas"),
    secrets: z.strictObject({ secretsType: z.literal("Sas"), sasToken: z.string().optional() }),
  }),
]);

export const mlDatastore: ArmType = {
  token: "azure-native:machinelearningservices:Datastore",
  type: "Microsoft.MachineLearningServices/workspaces/datastores",
  apiVersion: "2025-12-01",
  scope: "resourceGroup",
  path: [
    workspacePath,
    {
      type: "datastores",
      argument: "name",
      rule: {
        min: 1,
        max: 255,
        pattern: /^[a-zA-Z0-9][\w-]*$/,
        words: "letters, digits, '-' and '_', a letter or digit first",
      },
    },
  ],
  autoNaming: "copy",
  writeOnly: ["skipValidation"],
  body: z.object({
    properties: z.strictObject({
      datastoreType: z.literal("AzureBlob"),
      accountName: z.string(),
      containerName: z.string(),
      credentials,
      description: z.string().optional(),
      endpoint: z.string().optional(),
      properties: z.record(z.string(), z.string()).optional(),
      protocol: z.enum(["http", "https"]).optional(),
      resourceGroup: z.string().optional(),
      serviceDataAccessAuthIdentity: z
        .enum(["None", "WorkspaceSystemAssignedIdentity", "WorkspaceUserAssignedIdentity"])
        .optional(),
      subscriptionId: z.string().optional(),
      tags: z.record(z.string(), z.string()).optional(),
    }),
    skipValidation: z.boolean().optional(),
  }),
  computed: ["properties.isDefault"],
  outputs: ({ inputs }) => ({ properties: { ...mapOf(inputs["properties"]), isDefault: false } }),
};
