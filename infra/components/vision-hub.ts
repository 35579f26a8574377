import * as iothub from "@pulumi/azure-native/iothub";
import * as iotedge from "@edge-vision/iotedge";
import * as pulumi from "@pulumi/pulumi";

export interface VisionHubArgs {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** F1 is free, one a subscription, and cannot become another tier. */
  sku: "F1" | "S1" | "S2" | "S3";
  /** Units of the tier. F1 has one. @default 1 */
  units?: number;
  /** Refuse to delete or replace the hub. @default false */
  protect?: boolean;
  /** Where the hub's data plane answers. @default its host name, port 443 */
  endpoint?: { host: string; port: number; ca?: string };
  /** URL of Azure Resource Manager. @default https://management.azure.com */
  resourceManagerEndpoint?: string;
  tags?: Record<string, string>;
}

/** Name of the built-in endpoint, which every hub has. */
const BUILT_IN = "events";

/** The IoT Hub, its built-in endpoint with a consumer group for the monitor, and the provider for its data plane. */
export class VisionHub extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  readonly hostName: pulumi.Output<string>;
  /** Connection string of the policy `service` for readers of the built-in endpoint; secret. */
  readonly eventsConnectionString: pulumi.Output<string>;
  /** Consumer group that the monitor reads with. */
  readonly consumerGroup: pulumi.Output<string>;
  /** Gives resources of `iotedge` this hub. */
  readonly provider: iotedge.Provider;

  constructor(name: string, args: VisionHubArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:VisionHub", name, {}, options);
    const { resourceGroupName } = args;
    const hub = new iothub.IotHubResource(
      name,
      {
        resourceGroupName,
        location: args.location,
        sku: { name: args.sku, capacity: args.units ?? 1 },
        identity: { type: "SystemAssigned" },
        properties: {
          minTlsVersion: "1.2",
          publicNetworkAccess: "Enabled",
          eventHubEndpoints: { [BUILT_IN]: { partitionCount: args.sku === "F1" ? 2 : 4, retentionTimeInDays: 1 } },
          routing: { routes: [], fallbackRoute: FALLBACK },
        },
        ...(args.tags && { tags: args.tags }),
      },
      {
        parent: this,
        protect: args.protect ?? false,
        // The hub ignores a new number; only another hub can have it.
        replaceOnChanges: [`properties.eventHubEndpoints.${BUILT_IN}.partitionCount`],
      },
    );
    const group = new iothub.IotHubResourceEventHubConsumerGroup(
      `${name}-monitor`,
      {
        resourceGroupName,
        resourceName: hub.name,
        eventHubEndpointName: BUILT_IN,
        name: "monitor",
        properties: { name: "monitor" },
      },
      { parent: this },
    );
    const key = (keyName: string) =>
      pulumi.secret(
        iothub
          .listIotHubResourceKeysForKeyNameOutput(
            { resourceGroupName, resourceName: hub.name, keyName },
            { parent: this },
          )
          .apply(({ primaryKey }) => primaryKey ?? ""),
      );
    this.name = hub.name;
    this.id = hub.id;
    this.hostName = hub.properties.hostName;
    this.consumerGroup = group.name;
    const events = hub.properties.apply(({ eventHubEndpoints }) => eventHubEndpoints?.[BUILT_IN]);
    this.eventsConnectionString = pulumi.interpolate`Endpoint=${events.apply((e) => e?.endpoint ?? "")};SharedAccessKeyName=service;SharedAccessKey=${key("service")};EntityPath=${events.apply((e) => e?.path ?? "")}`;
    this.provider = new iotedge.Provider(
      `${name}-data-plane`,
      {
        connectionString: pulumi.interpolate`HostName=${this.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key("iothubowner")}`,
        ...(args.endpoint && { endpoint: args.endpoint }),
        ...(args.resourceManagerEndpoint !== undefined && { resourceManagerEndpoint: args.resourceManagerEndpoint }),
      },
      { parent: this },
    );
    this.registerOutputs({ name: this.name, hostName: this.hostName });
  }
}

/** A hub whose routing is set has no fallback unless it is named, and then drops what no route takes. */
const FALLBACK = {
  name: "$fallback",
  source: "DeviceMessages",
  condition: "true",
  endpointNames: [BUILT_IN],
  isEnabled: true,
};
