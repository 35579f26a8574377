import * as pulumi from "@pulumi/pulumi";

/** How devices of a group prove that they belong to it. */
export interface EnrollmentAttestationArgs {
  /** `symmetricKey`: each device derives its key from the group's. `x509`: certificates signed by a CA. */
  type: pulumi.Input<"symmetricKey" | "x509">;
  /** Base64; only for `symmetricKey`. @default made by the service */
  primaryKey?: pulumi.Input<string | undefined> | undefined;
  /** Base64; only for `symmetricKey`. @default made by the service */
  secondaryKey?: pulumi.Input<string | undefined> | undefined;
  /** Name of a verified CA certificate in the service; for `x509` this or `primaryCertificate`. */
  primaryCaReference?: pulumi.Input<string | undefined> | undefined;
  secondaryCaReference?: pulumi.Input<string | undefined> | undefined;
  /** Intermediate CA certificate that signs the devices', as PEM text. */
  primaryCertificate?: pulumi.Input<string | undefined> | undefined;
  secondaryCertificate?: pulumi.Input<string | undefined> | undefined;
}

export interface EnrollmentGroupArgs {
  /** 1–128 lower-case letters, digits and `- . _ :`. A change replaces. */
  enrollmentGroupId: pulumi.Input<string>;
  attestation: pulumi.Input<EnrollmentAttestationArgs>;
  /** Whether IoT Edge runs on the devices. @default true */
  edgeEnabled?: pulumi.Input<boolean | undefined> | undefined;
  /** Host name of the hub that devices are assigned to. @default by the service's allocation policy */
  iotHubHostName?: pulumi.Input<string | undefined> | undefined;
  /** @default "enabled" */
  provisioningStatus?: pulumi.Input<"enabled" | "disabled" | undefined> | undefined;
  /** Twin tags that each device starts with. */
  tags?: pulumi.Input<Record<string, unknown> | undefined> | undefined;
  /** Desired properties that each device starts with. */
  desiredProperties?: pulumi.Input<Record<string, unknown> | undefined> | undefined;
}

/** A group in the Device Provisioning Service, through which any number of devices register themselves. */
export class EnrollmentGroup extends pulumi.CustomResource {
  static readonly token = "iotedge:index:EnrollmentGroup";

  declare readonly enrollmentGroupId: pulumi.Output<string>;
  declare readonly attestation: pulumi.Output<{ type: "symmetricKey" | "x509" }>;
  declare readonly edgeEnabled: pulumi.Output<boolean>;
  declare readonly iotHubHostName: pulumi.Output<string | undefined>;
  declare readonly provisioningStatus: pulumi.Output<"enabled" | "disabled">;
  declare readonly tags: pulumi.Output<Record<string, unknown> | undefined>;
  declare readonly desiredProperties: pulumi.Output<Record<string, unknown> | undefined>;
  /** Secret; empty unless `symmetricKey`. A device's key is HMAC-SHA256 of its registration id under this one. */
  declare readonly primaryKey: pulumi.Output<string>;
  /** Secret; empty unless `symmetricKey`. */
  declare readonly secondaryKey: pulumi.Output<string>;

  constructor(name: string, args: EnrollmentGroupArgs, options?: pulumi.CustomResourceOptions) {
    super(
      EnrollmentGroup.token,
      name,
      { ...args, primaryKey: undefined, secondaryKey: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["primaryKey", "secondaryKey"] }, options),
    );
  }

  /** An existing group, read and not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: pulumi.CustomResourceOptions): EnrollmentGroup {
    return new EnrollmentGroup(name, {} as EnrollmentGroupArgs, { ...options, id });
  }
}
