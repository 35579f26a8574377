import {
  AlreadyExistsError,
  containsUnknown,
  diffProperties,
  isPropertyMap,
  isSecret,
  isUnknown,
  parsePath,
  unknown,
  valueAt,
  withoutSecrets,
} from "@edge-vision/iotedge/kit";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  Diff,
  DiffRequest,
  PreviewRequest,
  PropertyMap,
  PropertyPath,
  PropertyValue,
  ReadRequest,
  ReadResult,
  Resource,
  UpdateRequest,
  UpdateResult,
} from "@edge-vision/iotedge/kit";
import { checkArguments } from "./arguments";
import type { ArmType, Situation } from "./arm-type";
import { createBeforeDelete } from "./auto-name";
import type { ArmCloud } from "./cloud";
import { ArmError } from "./errors";
import { lastName, resourceGroupOf, sameId } from "./arm-id";
import { armId, parentId } from "./locate";
import { bodyOf, outputsOf } from "./outputs";
import { requireReferences } from "./references";

/** Serves an Azure resource type from the store, with the checks, diffs and names of azure-native. */
export class ArmResource implements Resource<PropertyMap, PropertyMap> {
  readonly token: string;

  constructor(
    private readonly type: ArmType,
    private readonly cloud: ArmCloud,
  ) {
    this.token = type.token;
  }

  check(request: CheckRequest): Promise<CheckResult> {
    return checkArguments(this.type, this.cloud, request);
  }

  diff({ oldInputs, news }: DiffRequest): Diff {
    const replaceOnChanges = [
      "resourceGroupName",
      ...this.type.path.flatMap(({ argument }) => argument ?? []),
      ...(typeof this.type.scope === "object" ? [this.type.scope.argument] : []),
      ...(this.type.located === true ? ["location"] : []),
      ...(this.type.replaceOnChanges ?? []),
    ];
    const changes = diffProperties(plain(oldInputs), plain(news), { replaceOnChanges, same: sameToAzure });
    return { changes, deleteBeforeReplace: oldInputs[createBeforeDelete] !== true };
  }

  async preview({ inputs, state }: PreviewRequest): Promise<PropertyMap> {
    if (state !== undefined && !containsUnknown(inputs)) {
      const plain = withoutSecrets(inputs) as PropertyMap;
      const found = await this.cloud.store.get(armId(this.type, plain));
      // All is known: the preview is what the update will give.
      if (found !== undefined) return outputsOf(this.type, this.cloud.situationOf({ ...found, inputs: plain }));
    }
    const outputs = withoutSecrets(bodyOf(this.type, inputs)) as PropertyMap;
    for (const text of ["azureApiVersion", "name", "type", ...this.type.computed]) {
      const path = parsePath(text);
      place(outputs, path, state === undefined ? unknown : valueAt(state, path));
    }
    return outputs;
  }

  async create({ inputs }: CreateRequest<PropertyMap>): Promise<CreateResult<PropertyMap>> {
    const id = armId(this.type, inputs);
    await this.requireParents(id, inputs);
    if ((await this.cloud.store.get(id)) !== undefined) {
      throw new AlreadyExistsError(
        `Cannot create already existing resource "${id}". Import it, or choose another name.`,
      );
    }
    if (this.type.globalName === true) await this.requireFreeName(id);
    const { store, stateFolder } = this.cloud;
    const bare = { id, name: lastName(id), inputs, store, stateFolder };
    const situation = { ...bare, facts: this.type.facts?.(bare) ?? {} };
    return { id, outputs: await this.write(situation) };
  }

  async read({ id }: ReadRequest<PropertyMap, PropertyMap>): Promise<ReadResult<PropertyMap, PropertyMap> | undefined> {
    const found = await this.cloud.store.get(id);
    if (found === undefined) return undefined;
    const situation = this.cloud.situationOf(found);
    return { id: found.id, inputs: found.inputs, outputs: outputsOf(this.type, situation) };
  }

  async update({ id, inputs }: UpdateRequest<PropertyMap, PropertyMap>): Promise<UpdateResult<PropertyMap>> {
    const found = await this.cloud.store.get(id);
    if (found === undefined) throw new ArmError("ResourceNotFound", `The resource "${id}" was not found.`);
    const situation = this.cloud.situationOf({ ...found, inputs });
    return { outputs: await this.write(situation, found.inputs) };
  }

  async delete({ id }: DeleteRequest<PropertyMap, PropertyMap>): Promise<void> {
    await this.cloud.removeBelow(id);
  }

  private async write(situation: Situation, before?: PropertyMap): Promise<PropertyMap> {
    await requireReferences(this.type, situation);
    await this.type.precondition?.(situation, before);
    const { id, inputs, facts } = situation;
    await this.cloud.store.put({ id, token: this.token, inputs, facts });
    await this.type.written?.(situation);
    return outputsOf(this.type, situation);
  }

  private async requireParents(id: string, inputs: PropertyMap): Promise<void> {
    const group = resourceGroupOf(id);
    if (this.type.scope === "resourceGroup" && group !== undefined && !(await this.cloud.hasGroup(group))) {
      throw new ArmError("ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    }
    const parent = parentId(this.type, inputs);
    if (parent !== undefined && (await this.cloud.store.get(parent)) === undefined) {
      throw new ArmError("ParentResourceNotFound", `The parent '${parent}' of '${id}' was not found.`);
    }
  }

  private async requireFreeName(id: string): Promise<void> {
    const name = lastName(id).toLowerCase();
    const taken = (await this.cloud.store.all()).find(
      (other) => other.token === this.token && lastName(other.id).toLowerCase() === name && !sameId(other.id, id),
    );
    if (taken === undefined) return;
    throw new ArmError(
      "NameNotAvailable",
      `The name '${lastName(id)}' of ${this.type.type} is taken: these names are unique in all of Azure.`,
    );
  }
}

function plain(inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !key.startsWith("__")));
}

/** Locations and ids that are written differently and mean the same. */
function sameToAzure(path: PropertyPath, old: PropertyValue, next: PropertyValue): boolean {
  if (typeof old !== "string" || typeof next !== "string") return false;
  if (path.at(-1) === "location") return normalLocation(old) === normalLocation(next);
  return old.startsWith("/subscriptions/") && sameId(old, next);
}

function normalLocation(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}

/** Sets what is not there yet; what the program gives stays. */
function place(root: PropertyMap, path: PropertyPath, value: PropertyValue | undefined): void {
  // A resource that asks for no identity has none.
  if (value === undefined || (path[0] === "identity" && root["identity"] === undefined)) return;
  let map = root;
  for (const step of path.slice(0, -1).map(String)) {
    const next = (map[step] ??= {});
    if (isUnknown(next) || isSecret(next) || !isPropertyMap(next)) return;
    map = next;
  }
  map[String(path.at(-1))] ??= value;
}
