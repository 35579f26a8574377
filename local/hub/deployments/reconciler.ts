import type { Logger } from "pino";
import { HubError } from "../errors";
import type { Hub } from "../hub";
import type { ConfigurationRecord } from "../store/model";
import { applyTwins } from "./apply";
import { readContent, type ConfigurationContent, type TwinContent } from "./content";
import { difference } from "../twins/patch";
import { effective, isLayered } from "./targets";

/**
 * Lays configurations at scale over the devices that they target: after each change of a configuration over all devices,
 * after a change of a device or its twin over that one. A device that no configuration targets any longer keeps what
 * it has, as in the service.
 */
export class Reconciler {
  /** Devices to look at; `undefined` stands for all. */
  readonly #due = new Set<string | undefined>();
  #working: Promise<void> | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly logger: Logger,
  ) {
    hub.state.on("targets", (deviceId) => {
      this.schedule(deviceId);
    });
    this.schedule();
  }

  schedule(deviceId?: string): void {
    if (this.hub.state.configurations.size === 0) return;
    this.#due.add(deviceId);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing is due. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // What changes in the same turn is looked at once.
    await Promise.resolve();
    while (this.#due.size > 0) {
      const devices = this.#due.has(undefined) ? [...this.hub.state.devices.keys()] : [...this.#due];
      this.#due.clear();
      for (const deviceId of devices) {
        if (deviceId !== undefined && this.hub.state.devices.has(deviceId)) await this.#reconcile(deviceId);
      }
    }
    this.#working = undefined;
  }

  async #reconcile(deviceId: string): Promise<void> {
    const configurations = effective(this.hub, deviceId);
    if (configurations.length === 0) return;
    try {
      await applyTwins(this.hub, deviceId, combine(configurations), (twin, desired) =>
        Object.keys(difference(twin.desired.values, desired)).length === 0
          ? undefined
          : this.hub.twins.replaceDesired(twin, desired),
      );
    } catch (error) {
      const ids = configurations.map(({ id }) => id);
      const reason = error instanceof HubError ? error.message : undefined;
      this.logger.warn(
        { deviceId, configurations: ids, reason, err: reason === undefined ? error : undefined },
        "a configuration could not be applied",
      );
    }
  }
}

/** One content of several, lowest first: what a later one says of the same path stands. */
export function combine(configurations: readonly ConfigurationRecord[]): ConfigurationContent {
  const modules = new Map<string, TwinContent>();
  const device: TwinContent = { parts: [] };
  for (const configuration of configurations) {
    const content = readContent(configuration.content);
    for (const [moduleId, { parts }] of content.modules) {
      const before = modules.get(moduleId)?.parts ?? [];
      // A layer adds to what stands below it; only a base starts anew.
      const isWhole = !isLayered(configuration) || before.length === 0;
      modules.set(moduleId, { parts: isWhole ? parts : [...before, ...parts] });
    }
    device.parts.push(...(content.device?.parts ?? []));
  }
  return { modules, ...(device.parts.length === 0 ? {} : { device }) };
}
