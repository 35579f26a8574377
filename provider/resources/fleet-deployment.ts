import { isDeepStrictEqual } from "node:util";
import type { Configuration } from "azure-iothub";
import {
  AlreadyExistsError,
  type Call,
  Checker,
  type CheckRequest,
  type CheckResult,
  containsUnknown,
  type CreateRequest,
  type CreateResult,
  type DeleteRequest,
  NotFoundError,
  type PreviewRequest,
  type PropertyMap,
  type ReadRequest,
  type ReadResult,
  type Resource,
  unknown,
  type UpdateRequest,
  type UpdateResult,
  withoutSecrets,
} from "../kit";
import { checkTexts } from "./checks";
import { contentHash, deploymentIdOf, deploymentNameOf } from "./deployment-id";
import type { HubClient } from "./hub-client";
import { checkModulesContent, isLayered, markCredentials, type ModulesContent } from "./modules-content";
import { ServiceError } from "./service-errors";

/** Inputs after `check`: every default filled in. */
export interface FleetDeploymentInputs {
  deploymentName: string;
  modulesContent: ModulesContent;
  targetCondition: string;
  priority: number;
  labels?: Record<string, string>;
  metrics?: Record<string, string>;
}

export interface FleetDeploymentOutputs extends FleetDeploymentInputs {
  deploymentId: string;
  layered: boolean;
}

// Labels of our own: whose deployment it is, and the priority it gets when its predecessor is gone.
const ownerLabel = "pulumi-urn";
const priorityLabel = "pulumi-priority";
const maxPriority = 2 ** 31 - 1;

/**
 * A deployment at scale. The hub never changes the content of one, so new content is a new deployment: it comes with
 * a priority above its predecessor's, takes over every device, and settles on its own priority when the predecessor
 * is deleted.
 */
export class FleetDeploymentResource implements Resource<FleetDeploymentInputs, FleetDeploymentOutputs> {
  readonly token = "iotedge:index:FleetDeployment";
  readonly replaceOnChanges = ["deploymentName", "modulesContent"];

  constructor(private readonly hub: () => HubClient) {}

