import * as iotedge from "@edge-vision/iotedge";
import * as pulumi from "@pulumi/pulumi";
import type { AuthenticationConfig } from "../config/schema";
import { configToml, configYaml, type EdgeConfigInput } from "../vision/edge-config";

export interface EdgeDeviceArgs {
  deviceId: string;
  /** How the device proves who it is. @default symmetric keys */
  authentication?: AuthenticationConfig;
  /** Tags of the device's twin. */
  tags?: Record<string, string | number | boolean>;
  /** The hub that the device belongs to. */
  hubHostName: pulumi.Input<string>;
  /** First image that the device's daemon starts. */
  edgeAgentImage: string;
}

/** A device's identity in the hub and the files that make a machine that device. */
export class EdgeDevice extends pulumi.ComponentResource {
  readonly deviceId: pulumi.Output<string>;
  /** Secret. */
  readonly connectionString: pulumi.Output<string>;
  /** `/etc/aziot/config.toml` of IoT Edge 1.6; secret. */
  readonly configToml: pulumi.Output<string>;
  /** `/etc/iotedge/config.yaml` of IoT Edge 1.1; secret. */
  readonly configYaml: pulumi.Output<string>;

  constructor(
    name: string,
    args: EdgeDeviceArgs,
    options: pulumi.ComponentResourceOptions & { provider: iotedge.Provider },
  ) {
    const { provider, ...rest } = options;
    super("edge-vision:infra:EdgeDevice", name, {}, rest);
    const authentication = args.authentication ?? { type: "sas" };
    const identity = new iotedge.DeviceIdentity(
      name,
      {
        deviceId: args.deviceId,
        edgeEnabled: true,
        authentication: identityAuthentication(authentication),
        ...(args.tags && Object.keys(args.tags).length > 0 && { tags: args.tags }),
      },
      { parent: this, provider },
    );
    this.deviceId = identity.deviceId;
    this.connectionString = pulumi.secret(identity.connectionString);
    const file = (write: (input: EdgeConfigInput) => string) =>
      pulumi
        .all([identity.deviceId, args.hubHostName, this.connectionString])
        .apply(([deviceId, hubHostName, connectionString]) =>
          write({ deviceId, hubHostName, connectionString, authentication, edgeAgentImage: args.edgeAgentImage }),
        );
    this.configToml = file(configToml);
    this.configYaml = file(configYaml);
    this.registerOutputs({ deviceId: this.deviceId });
  }
}

function identityAuthentication(authentication: AuthenticationConfig): iotedge.DeviceAuthenticationArgs {
  switch (authentication.type) {
    case "sas":
      return { type: "sas" };
    case "x509":
      return {
        type: "selfSigned",
        primaryThumbprint: authentication.primaryThumbprint,
        secondaryThumbprint: authentication.secondaryThumbprint,
      };
    case "x509-ca":
      return { type: "certificateAuthority" };
  }
}
