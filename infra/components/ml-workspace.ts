import * as applicationinsights from "@pulumi/azure-native/applicationinsights";
import * as authorization from "@pulumi/azure-native/authorization";
import * as containerregistry from "@pulumi/azure-native/containerregistry";
import * as keyvault from "@pulumi/azure-native/keyvault";
import * as machinelearning from "@pulumi/azure-native/machinelearningservices";
import * as pulumi from "@pulumi/pulumi";
import type { WorkspaceConfig } from "../config/schema";
import { PrivateStorage } from "./private-storage";
import { assignRole } from "./role";

export interface MlWorkspaceArgs extends WorkspaceConfig {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** Log Analytics workspace that Application Insights writes to. */
  logWorkspaceId: pulumi.Input<string>;
  /** Refuse to delete what holds data, and keep deleted secrets for good. @default false */
  protect?: boolean;
  tags?: Record<string, string>;
}

/** What `az ml` needs to know. */
export interface WorkspaceOutputs {
  subscriptionId: pulumi.Output<string>;
  resourceGroup: pulumi.Output<string>;
  workspace: pulumi.Output<string>;
  compute: pulumi.Output<string>;
  datastore: pulumi.Output<string>;
}

const CLUSTER = "training";
const DATASTORE = "training_data";

/** A workspace to train in: cluster that costs nothing while idle, data in storage that only identities reach. */
export class MlWorkspace extends pulumi.ComponentResource {
  readonly outputs: WorkspaceOutputs;

  constructor(name: string, args: MlWorkspaceArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:MlWorkspace", name, {}, options);
    const child = { parent: this };
    const { resourceGroupName, location } = args;
    const placed = { resourceGroupName, location, ...(args.tags && { tags: args.tags }) };
    const plainName = name.replace(/[^a-z0-9]/g, "");
    const client = authorization.getClientConfigOutput(child);

    const data = new PrivateStorage(
      plainName,
      { ...placed, containerName: "training-data", versioning: true, protect: args.protect ?? false },
      child,
    );
    const vault = new keyvault.Vault(
      name,
      {
        ...placed,
        properties: {
          tenantId: client.tenantId,
          sku: { family: "A", name: keyvault.SkuName.Standard },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 7,
          // Cannot be taken back, so only where nothing is thrown away.
          ...(args.protect && { enablePurgeProtection: true }),
        },
      },
      child,
    );
    const insights = new applicationinsights.Component(
      name,
      {
        ...placed,
        kind: "web",
        applicationType: "web",
        ingestionMode: "LogAnalytics",
        workspaceResourceId: args.logWorkspaceId,
      },
      { ...child, additionalSecretOutputs: ["connectionString", "instrumentationKey"] },
    );
    const registry = new containerregistry.Registry(
      plainName,
      { ...placed, sku: { name: "Basic" }, adminUserEnabled: false, anonymousPullEnabled: false },
      child,
    );
    const workspace = new machinelearning.Workspace(
      name,
      {
        ...placed,
        kind: "Default",
        sku: { name: "Basic", tier: "Basic" },
        identity: { type: "SystemAssigned" },
        friendlyName: "edge-vision",
        storageAccount: data.accountId,
        keyVault: vault.id,
        applicationInsights: insights.id,
        containerRegistry: registry.id,
        publicNetworkAccess: "Enabled",
        systemDatastoresAuthMode: "Identity",
        v1LegacyMode: false,
      },
      { ...child, protect: args.protect ?? false },
    );
    const compute = new machinelearning.Compute(
      name,
      {
        resourceGroupName,
        location,
        workspaceName: workspace.name,
        computeName: CLUSTER,
        identity: { type: "SystemAssigned" },
        properties: {
          computeType: "AmlCompute",
          computeLocation: location,
          disableLocalAuth: true,
          properties: {
            osType: "Linux",
            vmSize: args.vmSize,
            vmPriority: args.priority,
            remoteLoginPortPublicAccess: "Disabled",
            scaleSettings: {
              minNodeCount: 0,
              maxNodeCount: args.maxNodes,
              nodeIdleTimeBeforeScaleDown: `PT${args.idleSeconds}S`,
            },
          },
        },
      },
      child,
    );
    const datastore = new machinelearning.Datastore(
      name,
      {
        resourceGroupName,
        workspaceName: workspace.name,
        name: DATASTORE,
        properties: {
          datastoreType: "AzureBlob",
          description: "Pictures to train with",
          accountName: data.accountName,
          containerName: data.containerName,
          credentials: { credentialsType: "None" },
          serviceDataAccessAuthIdentity: "WorkspaceSystemAssignedIdentity",
        },
      },
      child,
    );
    this.grantRoles(name, args, { data, registry, workspace, compute });
    this.outputs = {
      subscriptionId: client.subscriptionId,
      resourceGroup: pulumi.output(resourceGroupName),
      workspace: workspace.name,
      compute: compute.name,
      datastore: datastore.name,
    };
    this.registerOutputs({ workspace: workspace.name });
  }

  /** Each identity gets what its work needs, on the narrowest resource. */
  private grantRoles(
    name: string,
    args: MlWorkspaceArgs,
    at: {
      data: PrivateStorage;
      registry: containerregistry.Registry;
      workspace: machinelearning.Workspace;
      compute: machinelearning.Compute;
    },
  ): void {
    const child = { parent: this };
    const { data, registry, workspace, compute } = at;
    const principal = (identity: pulumi.Output<{ principalId: string } | undefined>) =>
      identity.apply((found) => found?.principalId ?? "");
    assignRole(
      `${name}-browse-data`,
      { role: "readBlobs", scope: data.containerId, principalId: principal(workspace.identity) },
      child,
    );
    // Jobs write models and logs into the workspace's own containers, which appear beside the one for data.
    assignRole(
      `${name}-train`,
      { role: "writeBlobs", scope: data.accountId, principalId: principal(compute.identity) },
      child,
    );
    assignRole(
      `${name}-pull-environments`,
      { role: "pullImages", scope: registry.id, principalId: principal(compute.identity) },
      child,
    );
    for (const { principalId, type } of args.trainers) {
      const who = { principalId, principalType: type };
      assignRole(`${name}-${principalId}-submit`, { role: "trainModels", scope: workspace.id, ...who }, child);
      assignRole(`${name}-${principalId}-upload`, { role: "writeBlobs", scope: data.accountId, ...who }, child);
    }
  }
}
