import { type Diff, diffProperties } from "./diff";
import { ProviderError, UnknownTokenError } from "./errors";
import { type PropertyMap, type PropertyValue, unknown, withoutSecrets, withSecretsOf } from "./property-value";
import type { Provider } from "./provider";
import type { AnyResource, Call, CheckRequest, CheckResult, DiffRequest, PreviewRequest } from "./resource";

/** A call whose properties still carry their marks. */
type MarkedCall<Key extends string> = Call & Record<Key, PropertyMap>;

/** Life of a resource with the kit's defaults: plain values go in, marks of secrets come back. */
export class Operations {
  constructor(private readonly provider: Provider) {}

  async check(request: CheckRequest): Promise<CheckResult> {
    const resource = this.resourceOf(request);
    return (await resource.check?.(request)) ?? { inputs: request.news, failures: [] };
  }

  async diff(request: DiffRequest): Promise<Diff> {
    const resource = this.resourceOf(request);
    const diff =
      resource.diff === undefined
        ? {
            changes: diffProperties(request.oldInputs, request.news, {
              replaceOnChanges: resource.replaceOnChanges ?? [],
            }),
            deleteBeforeReplace: resource.deleteBeforeReplace ?? false,
          }
        : await resource.diff(request);
    // What can't be updated has to be replaced.
    if (resource.update === undefined) for (const change of diff.changes) change.replace = true;
    return diff;
  }

  async preview(request: PreviewRequest): Promise<PropertyMap> {
    const resource = this.resourceOf(request);
    if (resource.preview !== undefined) return withMarks(await resource.preview(request), request.inputs);
    const { state, inputs } = request;
    const outputs: PropertyMap = { ...inputs };
    for (const name of resource.computed ?? []) {
      const changes = resource.volatile?.includes(name) === true;
      outputs[name] = changes ? unknown : (state?.[name] ?? unknown);
    }
    return outputs;
  }

  async create(request: MarkedCall<"inputs">): Promise<{ id: string; outputs: PropertyMap }> {
    const resource = this.resourceOf(request);
    const { id, outputs } = await resource.create({ ...request, inputs: withoutSecrets(request.inputs) });
    return { id, outputs: withMarks(outputs, request.inputs) };
  }

  async update(request: MarkedCall<"inputs" | "oldInputs" | "state"> & { id: string }): Promise<PropertyMap> {
    const resource = this.resourceOf(request);
    if (resource.update === undefined) {
      throw new ProviderError("NOT_UPDATABLE", `${request.token} can't be updated in place, only replaced.`);
    }
    const { outputs } = await resource.update({
      ...request,
      inputs: withoutSecrets(request.inputs),
      oldInputs: withoutSecrets(request.oldInputs),
      state: withoutSecrets(request.state),
    });
    return withMarks(outputs, request.inputs);
  }

  async read(
    request: Call & { id: string; inputs: PropertyMap | undefined; state: PropertyMap | undefined },
  ): Promise<{ id: string; inputs: PropertyMap; outputs: PropertyMap } | undefined> {
    const plain = (value: PropertyMap | undefined): PropertyValue | undefined =>
      // An import has neither inputs nor state; the engine sends them empty.
      value === undefined || Object.keys(value).length === 0 ? undefined : withoutSecrets(value);
    const found = await this.resourceOf(request).read({
      ...request,
      inputs: plain(request.inputs),
      state: plain(request.state),
    });
    if (found === undefined) return undefined;
    return {
      id: found.id,
      inputs: withMarks(found.inputs, request.inputs),
      outputs: withMarks(found.outputs, { ...request.state, ...request.inputs }),
    };
  }

  async delete(request: MarkedCall<"inputs" | "state"> & { id: string }): Promise<void> {
    await this.resourceOf(request).delete({
      ...request,
      inputs: withoutSecrets(request.inputs),
      state: withoutSecrets(request.state),
    });
  }

  private resourceOf({ token }: Call): AnyResource {
    const resource = this.provider.resource(token);
    if (resource !== undefined) return resource;
    throw new UnknownTokenError("resource type", this.provider.name, token, this.provider.unknownTokenHint);
  }
}

function withMarks(outputs: object, marks: PropertyMap | undefined): PropertyMap {
  return withSecretsOf(outputs as PropertyMap, marks) as PropertyMap;
}
