import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { identity, identityOf, identityOutputs, mapOf, newKey, tags } from "./common";
import { textOf } from "../../text-of";

export const accountPath = {
  type: "storageAccounts",
  argument: "accountName",
  rule: { min: 3, max: 24, pattern: /^[a-z0-9]*$/, words: "lower-case letters and digits only" },
};

const services = ["blob", "dfs", "file", "queue", "table", "web"] as const;

export const storageAccount: ArmType = {
  token: "azure-native:storage:StorageAccount",
  type: "Microsoft.Storage/storageAccounts",
  apiVersion: "2024-01-01",
  scope: "resourceGroup",
  path: [accountPath],
  autoNaming: "random",
  located: true,
  globalName: true,
  body: z.object({
    sku: z.strictObject({
      name: z.enum([
        "Standard_LRS",
        "Standard_GRS",
        "Standard_RAGRS",
        "Standard_ZRS",
        "Premium_LRS",
        "Premium_ZRS",
        "Standard_GZRS",
        "Standard_RAGZRS",
        "StandardV2_LRS",
        "StandardV2_GRS",
        "StandardV2_ZRS",
        "StandardV2_GZRS",
        "PremiumV2_LRS",
        "PremiumV2_ZRS",
      ]),
    }),
    kind: z.enum(["Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage"]),
    accessTier: z.enum(["Hot", "Cool", "Cold", "Premium"]).optional(),
    allowBlobPublicAccess: z.boolean().optional(),
    allowCrossTenantReplication: z.boolean().optional(),
    allowSharedKeyAccess: z.boolean().optional(),
    allowedCopyScope: z.enum(["PrivateLink", "AAD"]).optional(),
    defaultToOAuthAuthentication: z.boolean().optional(),
    dnsEndpointType: z.enum(["Standard", "AzureDnsZone"]).optional(),
    enableHttpsTrafficOnly: z.boolean().optional(),
    enableNfsV3: z.boolean().optional(),
    encryption: z.record(z.string(), z.any()).optional(),
    identity: identity.optional(),
    isHnsEnabled: z.boolean().optional(),
    isLocalUserEnabled: z.boolean().optional(),
    isSftpEnabled: z.boolean().optional(),
    keyPolicy: z.strictObject({ keyExpirationPeriodInDays: z.int().min(1) }).optional(),
    largeFileSharesState: z.enum(["Disabled", "Enabled"]).optional(),
    minimumTlsVersion: z.enum(["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"]).optional(),
    networkRuleSet: z
      .strictObject({
        defaultAction: z.enum(["Allow", "Deny"]),
        bypass: z
          .string()
          .regex(
            /^(None|(Logging|Metrics|AzureServices)(, ?(Logging|Metrics|AzureServices))*)$/,
            "is no list of services",
          )
          .optional(),
        ipRules: z
          .array(z.strictObject({ iPAddressOrRange: z.string(), action: z.enum(["Allow"]).optional() }))
          .optional(),
        resourceAccessRules: z.array(z.record(z.string(), z.any())).optional(),
        virtualNetworkRules: z.array(z.record(z.string(), z.any())).optional(),
      })
      .optional(),
    publicNetworkAccess: z.enum(["Enabled", "Disabled", "SecuredByPerimeter"]).optional(),
    routingPreference: z.record(z.string(), z.any()).optional(),
    sasPolicy: z
      .strictObject({ sasExpirationPeriod: z.string(), expirationAction: z.enum(["Log", "Block"]) })
      .optional(),
    tags,
  }),
  rules: (checker) => {
    if (checker.read(["kind"], "string") === "BlobStorage" && !checker.isUnknown(["accessTier"])) {
      checker.read(["accessTier"], "string", { required: true, what: "Hot or Cool, which kind BlobStorage needs" });
    }
    const premiumKind = ["FileStorage", "BlockBlobStorage"].includes(checker.read(["kind"], "string") ?? "");
    const sku = checker.read(["sku", "name"], "string");
    if (premiumKind && sku?.startsWith("Standard_") === true) {
      checker.fail(["sku", "name"], `"${sku}" is not for this kind, which needs Premium_LRS or Premium_ZRS.`);
    }
  },
  replaceOnChanges: ["isHnsEnabled", "enableNfsV3", "dnsEndpointType"],
  computed: [
    "primaryEndpoints",
    "primaryLocation",
    "creationTime",
    "provisioningState",
    "statusOfPrimary",
    "sku.tier",
    "networkRuleSet",
    ...identityOutputs,
  ],
  facts: () => ({
    keys: [newKey(64), newKey(64)],
    creationTime: new Date().toISOString(),
    principalId: randomUUID(),
  }),
  outputs: ({ name, inputs, facts }) => ({
    ...identityOf(inputs, facts),
    sku: {
      ...mapOf(inputs["sku"]),
      tier: textOf(mapOf(inputs["sku"])["name"]).startsWith("Premium") ? "Premium" : "Standard",
    },
    networkRuleSet: mapOf(inputs["networkRuleSet"] ?? { bypass: "AzureServices", defaultAction: "Allow" }),
    primaryEndpoints: Object.fromEntries(
      services.map((service) => [service, `https://${name}.${service}.core.windows.net/`]),
    ),
    primaryLocation: inputs["location"] ?? null,
    creationTime: facts["creationTime"] ?? null,
    provisioningState: "Succeeded",
    statusOfPrimary: "available",
  }),
  precondition: (situation, before) => {
    const [kind, was] = [situation.inputs["kind"], before?.["kind"]];
    // General purpose v1 and blob accounts can become v2; nothing else can change its kind.
    if (was === undefined || kind === was || (kind === "StorageV2" && (was === "Storage" || was === "BlobStorage"))) {
      return Promise.resolve();
    }
    throw new ArmError(
      "AccountPropertyCannotBeUpdated",
      `The kind of '${situation.name}' cannot become ${textOf(kind)}.`,
    );
  },
};
