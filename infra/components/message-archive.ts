import * as managedidentity from "@pulumi/azure-native/managedidentity";
import type { iothub as inputs } from "@pulumi/azure-native/types/input";
import * as pulumi from "@pulumi/pulumi";
import { PrivateStorage } from "./private-storage";
import { assignRole } from "./role";

export interface MessageArchiveArgs {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** Refuse to delete or replace the storage. @default false */
  protect?: boolean;
  tags?: Record<string, string>;
}

/**
 * Storage for every message, and an identity that may write there. The identity is one of its own, not the hub's: a hub
 * takes an endpoint only when its identity already has the right, and its own identity exists only with the hub.
 */
export class MessageArchive extends pulumi.ComponentResource {
  readonly identityId: pulumi.Output<string>;
  /** The endpoint for the hub's routing. */
  readonly endpoint: inputs.RoutingStorageContainerPropertiesArgs;
  /** Must be there before the hub uses the endpoint. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: MessageArchiveArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:MessageArchive", name, {}, options);
    const child = { parent: this };
    const store = new PrivateStorage(
      name.replace(/[^a-z0-9]/g, "").slice(0, 16),
      { ...args, containerName: "messages", versioning: true },
      child,
    );
    const identity = new managedidentity.UserAssignedIdentity(
      name,
      {
        resourceGroupName: args.resourceGroupName,
        location: args.location,
        ...(args.tags && { tags: args.tags }),
      },
      child,
    );
    this.ready = assignRole(
      `${name}-write`,
      { role: "writeBlobs", scope: store.containerId, principalId: identity.principalId },
      child,
    );
    this.identityId = identity.id;
    this.endpoint = {
      name: "archive",
      endpointUri: store.blobEndpoint,
      containerName: store.containerName,
      authenticationType: "identityBased",
      identity: { userAssignedIdentity: identity.id },
      encoding: "JSON",
      fileNameFormat: "{iothub}/{partition}/{YYYY}/{MM}/{DD}/{HH}/{mm}",
      batchFrequencyInSeconds: 300,
      maxChunkSizeInBytes: 100 * 1024 * 1024,
    };
    this.registerOutputs({ identityId: this.identityId });
  }
}
