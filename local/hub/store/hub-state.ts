import { EventEmitter } from "node:events";
import type { Change, Journal } from "./journal";
import type { ConfigurationRecord, DeviceRecord, JsonObject, ModuleRecord, TwinRecord } from "./model";
import { keyOf } from "./model";

/** What changed, for those who hold connections. */
export interface HubStateEvents {
  /** Desired properties changed; `patch` is what brings a client that knew the former ones up to date. */
  desired: [twin: TwinRecord, patch: JsonObject];
  /** An identity was removed or may no longer connect with what it used. */
  revoked: [identity: { deviceId: string; moduleId?: string }];
  /** What configurations at scale target may be different for this device, or, without one, for all. */
  targets: [deviceId?: string];
}

interface Records {
  device: DeviceRecord;
  module: ModuleRecord;
  twin: TwinRecord;
  configuration: ConfigurationRecord;
}

const kinds = ["device", "module", "twin", "configuration"] as const;

/**
 * Everything a hub knows but its events: in memory, each change written through. A change is visible to others at once
 * and confirmed to its caller when it is durable.
 */
export class HubState extends EventEmitter<HubStateEvents> {
  readonly devices = new Map<string, DeviceRecord>();
  readonly configurations = new Map<string, ConfigurationRecord>();
  readonly #modules = new Map<string, Map<string, ModuleRecord>>();
  readonly #twins = new Map<string, TwinRecord>();
  readonly #journal: Journal;
  readonly #prefix: string;

  private constructor(journal: Journal, hubId: string) {
    super();
    this.setMaxListeners(0);
    this.#journal = journal;
    this.#prefix = hubId;
  }

  static async load(journal: Journal, hubId: string): Promise<HubState> {
    const state = new HubState(journal, hubId);
    for (const kind of kinds) {
      for await (const [, value] of journal.entries(`${hubId}/${kind}/`)) {
        state.#remember(kind, JSON.parse(value.toString()) as never);
      }
    }
    return state;
  }

  module(deviceId: string, moduleId: string): ModuleRecord | undefined {
    return this.#modules.get(deviceId)?.get(moduleId);
  }

  modulesOf(deviceId: string): ModuleRecord[] {
    return [...(this.#modules.get(deviceId)?.values() ?? [])];
  }

  twin(identity: { deviceId: string; moduleId?: string }): TwinRecord | undefined {
    return this.#twins.get(keyOf(identity));
  }

  *moduleTwins(): Generator<TwinRecord> {
    for (const twin of this.#twins.values()) if (twin.moduleId !== undefined) yield twin;
  }

  /** Stores records, all together. */
  async save(...records: { [K in keyof Records]: { kind: K; record: Records[K] } }[keyof Records][]): Promise<void> {
    const changes = records.map(({ kind, record }): Change => {
      this.#remember(kind, record);
      return { key: this.#keyOf(kind, record), value: Buffer.from(JSON.stringify(record)) };
    });
    await this.#journal.write(changes);
  }

  async removeDevice(deviceId: string): Promise<void> {
    const changes: Change[] = [this.#removal("device", deviceId), this.#removal("twin", deviceId)];
    for (const { moduleId } of this.modulesOf(deviceId)) {
      changes.push(...this.#forgetModule(deviceId, moduleId));
    }
    this.devices.delete(deviceId);
    this.#modules.delete(deviceId);
    this.#twins.delete(deviceId);
    this.emit("revoked", { deviceId });
    await this.#journal.write(changes);
  }

  async removeModule(deviceId: string, moduleId: string): Promise<void> {
    await this.#journal.write(this.#forgetModule(deviceId, moduleId));
  }

  async removeConfiguration(id: string): Promise<void> {
    this.configurations.delete(id);
    await this.#journal.write([this.#removal("configuration", id)]);
  }

  #forgetModule(deviceId: string, moduleId: string): Change[] {
    const key = keyOf({ deviceId, moduleId });
    this.#modules.get(deviceId)?.delete(moduleId);
    this.#twins.delete(key);
    this.emit("revoked", { deviceId, moduleId });
    return [this.#removal("module", key), this.#removal("twin", key)];
  }

  #remember<K extends keyof Records>(kind: K, record: Records[K]): void {
    if (kind === "device") {
      const device = record as DeviceRecord;
      this.devices.set(device.deviceId, device);
    } else if (kind === "module") {
      const module = record as ModuleRecord;
      let modules = this.#modules.get(module.deviceId);
      if (modules === undefined) this.#modules.set(module.deviceId, (modules = new Map<string, ModuleRecord>()));
      modules.set(module.moduleId, module);
    } else if (kind === "twin") {
      this.#twins.set(keyOf(record as TwinRecord), record as TwinRecord);
    } else {
      const configuration = record as ConfigurationRecord;
      this.configurations.set(configuration.id, configuration);
    }
  }

  #keyOf(kind: keyof Records, record: Records[keyof Records]): string {
    const key = kind === "configuration" ? (record as ConfigurationRecord).id : keyOf(record as DeviceRecord);
    return `${this.#prefix}/${kind}/${key}`;
  }

  #removal(kind: keyof Records, key: string): Change {
    return { key: `${this.#prefix}/${kind}/${key}`, value: undefined };
  }
}
