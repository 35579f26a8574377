import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { identity, identityOf, mapOf, newKey, tags } from "./common";

/** The name rule that everything below a registry shares. */
export const registryPath = {
  type: "registries",
  argument: "registryName",
  rule: { min: 5, max: 50, pattern: /^[a-zA-Z0-9]*$/, words: "letters and digits only" },
};

export const registry: ArmType = {
  token: "azure-native:containerregistry:Registry",
  type: "Microsoft.ContainerRegistry/registries",
  apiVersion: "2023-01-01-preview",
  scope: "resourceGroup",
  path: [registryPath],
  autoNaming: "random",
  located: true,
  globalName: true,
  body: z.object({
    sku: z.strictObject({ name: z.enum(["Classic", "Basic", "Standard", "Premium"]) }),
    adminUserEnabled: z.boolean().optional(),
    anonymousPullEnabled: z.boolean().optional(),
    dataEndpointEnabled: z.boolean().optional(),
    encryption: z.record(z.string(), z.any()).optional(),
    identity: identity.optional(),
    networkRuleBypassOptions: z.enum(["AzureServices", "None"]).optional(),
    networkRuleSet: z.record(z.string(), z.any()).optional(),
    policies: z.record(z.string(), z.any()).optional(),
    publicNetworkAccess: z.enum(["Enabled", "Disabled"]).optional(),
    tags,
    zoneRedundancy: z.enum(["Enabled", "Disabled"]).optional(),
  }),
  rules: (checker) => {
    const sku = checker.read(["sku", "name"], "string");
    if (sku === undefined) return;
    if (sku === "Basic" && checker.read(["anonymousPullEnabled"], "boolean") === true) {
      checker.fail(["anonymousPullEnabled"], "needs a registry of size Standard or Premium.");
    }
    for (const premium of ["publicNetworkAccess", "zoneRedundancy"] as const) {
      const value = checker.read([premium], "string");
      const asked = premium === "zoneRedundancy" ? value === "Enabled" : value === "Disabled";
      if (sku !== "Premium" && asked) checker.fail([premium], `"${value ?? ""}" needs a registry of size Premium.`);
    }
  },
  replaceOnChanges: ["zoneRedundancy"],
  computed: ["loginServer", "creationDate", "provisioningState", "sku.tier", "identity.principalId"],
  facts: () => ({
    creationDate: new Date().toISOString(),
    principalId: randomUUID(),
    adminPasswords: [newKey(), newKey()],
  }),
  outputs: ({ name, inputs, facts }) => ({
    ...identityOf(inputs, facts),
    sku: { ...mapOf(inputs["sku"]), tier: mapOf(inputs["sku"])["name"] ?? null },
    loginServer: `${name.toLowerCase()}.azurecr.io`,
    creationDate: facts["creationDate"] ?? null,
    provisioningState: "Succeeded",
  }),
};
