import * as provisioning from "@pulumi/azure-native/deviceprovisioningservices";
import * as iotedge from "@edge-vision/iotedge";
import { buildManifest, type DeploymentManifest } from "@edge-vision/manifest";
import * as pulumi from "@pulumi/pulumi";
import type { FleetConfig, ModuleId } from "../config/schema";
import { checkManifest } from "../vision/check-manifest";
import { fleetConfigToml } from "../vision/edge-config";
import { visionDeployment, type VisionSpec } from "../vision/modules";
import { withOutputs } from "../vision/with-outputs";
import type { RegistrySignIn } from "./module-registry";
import type { VisionHub } from "./vision-hub";

export interface VisionFleetArgs extends Omit<VisionSpec, "images"> {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  hub: VisionHub;
  fleet: FleetConfig;
  /** Image of each module for the fleet's architecture, pinned. */
  images: Record<ModuleId, pulumi.Input<string>>;
  /** What devices pull with. @default images that anyone may pull */
  registry?: RegistrySignIn;
  requireDigests: boolean;
  /** Where data planes answer instead of Azure's own. */
  endpoint?: iotedge.EndpointArgs;
  provisioningEndpoint?: iotedge.EndpointArgs;
  resourceManagerEndpoint?: string;
  /** Refuse to delete or replace the provisioning service. @default false */
  protect?: boolean;
  tags?: Record<string, string>;
}

/**
 * Devices that provision themselves: one enrollment group lets any number of them in, one deployment at scale tells
 * all of them what to run. It costs the same for ten devices and for a hundred thousand.
 */
export class VisionFleet extends pulumi.ComponentResource {
  readonly idScope: pulumi.Output<string>;
  readonly deploymentId: pulumi.Output<string>;
  readonly manifest: pulumi.Output<DeploymentManifest>;
  /** Devices derive their keys from it; secret, empty with certificates. */
  readonly groupKey: pulumi.Output<string>;
  /** `/etc/aziot/config.toml` of a device; `<registration id>` and its key stand for the device's own. */
  readonly configToml: pulumi.Output<string>;

  constructor(name: string, args: VisionFleetArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:VisionFleet", name, {}, options);
    const child = { parent: this };
    const { hub, fleet, resourceGroupName, location } = args;
    const service = new provisioning.IotDpsResource(
      name,
      {
        resourceGroupName,
        location,
        sku: { name: "S1", capacity: 1 },
        properties: {
          allocationPolicy: "Hashed",
          publicNetworkAccess: "Enabled",
          iotHubs: [{ location, connectionString: hub.ownerConnectionString, applyAllocationPolicy: true }],
        },
        ...(args.tags && { tags: args.tags }),
      },
      { ...child, protect: args.protect ?? false },
    );
    const provider = this.dataPlane(name, args, service);
    const group = new iotedge.EnrollmentGroup(
      name,
      {
        enrollmentGroupId: name,
        edgeEnabled: true,
        iotHubHostName: hub.hostName,
        attestation:
          fleet.certificateAuthority === undefined
            ? { type: "symmetricKey" }
            : { type: "x509", primaryCaReference: fleet.certificateAuthority },
        tags: fleet.tags,
      },
      { ...child, provider },
    );
    const { images, registry, requireDigests } = args;
    const manifest = withOutputs(
      (pinned) => buildManifest(visionDeployment({ ...args, images: pinned })),
      images,
      registry,
    );
    const context = { device: `fleet ${name}`, source: args.camera.source, requireDigests };
    for (const warning of checkManifest(manifest.plain, context)) void pulumi.log.warn(warning.trim(), this);
    const deployment = new iotedge.FleetDeployment(
      name,
      {
        deploymentName: name,
        modulesContent: manifest.modulesContent,
        targetCondition: fleet.targetCondition,
        priority: fleet.priority,
        labels: { project: "edge-vision" },
        metrics: {
          running:
            "SELECT deviceId FROM devices.modules WHERE moduleId = '$edgeAgent' AND properties.reported.lastDesiredStatus.code = 200",
        },
      },
      { ...child, provider },
    );
    this.idScope = service.properties.apply(({ idScope }) => idScope);
    this.deploymentId = deployment.deploymentId;
    this.groupKey = pulumi.secret(group.primaryKey);
    this.manifest = deployment.modulesContent.apply(
      (modulesContent) => ({ modulesContent }) as unknown as DeploymentManifest,
    );
    this.configToml = this.idScope.apply((idScope) =>
      fleetConfigToml({
        idScope,
        certificates: fleet.certificateAuthority !== undefined,
        edgeAgentImage: args.edgeAgentImage,
      }),
    );
    this.registerOutputs({ idScope: this.idScope });
  }

  /** Reaches the hub and the provisioning service. */
  private dataPlane(name: string, args: VisionFleetArgs, service: provisioning.IotDpsResource): iotedge.Provider {
    const keyName = "provisioningserviceowner";
    const key = pulumi.secret(
      provisioning.listIotDpsResourceKeysForKeyNameOutput(
        { resourceGroupName: args.resourceGroupName, provisioningServiceName: service.name, keyName },
        { parent: this },
      ),
    );
    const host = service.properties.apply(({ serviceOperationsHostName }) => serviceOperationsHostName);
    return new iotedge.Provider(
      `${name}-data-plane`,
      {
        connectionString: args.hub.ownerConnectionString,
        provisioningConnectionString: pulumi.interpolate`HostName=${host};SharedAccessKeyName=${keyName};SharedAccessKey=${key.apply(({ primaryKey }) => primaryKey)}`,
        ...(args.endpoint && { endpoint: args.endpoint }),
        ...(args.provisioningEndpoint && { provisioningEndpoint: args.provisioningEndpoint }),
        ...(args.resourceManagerEndpoint !== undefined && { resourceManagerEndpoint: args.resourceManagerEndpoint }),
      },
      { parent: this },
    );
  }
}
