import { refuse } from "../errors";
import type { HubState } from "../store/hub-state";
import type { DeviceRecord, JsonObject, ModuleRecord, TwinRecord } from "../store/model";
import { emptySection, isObject } from "../twins/patch";
import { readAuthentication } from "./authentication";
import { checkEtag, checkId, newEtag, newGenerationId, nextTwinEtag } from "./ids";

const maximumModules = 50;
const systemModules = ["$edgeAgent", "$edgeHub"] as const;

type Saved = Parameters<HubState["save"]>[number];

/** Creates, updates and removes identities, with the rules of the service. */
export class Registry {
  constructor(
    private readonly state: HubState,
    private readonly now: () => Date = () => new Date(),
  ) {}

  device(deviceId: string): DeviceRecord {
    const device = this.state.devices.get(deviceId);
    if (device === undefined) throw refuse.deviceNotFound(deviceId);
    return device;
  }

  module(deviceId: string, moduleId: string): ModuleRecord {
    const module = this.state.module(this.device(deviceId).deviceId, moduleId);
    if (module === undefined) throw refuse.moduleNotFound(deviceId, moduleId);
    return module;
  }

  /** Without `ifMatch` it creates, with one it updates. */
  async putDevice(deviceId: string, body: unknown, ifMatch: string | undefined): Promise<DeviceRecord> {
    checkId(deviceId, "device id");
    const given = readBody(body, { deviceId });
    const before = this.state.devices.get(deviceId);
    if (before !== undefined && ifMatch === undefined) throw refuse.deviceExists(deviceId);
    if (before === undefined && ifMatch !== undefined) throw refuse.deviceNotFound(deviceId);
    if (before !== undefined) checkEtag(ifMatch, before.etag, `The device ${deviceId}`);

    const device = this.#makeDevice(deviceId, given, before);
    const saved: Saved[] = [{ kind: "device", record: device }];
    if (before === undefined) saved.push({ kind: "twin", record: this.#newTwin({ deviceId }) });
    if (device.capabilities.iotEdge) {
      for (const moduleId of systemModules) {
        if (this.state.module(deviceId, moduleId) === undefined) saved.push(...this.#newModule(deviceId, moduleId, {}));
      }
    }
    const stored = this.state.save(...saved);
    if (before !== undefined && mayNotStay(before, device)) this.state.emit("revoked", { deviceId });
    await stored;
    this.state.emit("targets", deviceId);
    return device;
  }

  #makeDevice(deviceId: string, given: JsonObject, before: DeviceRecord | undefined): DeviceRecord {
    const status = given.status ?? before?.status ?? "enabled";
    if (status !== "enabled" && status !== "disabled") {
      throw refuse.argument(`status ${JSON.stringify(status)} is not one of enabled, disabled.`);
    }
    const capabilities = isObject(given.capabilities) ? given.capabilities : undefined;
    const iotEdge =
      capabilities === undefined ? (before?.capabilities.iotEdge ?? false) : capabilities.iotEdge === true;
    const generationId = before?.generationId ?? newGenerationId();
    const parentScopes = Array.isArray(given.parentScopes)
      ? given.parentScopes.filter((scope) => typeof scope === "string")
      : (before?.parentScopes ?? []);
    const givenScope =
      typeof given.deviceScope === "string" && given.deviceScope !== "" ? given.deviceScope : undefined;
    const deviceScope = iotEdge ? `ms-azure-iot-edge://${deviceId}-${generationId}` : (givenScope ?? parentScopes[0]);
    return {
      deviceId,
      generationId,
      etag: newEtag(),
      status,
      statusReason: typeof given.statusReason === "string" ? given.statusReason : null,
      statusUpdatedTime: before?.status === status ? before.statusUpdatedTime : this.now().toISOString(),
      authentication: readAuthentication(given.authentication, before?.authentication),
      capabilities: { iotEdge },
      ...(deviceScope === undefined ? {} : { deviceScope }),
      parentScopes,
    };
  }

  async removeDevice(deviceId: string, ifMatch: string | undefined): Promise<void> {
    checkEtag(ifMatch, this.device(deviceId).etag, `The device ${deviceId}`);
    await this.state.removeDevice(deviceId);
  }

  /** Without `ifMatch` it creates, with one it updates. */
  async putModule(
    deviceId: string,
    moduleId: string,
    body: unknown,
    ifMatch: string | undefined,
  ): Promise<{ module: ModuleRecord; created: boolean }> {
    checkId(moduleId, "module id");
    this.device(deviceId);
    const given = readBody(body, { deviceId, moduleId });
    const before = this.state.module(deviceId, moduleId);
    if (before === undefined) {
      if (ifMatch !== undefined) throw refuse.moduleNotFound(deviceId, moduleId);
      const saved = this.#newModule(deviceId, moduleId, given);
      await this.state.save(...saved);
      return { module: this.module(deviceId, moduleId), created: true };
    }
    if (ifMatch === undefined) throw refuse.moduleExists(deviceId, moduleId);
    checkEtag(ifMatch, before.etag, `The module ${moduleId} of the device ${deviceId}`);
    const module: ModuleRecord = {
      ...before,
      etag: newEtag(),
      managedBy: typeof given.managedBy === "string" ? given.managedBy : before.managedBy,
      authentication: readAuthentication(given.authentication, before.authentication),
    };
    const stored = this.state.save({ kind: "module", record: module });
    if (JSON.stringify(before.authentication) !== JSON.stringify(module.authentication)) {
      this.state.emit("revoked", { deviceId, moduleId });
    }
    await stored;
    return { module, created: false };
  }

  async removeModule(deviceId: string, moduleId: string, ifMatch: string | undefined): Promise<void> {
    const module = this.module(deviceId, moduleId);
    checkEtag(ifMatch, module.etag, `The module ${moduleId} of the device ${deviceId}`);
    await this.state.removeModule(deviceId, moduleId);
  }

  /** The records of modules that a deployment names and that are not there yet; for `HubState.save`. */
  modulesToCreate(deviceId: string, moduleIds: Iterable<string>): Saved[] {
    const missing = [...moduleIds].filter((moduleId) => this.state.module(deviceId, moduleId) === undefined);
    if (this.state.modulesOf(deviceId).length + missing.length > maximumModules) throw tooManyModules(deviceId);
    return missing.flatMap((moduleId) => {
      checkId(moduleId, "module id");
      const managedBy = moduleId.startsWith("$") ? undefined : "iotEdge";
      return this.#newModule(deviceId, moduleId, managedBy === undefined ? {} : { managedBy });
    });
  }

  #newModule(deviceId: string, moduleId: string, given: JsonObject): Saved[] {
    if (this.state.modulesOf(deviceId).length >= maximumModules) throw tooManyModules(deviceId);
    const module: ModuleRecord = {
      deviceId,
      moduleId,
      generationId: newGenerationId(),
      etag: newEtag(),
      managedBy: typeof given.managedBy === "string" ? given.managedBy : null,
      authentication: readAuthentication(given.authentication, undefined),
    };
    return [
      { kind: "module", record: module },
      { kind: "twin", record: this.#newTwin({ deviceId, moduleId }) },
    ];
  }

  #newTwin(identity: { deviceId: string; moduleId?: string }): TwinRecord {
    const now = this.now().toISOString();
    return {
      ...identity,
      tags: {},
      desired: emptySection(now),
      reported: emptySection(now),
      version: 2,
      etag: nextTwinEtag(undefined),
    };
  }
}

function tooManyModules(deviceId: string): Error {
  return refuse.tooManyModules(`The device ${deviceId} has ${maximumModules} modules, which is the limit.`);
}

function mayNotStay(before: DeviceRecord, after: DeviceRecord): boolean {
  return after.status === "disabled" || JSON.stringify(before.authentication) !== JSON.stringify(after.authentication);
}

function readBody(body: unknown, ids: Record<string, string>): JsonObject {
  if (!isObject(body)) throw refuse.argument("The body must be a JSON object.");
  for (const [name, value] of Object.entries(ids)) {
    if (body[name] !== undefined && body[name] !== value) {
      throw refuse.argument(`${name} in the body is ${JSON.stringify(body[name])}, in the address it is ${value}.`);
    }
  }
  return body;
}
