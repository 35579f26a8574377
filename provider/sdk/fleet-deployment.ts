import * as pulumi from "@pulumi/pulumi";
import type { ModulesContent } from "./device-deployment";

export interface FleetDeploymentArgs {
  /**
   * First part of the deployment's id; a hash of the content follows. Lower-case letters, digits and `-`, up to 100.
   * A change replaces.
   * @default the resource's name in lower case
   */
  deploymentName?: pulumi.Input<string | undefined> | undefined;
  /**
   * A whole manifest, or a layer over one with keys such as `properties.desired.modules.camera`. A change makes a new
   * deployment at a higher priority before the old one goes, so no module stops in between.
   */
  modulesContent: pulumi.Input<Record<string, unknown>>;
  /** Which devices: `tags.site = 'berlin'`, `deviceId = 'a'`, `*` for all. Updated in place. */
  targetCondition: pulumi.Input<string>;
  /** Which deployment wins where several target a device, 0 to 2,147,483,647. Updated in place. @default 0 */
  priority?: pulumi.Input<number | undefined> | undefined;
  /** Updated in place. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined> | undefined;
  /** Queries by name over module twins, `SELECT deviceId FROM devices.modules WHERE …`. Updated in place. */
  metrics?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined> | undefined;
}

/** Modules for every device that a condition names: an IoT Edge deployment at scale, whole or layered. */
export class FleetDeployment extends pulumi.CustomResource {
  static readonly token = "iotedge:index:FleetDeployment";

  declare readonly deploymentName: pulumi.Output<string>;
  declare readonly modulesContent: pulumi.Output<ModulesContent>;
  declare readonly targetCondition: pulumi.Output<string>;
  declare readonly priority: pulumi.Output<number>;
  declare readonly labels: pulumi.Output<Record<string, string> | undefined>;
  declare readonly metrics: pulumi.Output<Record<string, string> | undefined>;
  /** Id of the deployment in the hub: name and hash of the content. */
  declare readonly deploymentId: pulumi.Output<string>;
  /** Whether it is a layer over another deployment. */
  declare readonly layered: pulumi.Output<boolean>;

  constructor(name: string, args: FleetDeploymentArgs, options?: pulumi.CustomResourceOptions) {
    super(FleetDeployment.token, name, { ...args, deploymentId: undefined, layered: undefined }, options);
  }

  /** An existing deployment, read and not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options?: pulumi.CustomResourceOptions): FleetDeployment {
    return new FleetDeployment(name, {} as FleetDeploymentArgs, { ...options, id });
  }
}
