import * as pulumi from "@pulumi/pulumi";

/** How a device proves who it is. */
export interface DeviceAuthenticationArgs {
  /**
   * `sas`: symmetric keys. `selfSigned`: a certificate with one of two thumbprints. `certificateAuthority`: a
   * certificate signed by a CA that the hub knows.
   * @default "sas"
   */
  type?: pulumi.Input<"sas" | "selfSigned" | "certificateAuthority" | undefined> | undefined;
  /** Base64, 16 to 64 bytes; only for `sas`. @default made by the hub */
  primaryKey?: pulumi.Input<string | undefined> | undefined;
  /** Base64, 16 to 64 bytes; only for `sas`. @default made by the hub */
  secondaryKey?: pulumi.Input<string | undefined> | undefined;
  /** SHA-1 or SHA-256 in hex; required for `selfSigned`. */
  primaryThumbprint?: pulumi.Input<string | undefined> | undefined;
  /** SHA-1 or SHA-256 in hex. @default the primary one */
  secondaryThumbprint?: pulumi.Input<string | undefined> | undefined;
}

export interface DeviceIdentityArgs {
  /** 1–128 letters, digits and `- . % _ * ? ! ( ) , : = @ $ '`. A change replaces. */
  deviceId: pulumi.Input<string>;
  /** Whether IoT Edge runs on the device. @default true */
  edgeEnabled?: pulumi.Input<boolean | undefined> | undefined;
  /** @default symmetric keys made by the hub */
  authentication?: pulumi.Input<DeviceAuthenticationArgs | undefined> | undefined;
  /** A disabled device can't connect. @default "enabled" */
  status?: pulumi.Input<"enabled" | "disabled" | undefined> | undefined;
  /** Tags of the device's twin, which target conditions of deployments read. Tags not named here are left alone. */
  tags?: pulumi.Input<Record<string, unknown> | undefined> | undefined;
}

/** A device in the hub's registry, with its keys and tags. */
export class DeviceIdentity extends pulumi.CustomResource {
  static readonly token = "iotedge:index:DeviceIdentity";

  declare readonly deviceId: pulumi.Output<string>;
  declare readonly edgeEnabled: pulumi.Output<boolean>;
  declare readonly authentication: pulumi.Output<{
    type: "sas" | "selfSigned" | "certificateAuthority";
    primaryThumbprint?: string;
    secondaryThumbprint?: string;
  }>;
  declare readonly status: pulumi.Output<"enabled" | "disabled">;
  declare readonly tags: pulumi.Output<Record<string, unknown> | undefined>;
  /** Host name of the hub. */
  declare readonly hostName: pulumi.Output<string>;
  /** Tells apart two devices that had the same id one after the other. */
  declare readonly generationId: pulumi.Output<string>;
  /** Scope of an edge device, under which leaf devices connect; empty for others. */
  declare readonly deviceScope: pulumi.Output<string>;
  /** Secret; empty unless `sas`. */
  declare readonly primaryKey: pulumi.Output<string>;
  /** Secret; empty unless `sas`. */
  declare readonly secondaryKey: pulumi.Output<string>;
  /** Secret; with the primary key for `sas`, with `x509=true` otherwise. */
  declare readonly connectionString: pulumi.Output<string>;

  constructor(name: string, args: DeviceIdentityArgs, options?: pulumi.CustomResourceOptions) {
    super(
      DeviceIdentity.token,
      name,
      {
        ...args,
        hostName: undefined,
        generationId: undefined,
        deviceScope: undefined,
        primaryKey: undefined,
        secondaryKey: undefined,
        connectionString: undefined,
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["primaryKey", "secondaryKey", "connectionString"] }, options),
    );
  }

  /** An existing device, read and not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: pulumi.CustomResourceOptions): DeviceIdentity {
    return new DeviceIdentity(name, {} as DeviceIdentityArgs, { ...options, id });
  }
}
