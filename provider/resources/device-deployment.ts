import { isDeepStrictEqual } from "node:util";
import {
  AlreadyExistsError,
  type Call,
  Checker,
  type CheckRequest,
  type CheckResult,
  type CreateRequest,
  type CreateResult,
  type DeleteRequest,
  NotFoundError,
  type PreviewRequest,
  type PropertyMap,
  type ReadRequest,
  type ReadResult,
  type Resource,
  type UpdateRequest,
  type UpdateResult,
} from "../kit";
import { checkDeviceId } from "./checks";
import type { HubClient } from "./hub-client";
import {
  agentModules,
  checkModulesContent,
  emptied,
  markCredentials,
  type ModulesContent,
  moduleIds,
  previewModuleIds,
} from "./modules-content";
import { withoutMetadata } from "./twin-patch";

export interface DeviceDeploymentInputs {
  deviceId: string;
  modulesContent: ModulesContent;
}

export interface DeviceDeploymentOutputs extends DeviceDeploymentInputs {
  moduleIds: string[];
}

/**
 * What runs on one device. The hub keeps no deployment of its own for it: applying content writes the desired
 * properties of the modules' twins, and these are what is compared, refreshed and imported.
 */
export class DeviceDeploymentResource implements Resource<DeviceDeploymentInputs, DeviceDeploymentOutputs> {
  readonly token = "iotedge:index:DeviceDeployment";
  readonly replaceOnChanges = ["deviceId"];
  // The same device may come back under another resource: what ran there has to go before.
  readonly deleteBeforeReplace = true;

  constructor(private readonly hub: () => HubClient) {}

  check({ news }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    checker.onlyKnown(["deviceId", "modulesContent"]);
    checkDeviceId(checker, ["deviceId"]);
    checkModulesContent(checker, ["modulesContent"], { layers: false });
    const modulesContent = markCredentials(news["modulesContent"] ?? {});
    return { inputs: { ...news, modulesContent }, failures: checker.failures };
  }

  preview({ inputs }: PreviewRequest): PropertyMap {
    return { ...inputs, moduleIds: previewModuleIds(inputs["modulesContent"]) };
  }

  async create(call: CreateRequest<DeviceDeploymentInputs>): Promise<CreateResult<DeviceDeploymentOutputs>> {
    const { deviceId, modulesContent } = call.inputs;
    await this.refuseForeign(call, call.inputs);
    await this.hub().applyContent(call, deviceId, { modulesContent });
    return { id: deviceId, outputs: outputsOf(call.inputs) };
  }

  async read(
    call: ReadRequest<DeviceDeploymentInputs, DeviceDeploymentOutputs>,
  ): Promise<ReadResult<DeviceDeploymentInputs, DeviceDeploymentOutputs> | undefined> {
    const modulesContent = await this.present(call, call.id, call.inputs?.modulesContent);
    // A device that nothing was deployed to has an empty edgeAgent twin.
    if (modulesContent?.["$edgeAgent"] === undefined || agentModules(modulesContent) === undefined) return undefined;
    const inputs = { deviceId: call.id, modulesContent };
    const marked = markCredentials(modulesContent);
    return {
      id: call.id,
      inputs: { ...inputs, modulesContent: marked as never },
      outputs: { ...outputsOf(inputs), modulesContent: marked as never },
    };
  }

  async update(
    call: UpdateRequest<DeviceDeploymentInputs, DeviceDeploymentOutputs>,
  ): Promise<UpdateResult<DeviceDeploymentOutputs>> {
    const { deviceId, modulesContent } = call.inputs;
    // Content names the twins it writes. A module that stays but lost its settings gets empty ones.
    const kept = new Set(moduleIds(modulesContent));
    const dropped = Object.keys(call.oldInputs.modulesContent).filter(
      (id) => modulesContent[id] === undefined && kept.has(id),
    );
    const cleared = Object.fromEntries(dropped.map((id) => [id, { "properties.desired": {} }]));
    await this.hub().applyContent(call, deviceId, { modulesContent: { ...modulesContent, ...cleared } });
    return { outputs: outputsOf(call.inputs) };
  }

  /**
   * Leaves the device with its runtime and nothing to run: edgeAgent stops the modules and removes their identities,
   * and the device can be deployed to again.
   */
  async delete(call: DeleteRequest<DeviceDeploymentInputs, DeviceDeploymentOutputs>): Promise<void> {
    const { deviceId, modulesContent } = call.state;
    const hub = this.hub();
    if ((await hub.getDevice(call, deviceId)) === undefined) return;
    await hub.applyContent(call, deviceId, { modulesContent: emptied(modulesContent) });
  }

  /** Content as the module twins have it: of the modules that are known, or of all on an import. */
  private async present(
    call: Call,
    deviceId: string,
    known: ModulesContent | undefined,
  ): Promise<ModulesContent | undefined> {
    const hub = this.hub();
    const ids = known === undefined ? await this.allModules(call, deviceId) : Object.keys(known);
    const twins = await Promise.all(ids.map((id) => hub.getModuleTwin(call, deviceId, id)));
    const content: ModulesContent = {};
    for (const [index, id] of ids.entries()) {
      const twin = twins[index];
      if (twin === undefined) continue;
      const desired = withoutMetadata(twin.properties.desired);
      if (known !== undefined || Object.keys(desired).length > 0) content[id] = { "properties.desired": desired };
    }
    return content;
  }

  private async allModules(call: Call, deviceId: string): Promise<string[]> {
    const modules = await this.hub().getModules(call, deviceId);
    return (modules ?? []).map(({ moduleId }) => moduleId);
  }

  /** Modules that somebody else deployed are not overwritten, unless they are what the program wants. */
  private async refuseForeign(call: Call, { deviceId, modulesContent }: DeviceDeploymentInputs): Promise<void> {
    const hub = this.hub();
    const agent = await hub.getModuleTwin(call, deviceId, "$edgeAgent");
    if (agent === undefined) {
      const device = await hub.getDevice(call, deviceId);
      throw new NotFoundError(
        device === undefined
          ? `The device "${deviceId}" does not exist in IoT Hub ${hub.hostName}: create it first, for instance as a DeviceIdentity.`
          : `The device "${deviceId}" is not edge-enabled: only IoT Edge devices run modules.`,
      );
    }
    const desired = withoutMetadata(agent.properties.desired);
    const present = Object.keys(agentModules({ $edgeAgent: { "properties.desired": desired } }) ?? {});
    if (present.length === 0) return;
    if (isDeepStrictEqual(desired, modulesContent["$edgeAgent"]?.["properties.desired"])) return;
    throw new AlreadyExistsError(
      `Modules are deployed to the device "${deviceId}" already (${present.join(", ")}), and differ from what the ` +
        `program describes. Take them over with: pulumi import ${this.token} ${call.name} '${deviceId}'`,
    );
  }
}

function outputsOf(inputs: DeviceDeploymentInputs): DeviceDeploymentOutputs {
  return { ...inputs, moduleIds: moduleIds(inputs.modulesContent) };
}
