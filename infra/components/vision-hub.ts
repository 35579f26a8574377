import * as iothub from "@pulumi/azure-native/iothub";
import * as monitor from "@pulumi/azure-native/monitor";
import type { iothub as inputs } from "@pulumi/azure-native/types/input";
import * as iotedge from "@edge-vision/iotedge";
import * as pulumi from "@pulumi/pulumi";
import type { MessageArchive } from "./message-archive";

export interface VisionHubArgs {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** F1 is free, one a subscription, and cannot become another tier. */
  sku: "F1" | "S1" | "S2" | "S3";
  /** Units of the tier. F1 has one. @default 1 */
  units?: number;
  /** Log Analytics workspace for the hub's logs and metrics. @default none */
  logWorkspaceId?: pulumi.Input<string>;
  /** Storage that gets a copy of every message. @default none */
  archive?: MessageArchive;
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
  /** Connection string of the policy `iothubowner`; secret. */
  readonly ownerConnectionString: pulumi.Output<string>;
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
        identity: args.archive
          ? { type: "SystemAssigned, UserAssigned", userAssignedIdentities: [args.archive.identityId] }
          : { type: "SystemAssigned" },
        properties: {
          minTlsVersion: "1.2",
          publicNetworkAccess: "Enabled",
          eventHubEndpoints: { [BUILT_IN]: { partitionCount: args.sku === "F1" ? 2 : 4, retentionTimeInDays: 1 } },
          routing: routing(args.archive),
        },
        ...(args.tags && { tags: args.tags }),
      },
      {
        parent: this,
        protect: args.protect ?? false,
        ...(args.archive && { dependsOn: args.archive.ready }),
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
    if (args.logWorkspaceId !== undefined) this.sendDiagnostics(name, hub.id, args.logWorkspaceId);
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
    this.ownerConnectionString = pulumi.interpolate`HostName=${this.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key("iothubowner")}`;
    this.provider = new iotedge.Provider(
      `${name}-data-plane`,
      {
        connectionString: this.ownerConnectionString,
        ...(args.endpoint && { endpoint: args.endpoint }),
        ...(args.resourceManagerEndpoint !== undefined && { resourceManagerEndpoint: args.resourceManagerEndpoint }),
      },
      { parent: this },
    );
    this.registerOutputs({ name: this.name, hostName: this.hostName });
  }

  private sendDiagnostics(name: string, resourceUri: pulumi.Input<string>, workspaceId: pulumi.Input<string>): void {
    new monitor.DiagnosticSetting(
      `${name}-logs`,
      {
        name: "edge-vision",
        resourceUri,
        workspaceId,
        logs: LOG_CATEGORIES.map((category) => ({ category, enabled: true })),
        metrics: [{ category: "AllMetrics", enabled: true }],
      },
      { parent: this },
    );
  }
}

/** What tells why a device is silent or a deployment does not arrive. */
const LOG_CATEGORIES = [
  "Connections",
  "DeviceTelemetry",
  "DeviceIdentityOperations",
  "Routes",
  "TwinQueries",
  "DirectMethods",
  "Configurations",
];

/**
 * A hub whose routing is set has no fallback unless it is named, and then drops what no route takes. A message that any
 * route takes skips the fallback, so with an archive the built-in endpoint needs a route of its own.
 */
function routing(archive: MessageArchive | undefined): inputs.RoutingPropertiesArgs {
  const everything = { source: "DeviceMessages", condition: "true", isEnabled: true };
  const fallbackRoute = { ...everything, name: "$fallback", endpointNames: [BUILT_IN] };
  if (!archive) return { routes: [], fallbackRoute };
  return {
    endpoints: { storageContainers: [archive.endpoint] },
    routes: [
      { ...everything, name: "archive", endpointNames: ["archive"] },
      { ...everything, name: "events", endpointNames: [BUILT_IN] },
    ],
    fallbackRoute,
  };
}
