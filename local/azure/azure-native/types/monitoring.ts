import { randomUUID } from "node:crypto";
import { z } from "zod";
import { tenantId } from "../../arm/arm-id";
import type { ArmType } from "../../arm/arm-type";
import { identity, mapOf, newKey, tags } from "./common";
import { textOf } from "../../text-of";

const access = z.enum(["Enabled", "Disabled"]).optional();

export const logWorkspace: ArmType = {
  token: "azure-native:operationalinsights:Workspace",
  type: "Microsoft.OperationalInsights/workspaces",
  apiVersion: "2023-09-01",
  scope: "resourceGroup",
  path: [
    {
      type: "workspaces",
      argument: "workspaceName",
      rule: {
        min: 4,
        max: 63,
        pattern: /^[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]$/,
        words: "letters, digits and hyphens between them",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  body: z.object({
    defaultDataCollectionRuleResourceId: z.string().optional(),
    features: z.record(z.string(), z.any()).optional(),
    forceCmkForQuery: z.boolean().optional(),
    identity: identity.optional(),
    publicNetworkAccessForIngestion: access,
    publicNetworkAccessForQuery: access,
    retentionInDays: z.int().optional(),
    sku: z
      .strictObject({
        name: z.enum([
          "Free",
          "Standard",
          "Premium",
          "PerNode",
          "PerGB2018",
          "Standalone",
          "CapacityReservation",
          "LACluster",
        ]),
        capacityReservationLevel: z.int().optional(),
      })
      .optional(),
    tags,
    workspaceCapping: z.strictObject({ dailyQuotaGb: z.number().optional() }).optional(),
  }),
  rules: (checker) => {
    const [days, sku = "PerGB2018"] = [
      checker.read(["retentionInDays"], "number"),
      checker.read(["sku", "name"], "string"),
    ];
    if (days !== undefined && sku === "PerGB2018" && days !== -1 && (days < 30 || days > 730)) {
      checker.fail(["retentionInDays"], `is ${days}; 30 to 730 are allowed for PerGB2018.`);
    }
  },
  computed: ["customerId", "createdDate", "modifiedDate", "provisioningState", "sku", "retentionInDays"],
  facts: () => ({ customerId: randomUUID(), keys: [newKey(64), newKey(64)], createdDate: new Date().toISOString() }),
  outputs: ({ inputs, facts }) => ({
    customerId: facts["customerId"] ?? null,
    createdDate: facts["createdDate"] ?? null,
    modifiedDate: facts["createdDate"] ?? null,
    provisioningState: "Succeeded",
    retentionInDays: inputs["retentionInDays"] ?? 30,
    sku: mapOf(inputs["sku"] ?? { name: "PerGB2018" }),
  }),
};

export const insights: ArmType = {
  token: "azure-native:applicationinsights:Component",
  type: "Microsoft.Insights/components",
  apiVersion: "2020-02-02",
  scope: "resourceGroup",
  path: [
    {
      type: "components",
      argument: "resourceName",
      rule: {
        min: 1,
        max: 260,
        // eslint-disable-next-line no-control-regex -- the rule names control characters
        pattern: /^[^%&\\?/\x00-\x1f]*[^%&\\?/\x00-\x1f .]$/,
        words: "any character but %, &, \\, ?, / and control characters, and no '.' or space last",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  body: z.object({
    kind: z.string(),
    applicationType: z.enum(["web", "other"]),
    disableIpMasking: z.boolean().optional(),
    disableLocalAuth: z.boolean().optional(),
    flowType: z.enum(["Bluefield"]).optional(),
    forceCustomerStorageForProfiler: z.boolean().optional(),
    immediatePurgeDataOn30Days: z.boolean().optional(),
    ingestionMode: z
      .enum(["ApplicationInsights", "ApplicationInsightsWithDiagnosticSettings", "LogAnalytics"])
      .optional(),
    publicNetworkAccessForIngestion: access,
    publicNetworkAccessForQuery: access,
    requestSource: z.enum(["rest"]).optional(),
    retentionInDays: z.literal([30, 60, 90, 120, 180, 270, 365, 550, 730]).optional(),
    samplingPercentage: z.number().min(0).max(100).optional(),
    tags,
    workspaceResourceId: z.string().optional(),
  }),
  rules: (checker) => {
    const mode = checker.read(["ingestionMode"], "string") ?? "LogAnalytics";
    if (mode === "LogAnalytics" && !checker.isUnknown(["workspaceResourceId"])) {
      checker.read(["workspaceResourceId"], "string", {
        required: true,
        what: "a Log Analytics workspace: classic Application Insights is retired",
      });
    }
  },
  references: { workspaceResourceId: "Microsoft.OperationalInsights/workspaces" },
  computed: [
    "appId",
    "applicationId",
    "connectionString",
    "creationDate",
    "instrumentationKey",
    "provisioningState",
    "tenantId",
  ],
  facts: () => ({
    appId: randomUUID(),
    instrumentationKey: randomUUID(),
    creationDate: new Date().toISOString(),
  }),
  outputs: ({ name, inputs, facts }) => {
    const region = textOf(inputs["location"]).toLowerCase().replaceAll(" ", "");
    const [appId, key] = [textOf(facts["appId"]), textOf(facts["instrumentationKey"])];
    return {
      appId,
      applicationId: name,
      instrumentationKey: key,
      connectionString:
        `InstrumentationKey=${key};IngestionEndpoint=https://${region}-0.in.applicationinsights.azure.com/;` +
        `LiveEndpoint=https://${region}.livediagnostics.monitor.azure.com/;ApplicationId=${appId}`,
      creationDate: facts["creationDate"] ?? null,
      provisioningState: "Succeeded",
      tenantId,
    };
  },
};

const category = {
  enabled: z.boolean(),
  retentionPolicy: z.strictObject({ enabled: z.boolean(), days: z.int().min(0) }).optional(),
};

export const diagnosticSetting: ArmType = {
  token: "azure-native:monitor:DiagnosticSetting",
  type: "Microsoft.Insights/diagnosticSettings",
  apiVersion: "2021-05-01-preview",
  scope: { argument: "resourceUri" },
  path: [
    {
      type: "diagnosticSettings",
      argument: "name",
      rule: {
        min: 1,
        max: 260,
        pattern: /^[^*<>%&:\\?+/]*[^*<>%&:\\?+/ ]$/,
        words: "none of *<>%&:\\?+/ and no space last",
      },
    },
  ],
  autoNaming: "random",
  body: z.object({
    eventHubAuthorizationRuleId: z.string().optional(),
    eventHubName: z.string().optional(),
    logAnalyticsDestinationType: z.enum(["Dedicated", "AzureDiagnostics"]).optional(),
    logs: z
      .array(
        z
          .strictObject({ category: z.string().optional(), categoryGroup: z.string().optional(), ...category })
          .refine(
            (log) => (log.category === undefined) !== (log.categoryGroup === undefined),
            "takes either category or categoryGroup",
          ),
      )
      .optional(),
    marketplacePartnerId: z.string().optional(),
    metrics: z
      .array(z.strictObject({ category: z.string(), timeGrain: z.string().optional(), ...category }))
      .optional(),
    serviceBusRuleId: z.string().optional(),
    storageAccountId: z.string().optional(),
    workspaceId: z.string().optional(),
  }),
  rules: (checker) => {
    const targets = ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"];
    if (!targets.some((target) => checker.properties[target] !== undefined)) {
      checker.fail(
        ["workspaceId"],
        `is missing, and so is every other destination: give one of ${targets.join(", ")}.`,
      );
    }
    if (checker.properties["logs"] === undefined && checker.properties["metrics"] === undefined) {
      checker.fail(["logs"], "is missing, and so is metrics: give at least one.");
    }
  },
  references: {
    workspaceId: "Microsoft.OperationalInsights/workspaces",
    storageAccountId: "Microsoft.Storage/storageAccounts",
  },
  computed: [],
};
