import * as pulumi from "@pulumi/pulumi";

/** Where to connect instead of the service's own host: a gateway, a private endpoint, a hub for tests. */
export interface EndpointArgs {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  /** Certificates to trust, as PEM text. @default those of the system */
  ca?: pulumi.Input<string | undefined> | undefined;
}

export interface ProviderArgs {
  /**
   * Connection string of a hub policy with registry read and write and service connect, or `iothubowner`. Without it
   * the provider signs in with Entra ID (environment, workload identity, managed identity, az CLI) at `hostName`.
   */
  connectionString?: pulumi.Input<string | undefined> | undefined;
  /** Host name of the hub, `name.azure-devices.net`. @default the one in `connectionString` */
  hostName?: pulumi.Input<string | undefined> | undefined;
  /** Where the hub's connections go. @default the host name, port 443 */
  endpoint?: pulumi.Input<EndpointArgs | undefined> | undefined;
  /** Connection string of the Device Provisioning Service, for `EnrollmentGroup`. */
  provisioningConnectionString?: pulumi.Input<string | undefined> | undefined;
  /** Host name of the Device Provisioning Service, to sign in with Entra ID. */
  provisioningHostName?: pulumi.Input<string | undefined> | undefined;
  /** Where the provisioning service's connections go. @default its host name, port 443 */
  provisioningEndpoint?: pulumi.Input<EndpointArgs | undefined> | undefined;
  /** URL of Azure Resource Manager, for `RegistryPullToken`. @default https://management.azure.com */
  resourceManagerEndpoint?: pulumi.Input<string | undefined> | undefined;
}

/** The hub in which resources live; given to them by `{ provider }`. No key of it stands in a resource's state. */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs = {}, options?: pulumi.ResourceOptions) {
    const secret = (
      value: pulumi.Input<string | undefined> | undefined,
    ): pulumi.Output<string | undefined> | undefined => (value === undefined ? undefined : pulumi.secret(value));
    // The engine hands a provider's configuration over as strings.
    const json = (value: pulumi.Input<unknown>): pulumi.Output<string> | undefined =>
      value === undefined ? undefined : pulumi.jsonStringify(value);
    super(
      "iotedge",
      name,
      {
        ...args,
        connectionString: secret(args.connectionString),
        endpoint: json(args.endpoint),
        provisioningConnectionString: secret(args.provisioningConnectionString),
        provisioningEndpoint: json(args.provisioningEndpoint),
      },
      options,
    );
  }
}
