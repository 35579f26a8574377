import { unknown, type PropertyMap } from "@edge-vision/iotedge/kit";
import { account, compute, faults, hub, registry, vault } from "../testing/azure";

describe("check reports every fault at once", () => {
  test.each<[string, string, PropertyMap, string[]]>([
    [
      "a hub",
      hub,
      { resourceName: "-x", location: null, sku: { name: "S9", capacity: 0 }, properties: { minTlsVersion: "1.1" } },
      [
        "location: is missing: give an Azure region.",
        'resourceName: "-x" has 2 characters; 3 to 50 are allowed.',
        'resourceName: "-x" is not allowed: a name has letters, digits and hyphens, not only digits, and no hyphen at either end.',
        'sku.name: must be one of "F1", "S1", "S2", "S3", "B1", "B2", "B3" (it is "S9").',
        "sku.capacity: must be at least 1 (it is 0).",
        'properties.minTlsVersion: must be one of "1.0", "1.2" (it is "1.1").',
      ],
    ],
    [
      "a free hub with too much of everything",
      hub,
      { sku: { name: "F1", capacity: 2 }, properties: { eventHubEndpoints: { events: { partitionCount: 4 } } } },
      [
        "sku.capacity: is 2; F1 allows at most 1.",
        "properties.eventHubEndpoints.events.partitionCount: is 4; a hub of size F1 has 2 partitions.",
      ],
    ],
    [
      "a registry",
      registry,
      { registryName: "my-registry", sku: { name: "Basic" }, anonymousPullEnabled: true, adminUser: true },
      [
        'registryName: "my-registry" is not allowed: a name has letters and digits only.',
        "adminUser: is not a property of this resource.",
        "anonymousPullEnabled: needs a registry of size Standard or Premium.",
      ],
    ],
    [
      "a scope map",
      "azure-native:containerregistry:ScopeMap",
      { location: null, registryName: "images", scopeMapName: "pulling", actions: ["repositories/camera-module/pull"] },
      [
        'actions[0]: must be repositories/{name}/content/(read|write|delete) or repositories/{name}/metadata/(read|write) (it is "repositories/camera-module/pull").',
      ],
    ],
    [
      "a storage account",
      account,
      { accountName: "Vision-Data", kind: "BlobStorage", sku: { name: "Standard_LRS" } },
      [
        'accountName: "Vision-Data" is not allowed: a name has lower-case letters and digits only.',
        "accessTier: is missing: give Hot or Cool, which kind BlobStorage needs.",
      ],
    ],
    [
      "a vault",
      vault,
      {
        vaultName: "my--vault",
        properties: {
          tenantId: "x",
          sku: { family: "A", name: "standard" },
          softDeleteRetentionInDays: 3,
          enablePurgeProtection: false,
        },
      },
      [
        'vaultName: "my--vault" is not allowed: a name has letters, digits and single hyphens, starting with a letter and not ending with a hyphen.',
        'properties.tenantId: must be a UUID (it is "x").',
        "properties.enablePurgeProtection: must be one of true (it is false).",
        "properties.softDeleteRetentionInDays: must be at least 7 (it is 3).",
        "properties.accessPolicies: is missing: give the access policies, or set enableRbacAuthorization.",
      ],
    ],
    [
      "a cluster",
      compute,
      {
        workspaceName: "vision",
        computeName: "gpu-1",
        identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: ["/x"] },
        properties: {
          computeType: "AmlCompute",
          properties: { scaleSettings: { minNodeCount: 3, maxNodeCount: 2, nodeIdleTimeBeforeScaleDown: "2m" } },
        },
      },
      [
        `computeName: "gpu-1" is not allowed: a name has letters, digits and hyphens, a letter first, and no '-' with digits last.`,
        'properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown: must be an ISO 8601 duration (it is "2m").',
        "properties.properties.scaleSettings.minNodeCount: is 3, above maxNodeCount, 2.",
        "identity.type: a cluster takes a system or a user identity, never both.",
      ],
    ],
    [
      "a diagnostic setting",
      "azure-native:monitor:DiagnosticSetting",
      { location: null, resourceGroupName: null, resourceUri: "vision", name: "logs" },
      [
        'resourceUri: "vision" is not an id: it must start with /subscriptions/.',
        "workspaceId: is missing, and so is every other destination: give one of workspaceId, storageAccountId, eventHubAuthorizationRuleId, marketplacePartnerId.",
        "logs: is missing, and so is metrics: give at least one.",
      ],
    ],
    [
      "an id of the wrong type",
      "azure-native:machinelearningservices:Workspace",
      {
        workspaceName: "vision",
        identity: { type: "SystemAssigned" },
        storageAccount: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        keyVault: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        applicationInsights: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/i",
      },
      [
        'storageAccount: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v" is no id of a Microsoft.Storage/storageAccounts.',
      ],
    ],
  ])("of %s", async (_, token, news, expected) => {
    expect(await faults(token, news)).toEqual(expected);
  });

  test("and none about what a preview does not know yet", async () => {
    const news = { resourceGroupName: unknown, resourceName: unknown, location: unknown, sku: { name: unknown } };
    expect(await faults(hub, news)).toEqual([]);
  });
});
