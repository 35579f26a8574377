import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { mapOf, tags, uuid } from "./common";

export const vault: ArmType = {
  token: "azure-native:keyvault:Vault",
  type: "Microsoft.KeyVault/vaults",
  apiVersion: "2024-11-01",
  scope: "resourceGroup",
  path: [
    {
      type: "vaults",
      argument: "vaultName",
      rule: {
        min: 3,
        max: 24,
        pattern: /^(?!.*--)[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$/,
        words: "letters, digits and single hyphens, starting with a letter and not ending with a hyphen",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  globalName: true,
  body: z.object({
    properties: z.strictObject({
      tenantId: uuid,
      sku: z.strictObject({ family: z.enum(["A"]), name: z.enum(["standard", "premium"]) }),
      accessPolicies: z
        .array(
          z.strictObject({
            tenantId: uuid,
            objectId: z.string(),
            applicationId: uuid.optional(),
            permissions: z.record(z.string(), z.array(z.string())),
          }),
        )
        .max(1024)
        .optional(),
      createMode: z.enum(["recover", "default"]).optional(),
      enablePurgeProtection: z.literal(true, "must be true or left out: it cannot be switched off").optional(),
      enableRbacAuthorization: z.boolean().optional(),
      enableSoftDelete: z.boolean().optional(),
      enabledForDeployment: z.boolean().optional(),
      enabledForDiskEncryption: z.boolean().optional(),
      enabledForTemplateDeployment: z.boolean().optional(),
      networkAcls: z.record(z.string(), z.any()).optional(),
      publicNetworkAccess: z.enum(["enabled", "disabled", "Enabled", "Disabled"]).optional(),
      softDeleteRetentionInDays: z.int().min(7).max(90).optional(),
    }),
    tags,
  }),
  rules: (checker) => {
    const byRoles = checker.read(["properties", "enableRbacAuthorization"], "boolean");
    if (byRoles !== true && !checker.isUnknown(["properties"])) {
      checker.read(["properties", "accessPolicies"], "array", {
        required: true,
        what: "the access policies, or set enableRbacAuthorization",
      });
    }
  },
  computed: ["systemData", "properties.vaultUri", "properties.hsmPoolResourceId", "properties.provisioningState"],
  facts: () => ({ createdAt: new Date().toISOString() }),
  outputs: ({ name, inputs, facts }) => ({
    properties: {
      ...mapOf(inputs["properties"]),
      vaultUri: `https://${name.toLowerCase()}.vault.azure.net/`,
      provisioningState: "Succeeded",
    },
    systemData: { createdAt: facts["createdAt"] ?? null },
  }),
  precondition: ({ inputs, name }, before) => {
    if (before === undefined) return Promise.resolve();
    const [now, was] = [mapOf(inputs["properties"]), mapOf(before["properties"])];
    if (was["enablePurgeProtection"] === true && now["enablePurgeProtection"] !== true) {
      throw new ArmError("BadRequest", `Purge protection of vault '${name}' cannot be switched off.`);
    }
    const days = "softDeleteRetentionInDays";
    if ((now[days] ?? 90) !== (was[days] ?? 90)) {
      throw new ArmError("BadRequest", `${days} of vault '${name}' cannot be changed.`);
    }
    return Promise.resolve();
  },
};