  check({ news, name }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    checker.onlyKnown(["deploymentName", "modulesContent", "targetCondition", "priority", "labels", "metrics"]);
    const deploymentName = checker.read(["deploymentName"], "string");
    if (deploymentName !== undefined && !/^[a-z0-9\-:+%_#*?!(),=@;$']{1,100}$/.test(deploymentName)) {
      const allowed = "1 to 100 lower-case letters, digits and - : + % _ # * ? ! ( ) , = @ ; $ ' are allowed";
      checker.fail(["deploymentName"], `"${deploymentName}" is not a deployment's name: ${allowed}.`);
    }
    checkModulesContent(checker, ["modulesContent"], { layers: true });
    const what = "which devices it is for, such as tags.site = 'berlin', or * for all";
    const condition = checker.read(["targetCondition"], "string", { required: true, what });
    if (condition?.trim() === "") checker.fail(["targetCondition"], `is empty; say ${what}.`);
    const priority = checker.read(["priority"], "number");
    if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= maxPriority)) {
      checker.fail(["priority"], `is ${priority}; a priority is a whole number from 0 to ${maxPriority}.`);
    }
    for (const label of checkTexts(checker, ["labels"])) {
      if (label === ownerLabel || label === priorityLabel)
        checker.fail(["labels", label], "is reserved by the provider.");
    }
    checkTexts(checker, ["metrics"]);
    return {
      inputs: {
        ...news,
        deploymentName: news["deploymentName"] ?? defaultName(name),
        modulesContent: markCredentials(news["modulesContent"] ?? {}),
        priority: news["priority"] ?? 0,
      },
      failures: checker.failures,
    };
  }

  preview({ inputs, state }: PreviewRequest): PropertyMap {
    const plain = withoutSecrets(inputs) as PropertyMap;
    const content = plain["modulesContent"] ?? unknown;
    if (containsUnknown(content) || containsUnknown(plain["deploymentName"])) {
      return { ...inputs, deploymentId: unknown, layered: unknown };
    }
    const { deploymentName, modulesContent } = plain as never as FleetDeploymentInputs;
    // An update keeps the id, which an imported deployment may have got elsewhere.
    const deploymentId = state?.["deploymentId"] ?? deploymentIdOf(deploymentName, modulesContent);
    return { ...inputs, deploymentId, layered: isLayered(modulesContent) };
  }

  async create(call: CreateRequest<FleetDeploymentInputs>): Promise<CreateResult<FleetDeploymentOutputs>> {
    const { inputs } = call;
    const hub = this.hub();
    const id = deploymentIdOf(inputs.deploymentName, inputs.modulesContent);
    const above = await this.predecessorPriority(call, id);
    const configuration = configurationOf(id, inputs, call.urn);
    if (above !== undefined && above >= inputs.priority && above < maxPriority) {
      configuration.priority = above + 1;
      configuration.labels = { ...configuration.labels, [priorityLabel]: String(inputs.priority) };
    }
    try {
      await hub.createConfiguration(call, configuration);
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 409)) throw error;
      await this.adopt(call, id, inputs);
    }
    return { id, outputs: outputsOf(id, inputs) };
  }

  async read(
    call: ReadRequest<FleetDeploymentInputs, FleetDeploymentOutputs>,
  ): Promise<ReadResult<FleetDeploymentInputs, FleetDeploymentOutputs> | undefined> {
    const configuration = await this.hub().getConfiguration(call, call.id);
    if (configuration?.content?.modulesContent === undefined) return undefined;
    const inputs = inputsOf(configuration, call.inputs);
    const modulesContent = markCredentials(inputs.modulesContent) as never;
    return {
      id: call.id,
      inputs: { ...inputs, modulesContent },
      outputs: { ...outputsOf(call.id, inputs), modulesContent },
    };
  }

  async update(
    call: UpdateRequest<FleetDeploymentInputs, FleetDeploymentOutputs>,
  ): Promise<UpdateResult<FleetDeploymentOutputs>> {
    const hub = this.hub();
    const present = await hub.getConfiguration(call, call.id);
    if (present === undefined) {
      throw new NotFoundError(`The deployment "${call.id}" is gone from IoT Hub ${hub.hostName}: run pulumi refresh.`);
    }
    const wanted = configurationOf(call.id, call.inputs, call.urn);
    // The content goes back as the hub has it: it refuses any change of it.
    await hub.updateConfiguration(call, { ...wanted, content: present.content ?? {} });
    return { outputs: outputsOf(call.id, call.inputs) };
  }

  async delete(call: DeleteRequest<FleetDeploymentInputs, FleetDeploymentOutputs>): Promise<void> {
    const hub = this.hub();
    await hub.deleteConfiguration(call, call.id);
    // What came in its place no longer needs to stand above it.
    for (const successor of await this.owned(call)) {
      const { [priorityLabel]: settled, ...labels } = successor.labels ?? {};
      if (settled === undefined || successor.id === call.id) continue;
      await hub.updateConfiguration(call, { ...successor, labels, priority: Number(settled) });
    }
  }

  /** Deployments in the hub that belong to this resource: itself, and during a replacement the other one. */
  private async owned(call: Call): Promise<Configuration[]> {
    const all = await this.hub().getConfigurations(call);
    return all.filter(({ labels }) => labels?.[ownerLabel] === call.urn);
  }

  private async predecessorPriority(call: Call, id: string): Promise<number | undefined> {
    const others = (await this.owned(call)).filter((other) => other.id !== id).map(({ priority = 0 }) => priority);
    return others.length === 0 ? undefined : Math.max(...others);
  }

  /** A create that was cut off leaves what this one would make; anything else belongs to somebody. */
  private async adopt(call: Call, id: string, inputs: FleetDeploymentInputs): Promise<void> {
    const present = await this.hub().getConfiguration(call, id);
    const ours = present?.labels?.[ownerLabel] === call.urn;
    if (present !== undefined && ours) {
      const found = inputsOf(present, inputs);
      const isSame = isDeepStrictEqual({ ...found, priority: inputs.priority }, withoutEmpty(inputs));
      if (isSame) return;
    }
    throw new AlreadyExistsError(
      `The deployment "${id}" exists in IoT Hub ${this.hub().hostName} and was not made by this resource. ` +
        `Take it over with: pulumi import ${this.token} ${call.name} '${id}'`,
    );
  }
}

function defaultName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9\-_]+/g, "-");
}

function configurationOf(id: string, inputs: FleetDeploymentInputs, urn: string): Configuration {
  const { modulesContent, targetCondition, priority, labels, metrics = {} } = inputs;
  return {
    id,
    schemaVersion: "1.0",
    content: { modulesContent },
    targetCondition,
    priority,
    labels: { ...labels, [ownerLabel]: urn },
    metrics: { queries: metrics },
  };
}

/** What a program would have to say to get this deployment. */
function inputsOf(configuration: Configuration, known: FleetDeploymentInputs | undefined): FleetDeploymentInputs {
  const { id, content, targetCondition = "", priority = 0, labels = {}, metrics } = configuration;
  const modulesContent = (content?.modulesContent ?? {}) as ModulesContent;
  const { [ownerLabel]: _owner, [priorityLabel]: _settled, ...own } = labels;
  return withoutEmpty({
    deploymentName: known?.deploymentName ?? deploymentNameOf(id, contentHash(modulesContent)),
    modulesContent,
    targetCondition,
    priority,
    labels: own,
    metrics: metrics?.queries ?? {},
  });
}

/** No labels and empty labels are the same. */
function withoutEmpty({ labels, metrics, ...inputs }: FleetDeploymentInputs): FleetDeploymentInputs {
  const isFilled = (texts: Record<string, string> | undefined): boolean => Object.keys(texts ?? {}).length > 0;
  return {
    ...inputs,
    ...(labels !== undefined && isFilled(labels) ? { labels } : {}),
    ...(metrics !== undefined && isFilled(metrics) ? { metrics } : {}),
  };
}

function outputsOf(deploymentId: string, inputs: FleetDeploymentInputs): FleetDeploymentOutputs {
  return { ...inputs, deploymentId, layered: isLayered(inputs.modulesContent) };
}
