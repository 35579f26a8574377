import * as storage from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";

export interface PrivateStorageArgs {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** The one container. */
  containerName: string;
  /** Keep old versions and deleted blobs for a week. @default false */
  versioning?: boolean;
  /** Refuse to delete or replace the account. @default false */
  protect?: boolean;
  tags?: Record<string, string>;
}

/** A storage account with one container that only identities reach: no shared keys, nothing public, TLS 1.2. */
export class PrivateStorage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  readonly containerId: pulumi.Output<string>;
  readonly containerName: pulumi.Output<string>;
  /** `https://<account>.blob.core.windows.net/`. */
  readonly blobEndpoint: pulumi.Output<string>;

  /** @param name lower-case letters and digits, at most 16: the account's name begins with it. */
  constructor(name: string, args: PrivateStorageArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:PrivateStorage", name, {}, options);
    const { resourceGroupName } = args;
    const account = new storage.StorageAccount(
      name,
      {
        resourceGroupName,
        location: args.location,
        kind: "StorageV2",
        sku: { name: "Standard_LRS" },
        minimumTlsVersion: "TLS1_2",
        enableHttpsTrafficOnly: true,
        allowBlobPublicAccess: false,
        allowSharedKeyAccess: false,
        allowCrossTenantReplication: false,
        defaultToOAuthAuthentication: true,
        ...(args.tags && { tags: args.tags }),
      },
      { parent: this, protect: args.protect ?? false },
    );
    if (args.versioning) {
      const week = { enabled: true, days: 7 };
      new storage.BlobServiceProperties(
        name,
        {
          resourceGroupName,
          accountName: account.name,
          blobServicesName: "default",
          isVersioningEnabled: true,
          deleteRetentionPolicy: week,
          containerDeleteRetentionPolicy: week,
        },
        { parent: this },
      );
    }
    const container = new storage.BlobContainer(
      name,
      {
        resourceGroupName,
        accountName: account.name,
        containerName: args.containerName,
        publicAccess: storage.PublicAccess.None,
      },
      { parent: this, protect: args.protect ?? false },
    );
    this.accountId = account.id;
    this.accountName = account.name;
    this.containerId = container.id;
    this.containerName = container.name;
    this.blobEndpoint = account.primaryEndpoints.apply(({ blob }) => blob);
    this.registerOutputs({ accountName: this.accountName, containerName: this.containerName });
  }
}
