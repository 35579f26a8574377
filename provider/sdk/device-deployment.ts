import * as pulumi from "@pulumi/pulumi";

/** Modules of a deployment by id, each with `properties.desired` as the deployment manifest has it. */
export type ModulesContent = Record<string, Record<string, unknown>>;

export interface DeviceDeploymentArgs {
  /** The device, which must be edge-enabled. A change replaces. */
  deviceId: pulumi.Input<string>;
  /** What runs there: `{"$edgeAgent": {"properties.desired": …}, "$edgeHub": …, "<module>": …}`. */
  modulesContent: pulumi.Input<Record<string, unknown>>;
}

/**
 * The modules of one device. A deployment at scale (`FleetDeployment`) that targets the same device takes over from
 * it; use one or the other.
 */
export class DeviceDeployment extends pulumi.CustomResource {
  static readonly token = "iotedge:index:DeviceDeployment";

  declare readonly deviceId: pulumi.Output<string>;
  declare readonly modulesContent: pulumi.Output<ModulesContent>;
  /** Ids of the modules that it deploys, without the system modules, sorted. */
  declare readonly moduleIds: pulumi.Output<string[]>;

  constructor(name: string, args: DeviceDeploymentArgs, options?: pulumi.CustomResourceOptions) {
    super(DeviceDeployment.token, name, { ...args, moduleIds: undefined }, options);
  }

  /** The deployment of an existing device, read and not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: pulumi.CustomResourceOptions): DeviceDeployment {
    return new DeviceDeployment(name, {} as DeviceDeploymentArgs, { ...options, id });
  }
}
