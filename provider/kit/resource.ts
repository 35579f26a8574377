import type { CheckFailure } from "./check";
import type { Diff } from "./diff";
import type { PropertyMap, Secret } from "./property-value";

/** What every call carries. */
export interface Call {
  urn: string;
  /** The resource's logical name. */
  name: string;
  token: string;
  /** Aborted when the engine cancels, the call is dropped or the resource's custom timeout is over. */
  signal: AbortSignal;
  /** A line for the user, shown at this resource. */
  log: (severity: "debug" | "info" | "warning", message: string) => void;
}

export interface CheckRequest extends Call {
  /** Inputs of the last deployment with their marks; undefined for a new resource. */
  olds: PropertyMap | undefined;
  /** Inputs of the program with their marks. */
  news: PropertyMap;
  /** Seed for names with a random part: the same for the same deployment. */
  randomSeed: Buffer;
  /** The user's own naming rule, if the stack has one. */
  autonaming: { mode: "propose" | "enforce" | "disable"; proposedName: string } | undefined;
}

export interface CheckResult {
  /** Inputs with defaults filled in. */
  inputs: PropertyMap;
  failures: CheckFailure[];
}

export interface DiffRequest extends Call {
  id: string;
  /** Inputs of the last deployment (after a refresh: as the world has them), with marks. */
  oldInputs: PropertyMap;
  /** State of the last deployment, with marks. */
  state: PropertyMap;
  news: PropertyMap;
}

export interface PreviewRequest extends Call {
  /** Inputs with marks and unknowns. */
  inputs: PropertyMap;
  /** The present state for an update; undefined for a create. */
  state: PropertyMap | undefined;
}

export interface CreateRequest<Inputs> extends Call {
  /** Inputs without marks. */
  inputs: Inputs;
}

export interface UpdateRequest<Inputs, Outputs> extends Call {
  id: string;
  inputs: Inputs;
  oldInputs: Inputs;
  state: Outputs;
}

export interface DeleteRequest<Inputs, Outputs> extends Call {
  id: string;
  inputs: Inputs;
  state: Outputs;
}

export interface ReadRequest<Inputs, Outputs> extends Call {
  id: string;
  /** Undefined on import: then only the id is known. */
  inputs: Inputs | undefined;
  state: Outputs | undefined;
}

/** Outputs, of which any may be marked with `secret()`. */
export type Marked<Outputs> = { [Key in keyof Outputs]: Outputs[Key] | Secret };

export interface CreateResult<Outputs> {
  id: string;
  outputs: Marked<Outputs>;
}

export interface UpdateResult<Outputs> {
  outputs: Marked<Outputs>;
}

export interface ReadResult<Inputs, Outputs> {
  id: string;
  /** As the world has them, so that drift is a difference to the program. */
  inputs: Marked<Inputs>;
  outputs: Marked<Outputs>;
}

/**
 * One resource type. Inputs that were secret are marked again in the outputs by the kit, so a resource marks only
 * what it makes itself.
 */
export interface Resource<Inputs extends object, Outputs extends object> {
  /** Type token, `iotedge:index:DeviceIdentity`. */
  readonly token: string;
  /** Outputs that are not inputs; a preview shows them as unknown until they exist. */
  readonly computed?: readonly (keyof Outputs & string)[];
  /** Those of `computed` that an update may change; the others stay known in its preview. */
  readonly volatile?: readonly (keyof Outputs & string)[];
  /** For the default diff: paths whose change replaces the resource. */
  readonly replaceOnChanges?: readonly string[];
  /** For the default diff: a replacement deletes first. */
  readonly deleteBeforeReplace?: boolean;

  /** Reports every fault with its path and fills defaults. Without it inputs pass as they are. */
  check?(request: CheckRequest): CheckResult | Promise<CheckResult>;
  /** Without it inputs are compared property by property. */
  diff?(request: DiffRequest): Diff | Promise<Diff>;
  /** Outputs of a create or update that is only previewed; without it inputs, known and unknown computed outputs. */
  preview?(request: PreviewRequest): PropertyMap | Promise<PropertyMap>;
  create(request: CreateRequest<Inputs>): Promise<CreateResult<Outputs>>;
  /** Undefined when it is gone. */
  read(request: ReadRequest<Inputs, Outputs>): Promise<ReadResult<Inputs, Outputs> | undefined>;
  /** Without it every change must replace. */
  update?(request: UpdateRequest<Inputs, Outputs>): Promise<UpdateResult<Outputs>>;
  /** Succeeds when it is already gone. */
  delete(request: DeleteRequest<Inputs, Outputs>): Promise<void>;
}

/** A resource of which the kit knows only that it is one. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a table of resources is over all inputs and outputs
export type AnyResource = Resource<any, any>;
