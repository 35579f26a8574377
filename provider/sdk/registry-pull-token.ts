import * as pulumi from "@pulumi/pulumi";

export interface RegistryPullTokenArgs {
  /**
   * Resource id of the registry's token:
   * `/subscriptions/…/resourceGroups/…/providers/Microsoft.ContainerRegistry/registries/…/tokens/…`. A change replaces.
   */
  tokenId: pulumi.Input<string>;
  /**
   * Any text; a change makes a new password in the token's other slot. The one before stays valid until the next
   * change, so that devices can pull while they get the new one.
   */
  rotation?: pulumi.Input<string | undefined> | undefined;
  /** When new passwords end, ISO 8601. A change makes a new password. @default never */
  expiry?: pulumi.Input<string | undefined> | undefined;
}

/** A password of a container registry's token, for devices that pull images. */
export class RegistryPullToken extends pulumi.CustomResource {
  static readonly token = "iotedge:index:RegistryPullToken";

  declare readonly tokenId: pulumi.Output<string>;
  declare readonly rotation: pulumi.Output<string | undefined>;
  declare readonly expiry: pulumi.Output<string | undefined>;
  /** User name to pull with: the token's name. */
  declare readonly username: pulumi.Output<string>;
  /** Secret; the newest password. */
  declare readonly password: pulumi.Output<string>;
  /** Slot of the newest password. */
  declare readonly passwordName: pulumi.Output<"password1" | "password2">;

  constructor(name: string, args: RegistryPullTokenArgs, options?: pulumi.CustomResourceOptions) {
    super(
      RegistryPullToken.token,
      name,
      { ...args, username: undefined, password: undefined, passwordName: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["password"] }, options),
    );
  }
}
