import type { Agent } from "node:https";
import type { ProvisioningServiceClient } from "azure-iot-provisioning-service";
import type { Call } from "../kit";
import { ServiceCalls } from "./service-calls";
import { connect, type Connection } from "./transport";

/** A group as the service's REST API has it. */
export type ProvisioningGroup = Parameters<ProvisioningServiceClient["createOrUpdateEnrollmentGroup"]>[0];

/** Keys of a group, which only a call of its own tells. */
export interface GroupKeys {
  primaryKey: string;
  secondaryKey: string;
}

/** The only door to `azure-iot-provisioning-service`. */
export class ProvisioningClient {
  readonly hostName: string;
  private readonly calls: ServiceCalls;
  private opened: ProvisioningServiceClient | undefined;
  private agent: Agent | undefined;

  constructor(private readonly connection: Connection) {
    this.hostName = connection.hostName;
    this.calls = new ServiceCalls(`Device Provisioning Service ${connection.hostName}`);
  }

  async getGroup(call: Call, id: string): Promise<ProvisioningGroup | undefined> {
    const answer = await this.calls.find(call, `read the enrollment group "${id}"`, () =>
      this.service.getEnrollmentGroup(id),
    );
    return answer?.responseBody;
  }

  /** Creates the group, or updates it when it carries an etag. */
  async putGroup(call: Call, group: ProvisioningGroup): Promise<ProvisioningGroup> {
    const answer = await this.calls.run(call, `write the enrollment group "${group.enrollmentGroupId}"`, () =>
      this.service.createOrUpdateEnrollmentGroup(group),
    );
    return answer.responseBody;
  }

  async getKeys(call: Call, id: string): Promise<GroupKeys> {
    const answer = await this.calls.run(call, `read the keys of the enrollment group "${id}"`, () =>
      this.service.getEnrollmentGroupAttestationMechanism(id),
    );
    const { primaryKey = "", secondaryKey = "" } = answer.responseBody.symmetricKey ?? {};
    return { primaryKey, secondaryKey };
  }

  async deleteGroup(call: Call, id: string): Promise<void> {
    await this.calls.find(call, `delete the enrollment group "${id}"`, () => this.service.deleteEnrollmentGroup(id));
  }

  close(): void {
    this.agent?.destroy();
  }

  private get service(): ProvisioningServiceClient {
    return (this.opened ??= this.open());
  }

  private open(): ProvisioningServiceClient {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and a run without changes needs none of it
    const sdk = require("azure-iot-provisioning-service") as typeof import("azure-iot-provisioning-service");
    const { config, client, agent } = connect(this.connection, "https://azure-devices-provisioning.net/.default");
    this.agent = agent;
    // The SDK brings its own copy of the client's class, so the two differ to the compiler and nowhere else.
    return new sdk.ProvisioningServiceClient(config as never, client as never);
  }
}
