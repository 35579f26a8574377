import * as applicationinsights from "@pulumi/azure-native/applicationinsights";
import * as authorization from "@pulumi/azure-native/authorization";
import * as containerregistry from "@pulumi/azure-native/containerregistry";
import * as dps from "@pulumi/azure-native/deviceprovisioningservices";
import * as iothub from "@pulumi/azure-native/iothub";
import * as keyvault from "@pulumi/azure-native/keyvault";
import * as ml from "@pulumi/azure-native/machinelearningservices";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import * as monitor from "@pulumi/azure-native/monitor";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import * as resources from "@pulumi/azure-native/resources";
import * as storage from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";

export interface PlatformArgs {
  location?: string;
  hubUnits?: number;
  partitions?: number;
  nodes?: number;
  kind?: "Storage" | "StorageV2";
  retentionInDays?: number;
  hierarchical?: boolean;
}

const contributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

/** One resource of every type that the local Azure has, wired as a real program wires them. */
export function platform(args: PlatformArgs = {}) {
  const { location = "westeurope", hubUnits = 1, partitions = 4, nodes = 2, kind = "StorageV2" } = args;
  const { retentionInDays = 30, hierarchical = false } = args;
  return async (): Promise<Record<string, unknown>> => {
    const { tenantId, subscriptionId } = await authorization.getClientConfig();
    const group = new resources.ResourceGroup("vision", { location });
    const placed = { resourceGroupName: group.name, location };

    const logs = new operationalinsights.Workspace("logs", {
      ...placed,
      sku: { name: "PerGB2018" },
      retentionInDays,
    });
    const insights = new applicationinsights.Component("insights", {
      ...placed,
      kind: "web",
      applicationType: "web",
      workspaceResourceId: logs.id,
    });
    const account = new storage.StorageAccount("vision", {
      ...placed,
      kind,
      sku: { name: "Standard_LRS" },
      minimumTlsVersion: "TLS1_2",
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      isHnsEnabled: hierarchical,
    });
    const service = new storage.BlobServiceProperties("blobs", {
      resourceGroupName: group.name,
      accountName: account.name,
      blobServicesName: "default",
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 7 },
    });
    const container = new storage.BlobContainer("training", {
      resourceGroupName: group.name,
      accountName: account.name,
      publicAccess: storage.PublicAccess.None,
    });
    const vault = new keyvault.Vault("secrets", {
      ...placed,
      properties: {
        tenantId,
        sku: { family: "A", name: keyvault.SkuName.Standard },
        enableRbacAuthorization: true,
        softDeleteRetentionInDays: 7,
      },
    });
    const registry = new containerregistry.Registry("images", {
      ...placed,
      sku: { name: "Basic" },
      adminUserEnabled: false,
    });
    const scopeMap = new containerregistry.ScopeMap("pulling", {
      resourceGroupName: group.name,
      registryName: registry.name,
      actions: ["repositories/camera-module/content/read", "repositories/camera-module/metadata/read"],
    });
    const token = new containerregistry.Token("pulling", {
      resourceGroupName: group.name,
      registryName: registry.name,
      scopeMapId: scopeMap.id,
      status: "enabled",
    });
    const identity = new managedidentity.UserAssignedIdentity("training", placed);
    const workspace = new ml.Workspace("vision", {
      ...placed,
      identity: { type: "SystemAssigned" },
      storageAccount: account.id,
      keyVault: vault.id,
      applicationInsights: insights.id,
      containerRegistry: registry.id,
      systemDatastoresAuthMode: "Identity",
      publicNetworkAccess: "Enabled",
    });
    const cluster = new ml.Compute("cluster", {
      ...placed,
      workspaceName: workspace.name,
      computeName: "gpu-cluster",
      identity: { type: "SystemAssigned" },
      properties: {
        computeType: "AmlCompute",
        disableLocalAuth: true,
        properties: {
          vmSize: "Standard_NC4as_T4_v3",
          vmPriority: "LowPriority",
          remoteLoginPortPublicAccess: "Disabled",
          scaleSettings: { minNodeCount: 0, maxNodeCount: nodes, nodeIdleTimeBeforeScaleDown: "PT120S" },
        },
      },
    });
    new ml.Datastore("training", {
      resourceGroupName: group.name,
      workspaceName: workspace.name,
      properties: {
        datastoreType: "AzureBlob",
        accountName: account.name,
        containerName: container.name,
        credentials: { credentialsType: "None" },
        serviceDataAccessAuthIdentity: "WorkspaceSystemAssignedIdentity",
      },
    });
    new authorization.RoleAssignment("cluster-reads-data", {
      scope: account.id,
      principalId: cluster.identity.apply((own) => own?.principalId ?? ""),
      principalType: "ServicePrincipal",
      roleDefinitionId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${contributor}`,
    });

    const hub = new iothub.IotHubResource("vision", {
      ...placed,
      sku: { name: "S1", capacity: hubUnits },
      identity: { type: "SystemAssigned" },
      properties: {
        minTlsVersion: "1.2",
        eventHubEndpoints: { events: { partitionCount: partitions, retentionTimeInDays: 1 } },
      },
    });
    new iothub.IotHubResourceEventHubConsumerGroup("monitor", {
      resourceGroupName: group.name,
      resourceName: hub.name,
      eventHubEndpointName: "events",
      name: "monitor",
      properties: { name: "monitor" },
    });
    new monitor.DiagnosticSetting("hub-logs", {
      resourceUri: hub.id,
      workspaceId: logs.id,
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
    const key = iothub.listIotHubResourceKeysForKeyNameOutput({
      resourceGroupName: group.name,
      resourceName: hub.name,
      keyName: "iothubowner",
    }).primaryKey;
    const connectionString = pulumi.interpolate`HostName=${hub.properties.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key}`;
    const provisioning = new dps.IotDpsResource("vision", {
      ...placed,
      sku: { name: "S1", capacity: 1 },
      properties: { allocationPolicy: "Hashed", iotHubs: [{ connectionString, location }] },
    });

    return {
      hostName: hub.properties.hostName,
      eventsPath: hub.properties.apply(({ eventHubEndpoints }) => eventHubEndpoints?.["events"]?.path),
      principal: hub.identity.apply((own) => own?.principalId),
      connectionString,
      idScope: provisioning.properties.idScope,
      loginServer: registry.loginServer,
      blobs: account.primaryEndpoints.blob,
      versioning: service.isVersioningEnabled,
      tracking: workspace.mlFlowTrackingUri,
      vaultUri: vault.properties.vaultUri,
      tokenId: token.id,
      identity: identity.clientId,
      storageKey: storage
        .listStorageAccountKeysOutput({ resourceGroupName: group.name, accountName: account.name })
        .keys.apply(([first]) => first?.value),
    };
  };
}
