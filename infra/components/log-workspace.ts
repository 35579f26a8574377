import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import * as pulumi from "@pulumi/pulumi";

export interface LogWorkspaceArgs {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** Days that logs are kept. @default 30, which costs nothing extra */
  retentionInDays?: number;
  /** Gigabytes a day, after which nothing more is taken in. @default 1 */
  dailyQuotaGb?: number;
  tags?: Record<string, string>;
}

/** A Log Analytics workspace whose cost has a bound. */
export class LogWorkspace extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: LogWorkspaceArgs, options?: pulumi.ComponentResourceOptions) {
    super("edge-vision:infra:LogWorkspace", name, {}, options);
    const workspace = new operationalinsights.Workspace(
      name,
      {
        resourceGroupName: args.resourceGroupName,
        location: args.location,
        sku: { name: "PerGB2018" },
        retentionInDays: args.retentionInDays ?? 30,
        workspaceCapping: { dailyQuotaGb: args.dailyQuotaGb ?? 1 },
        ...(args.tags && { tags: args.tags }),
      },
      { parent: this },
    );
    this.id = workspace.id;
    this.registerOutputs({ id: this.id });
  }
}
