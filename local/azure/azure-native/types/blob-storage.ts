import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { hex } from "./common";
import { accountPath } from "./storage-account";

const servicePath = {
  type: "blobServices",
  argument: "blobServicesName",
  rule: { min: 1, max: 7, pattern: /^default$/, words: "only one value: default" },
};

const retention = (most: number) =>
  z.strictObject({
    enabled: z.boolean().optional(),
    days: z.int().min(1).max(most).optional(),
    allowPermanentDelete: z.boolean().optional(),
  });

/** Settings of an account's blobs; they exist with the account, and deleting them sets nothing back. */
export const blobServiceProperties: ArmType = {
  token: "azure-native:storage:BlobServiceProperties",
  type: "Microsoft.Storage/storageAccounts/blobServices",
  apiVersion: "2024-01-01",
  scope: "resourceGroup",
  path: [accountPath, servicePath],
  autoNaming: "copy",
  body: z.object({
    automaticSnapshotPolicyEnabled: z.boolean().optional(),
    changeFeed: z
      .strictObject({ enabled: z.boolean().optional(), retentionInDays: z.int().min(1).max(146_000).optional() })
      .optional(),
    containerDeleteRetentionPolicy: retention(365).optional(),
    cors: z.strictObject({ corsRules: z.array(z.record(z.string(), z.any())).max(5).optional() }).optional(),
    defaultServiceVersion: z.string().optional(),
    deleteRetentionPolicy: retention(365).optional(),
    isVersioningEnabled: z.boolean().optional(),
    lastAccessTimeTrackingPolicy: z.record(z.string(), z.any()).optional(),
    restorePolicy: z.strictObject({ enabled: z.boolean(), days: z.int().min(1).max(365).optional() }).optional(),
  }),
  rules: (checker) => {
    for (const policy of ["deleteRetentionPolicy", "containerDeleteRetentionPolicy"]) {
      if (checker.read([policy, "enabled"], "boolean") !== true || checker.isUnknown([policy, "days"])) continue;
      checker.read([policy, "days"], "number", { required: true, what: "1 to 365 days, since the policy is enabled" });
    }
    if (checker.read(["restorePolicy", "enabled"], "boolean") !== true) return;
    for (const [path, what] of [
      [["changeFeed", "enabled"], "the change feed"],
      [["isVersioningEnabled"], "versioning"],
      [["deleteRetentionPolicy", "enabled"], "soft delete"],
    ] as const) {
      if (!checker.isUnknown(path) && checker.read(path, "boolean") !== true) {
        checker.fail(path, `must be true: point-in-time restore needs ${what}.`);
      }
    }
  },
  computed: ["sku"],
  outputs: () => ({ sku: { name: "Standard_LRS", tier: "Standard" } }),
};

export const blobContainer: ArmType = {
  token: "azure-native:storage:BlobContainer",
  type: "Microsoft.Storage/storageAccounts/blobServices/containers",
  apiVersion: "2024-01-01",
  scope: "resourceGroup",
  path: [
    accountPath,
    { type: "blobServices", fixed: "default", implied: true },
    {
      type: "containers",
      argument: "containerName",
      rule: {
        min: 3,
        max: 63,
        pattern: /^(\$root|\$web|\$logs|(?!.*--)[a-z0-9][a-z0-9-]*[a-z0-9])$/,
        words: "lower-case letters, digits and single hyphens, starting and ending with a letter or digit",
      },
    },
  ],
  autoNaming: "copy",
  body: z.object({
    defaultEncryptionScope: z.string().optional(),
    denyEncryptionScopeOverride: z.boolean().optional(),
    enableNfsV3AllSquash: z.boolean().optional(),
    enableNfsV3RootSquash: z.boolean().optional(),
    immutableStorageWithVersioning: z.strictObject({ enabled: z.boolean().optional() }).optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    publicAccess: z.enum(["Container", "Blob", "None"]).optional(),
  }),
  computed: ["etag", "lastModifiedTime", "leaseState", "leaseStatus", "hasImmutabilityPolicy", "hasLegalHold"],
  facts: () => ({ etag: `"0x${hex(15).toUpperCase()}"`, lastModifiedTime: new Date().toISOString() }),
  outputs: ({ facts }) => ({
    etag: facts["etag"] ?? null,
    lastModifiedTime: facts["lastModifiedTime"] ?? null,
    leaseState: "Available",
    leaseStatus: "Unlocked",
    hasImmutabilityPolicy: false,
    hasLegalHold: false,
  }),
};
