import { readEdgeAgentDesired, type AgentDeployment, type ManifestFormatError } from "@edge-vision/manifest";
import type { Logger } from "pino";
import type { IdentityService } from "../identity/identity-service";
import type { JsonObject } from "../json-patch";
import type { ModuleFleet } from "./module-fleet";
import { statesOf } from "./module-fleet";
import { agentReported, type DeploymentStatus } from "./reported";

export interface EdgeAgentOptions {
  identities: IdentityService;
  fleet: ModuleFleet;
  /** Called for each module of the deployment before it is started. */
  expect: (moduleId: string) => Promise<void>;
  changed: () => void;
  startedAt: string;
  version: string;
  log: Logger;
}

/** What the device runs without a deployment of its own. */
const hubModule = "$edgeHub";

/** edgeAgent: takes the deployment out of its desired properties and says how far it is. */
export class EdgeAgent {
  private deployment: AgentDeployment | undefined;
  private status: DeploymentStatus | undefined;
  private applying: Promise<void> = Promise.resolve();

  constructor(private readonly options: EdgeAgentOptions) {}

  /** Missing before any desired properties came. */
  get deploymentStatus(): DeploymentStatus | undefined {
    if (this.status?.code !== 200) return this.status;
    const faults = this.options.fleet.list().flatMap(({ module, fault, process: { state } }) => {
      const reason = fault ?? (state.state === "failed" ? state.reason : undefined);
      return reason === undefined ? [] : [`${module.moduleId}: ${reason}`];
    });
    return faults.length === 0 ? this.status : { ...this.status, code: 500, description: faults.join(" ") };
  }

  get current(): AgentDeployment | undefined {
    return this.deployment;
  }

  /**
   * Takes desired properties. Those that cannot be read change nothing; what runs goes on.
   *
   * @returns whether they were accepted
   */
  take(desired: JsonObject): boolean {
    const version = typeof desired.$version === "number" ? { version: desired.$version } : {};
    try {
      this.deployment = readEdgeAgentDesired(desired);
    } catch (error) {
      const { name, status, message } = error as ManifestFormatError;
      if (name !== "ManifestFormatError") throw error;
      this.options.log.error(`the deployment is refused: ${message}`);
      this.status = { code: status, description: message, ...version };
      this.options.changed();
      return false;
    }
    const { deployment } = this;
    this.applying = this.applying
      .then(() => this.apply(deployment))
      .then(() => {
        // A newer one may have come meanwhile.
        if (deployment !== this.deployment) return;
        this.status = { code: 200, description: "", ...version };
        this.options.changed();
      })
      .catch((error: unknown) => {
        this.status = { code: 500, description: (error as Error).message, ...version };
        this.options.changed();
      });
    return true;
  }

  /** `$edgeAgent`'s reported properties as they should be now; nothing before there is a deployment. */
  reported(): JsonObject | undefined {
    const { deployment, deploymentStatus } = this;
    if (deploymentStatus === undefined) return undefined;
    const { fleet, startedAt, version } = this.options;
    return agentReported({
      schemaVersion: deployment?.schemaVersion ?? "1.1",
      deployment: deploymentStatus,
      ...(deployment?.systemModules ?? {}),
      modules: statesOf(fleet.list()),
      startedAt,
      version,
    });
  }

  private async apply(deployment: AgentDeployment): Promise<void> {
    if (deployment !== this.deployment) return;
    const { identities, fleet, expect, log } = this.options;
    const ids = deployment.modules.map(({ moduleId }) => moduleId);
    log.info({ modules: ids }, "applies a deployment");
    // A module without an identity fails by itself, with this as its reason.
    const faults = await identities.reconcile([hubModule, ...ids]);
    for (const moduleId of ids) if (!faults.has(moduleId)) await expect(moduleId);
    await fleet.apply(deployment.modules);
  }
}
