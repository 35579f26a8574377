import { refuse } from "../errors";
import { checkEtag, nextTwinEtag } from "../identities/ids";
import type { HubState } from "../store/hub-state";
import { keyOf, type JsonObject, type TwinRecord } from "../store/model";
import { checkSize, checkValues } from "./limits";
import { isObject, mergeValues, patchSection, replaceSection } from "./patch";

interface Identity {
  deviceId: string;
  moduleId?: string;
}

/** A twin that is about to be stored, and what its client must be told. */
export interface TwinChange {
  twin: TwinRecord;
  desiredPatch?: JsonObject;
}

/** Reads and changes twins, with the service's limits and versions. */
export class Twins {
  constructor(
    private readonly state: HubState,
    private readonly now: () => Date = () => new Date(),
  ) {}

  get(identity: Identity): TwinRecord {
    const twin = this.state.twin(identity);
    if (twin !== undefined) return twin;
    if (identity.moduleId === undefined || !this.state.devices.has(identity.deviceId)) {
      throw refuse.deviceNotFound(identity.deviceId);
    }
    throw refuse.moduleNotFound(identity.deviceId, identity.moduleId);
  }

  /** The service's PATCH: tags and desired properties. */
  async patch(identity: Identity, body: unknown, ifMatch: string | undefined): Promise<TwinRecord> {
    const twin = this.get(identity);
    checkEtag(ifMatch, twin.etag, `The twin of ${keyOf(identity)}`);
    const { tags, desired } = readBody(body);
    let next = twin;
    if (tags !== undefined) next = withTags(next, mergeValues(twin.tags, tags));
    if (desired !== undefined) next = this.#withPatchedDesired(next, desired);
    return this.store([{ twin: this.#touched(next), ...(desired === undefined ? {} : { desiredPatch: desired }) }]);
  }

  /** The service's PUT: tags and desired properties are replaced as a whole. */
  async replace(identity: Identity, body: unknown, ifMatch: string | undefined): Promise<TwinRecord> {
    const twin = this.get(identity);
    checkEtag(ifMatch, twin.etag, `The twin of ${keyOf(identity)}`);
    const { tags, desired } = readBody(body);
    let next = twin;
    if (tags !== undefined) next = withTags(next, mergeValues({}, tags));
    if (desired === undefined) return this.store([{ twin: this.#touched(next) }]);
    return this.store([this.replaceDesired(next, desired)]);
  }

  /** A client's own patch of its reported properties. */
  async report(identity: Identity, patch: unknown): Promise<TwinRecord> {
    const twin = this.get(identity);
    checkValues(patch, "properties.reported");
    const reported = patchSection(twin.reported, patch, this.now().toISOString());
    checkSize("reported", reported.values);
    const next = { ...twin, reported, version: twin.version + 1 };
    await this.state.save({ kind: "twin", record: next });
    if (identity.moduleId === undefined) this.state.emit("targets", identity.deviceId);
    return next;
  }

  /** What new desired properties make of a twin; nothing is stored yet. `values` may hold no nulls. */
  replaceDesired(twin: TwinRecord, values: JsonObject): TwinChange {
    checkValues(values, "properties.desired");
    const { section, patch } = replaceSection(twin.desired, values, this.now().toISOString());
    checkSize("desired", section.values);
    return { twin: this.#touched({ ...twin, desired: section }), desiredPatch: patch };
  }

  /** Stores changes together and tells connected clients. Answers the first. */
  async store(changes: readonly [TwinChange, ...TwinChange[]]): Promise<TwinRecord> {
    await this.state.save(...changes.map(({ twin }) => ({ kind: "twin" as const, record: twin })));
    this.announce(changes);
    return changes[0].twin;
  }

  /** Tells connected clients of stored changes. */
  announce(changes: readonly TwinChange[]): void {
    for (const { twin, desiredPatch } of changes) {
      if (twin.moduleId === undefined) this.state.emit("targets", twin.deviceId);
      if (desiredPatch !== undefined) this.state.emit("desired", twin, desiredPatch);
    }
  }

  #withPatchedDesired(twin: TwinRecord, patch: JsonObject): TwinRecord {
    const desired = patchSection(twin.desired, patch, this.now().toISOString());
    checkSize("desired", desired.values);
    return { ...twin, desired };
  }

  #touched(twin: TwinRecord): TwinRecord {
    return { ...twin, version: twin.version + 1, etag: nextTwinEtag(twin.etag) };
  }
}

function withTags(twin: TwinRecord, tags: JsonObject): TwinRecord {
  checkSize("tags", tags);
  return { ...twin, tags };
}

/** Tags and desired properties of a request; what a client read and sends back (`$metadata`, `$version`) is ignored. */
function readBody(body: unknown): { tags?: JsonObject; desired?: JsonObject } {
  if (!isObject(body)) throw refuse.argument("The body must be a JSON object.");
  const read: { tags?: JsonObject; desired?: JsonObject } = {};
  if (body.tags !== undefined && body.tags !== null) {
    checkValues(body.tags, "tags");
    read.tags = body.tags;
  }
  const properties = isObject(body.properties) ? body.properties : {};
  if (properties.desired !== undefined && properties.desired !== null) {
    const desired = isObject(properties.desired) ? withoutReadOnly(properties.desired) : properties.desired;
    checkValues(desired, "properties.desired");
    read.desired = desired;
  }
  return read;
}

function withoutReadOnly(section: JsonObject): JsonObject {
  const { $metadata, $version, ...values } = section;
  return values;
}
