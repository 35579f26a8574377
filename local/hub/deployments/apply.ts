import { refuse } from "../errors";
import type { Registry } from "../identities/registry";
import type { HubState } from "../store/hub-state";
import type { JsonObject, TwinRecord } from "../store/model";
import type { TwinChange, Twins } from "../twins/twins";
import { layOver, namedModules, readContent, type ConfigurationContent } from "./content";

export interface Target {
  state: HubState;
  registry: Registry;
  twins: Twins;
}

/**
 * Applies a configuration's content to one device: creates the modules that it names and lays the content over the
 * twins. Everything is checked first and stored together; each twin's version grows, changed or not, as the service
 * does it.
 *
 * @throws HubError
 */
export async function applyContent(target: Target, deviceId: string, value: unknown): Promise<void> {
  const device = target.registry.device(deviceId);
  const content = readContent(value);
  if (content.modules.size > 0 && !device.capabilities.iotEdge) {
    throw refuse.argument(`The device ${deviceId} is not an IoT Edge device, so it cannot have modulesContent.`);
  }
  await applyTwins(target, deviceId, content, (twin, desired) => target.twins.replaceDesired(twin, desired));
}

/** The part that a deployment at scale shares: `change` decides what becomes of each twin. */
export async function applyTwins(
  { state, registry, twins }: Target,
  deviceId: string,
  content: ConfigurationContent,
  change: (twin: TwinRecord, desired: JsonObject) => TwinChange | undefined,
): Promise<void> {
  const agent = content.modules.get("$edgeAgent");
  const agentTwin = state.twin({ deviceId, moduleId: "$edgeAgent" });
  const agentDesired = agent === undefined ? undefined : layOver(agentTwin?.desired.values ?? {}, agent);
  const created = registry.modulesToCreate(deviceId, namedModules(content, agentDesired));
  const newTwins = new Map(
    created.flatMap((saved) => (saved.kind === "twin" ? [[saved.record.moduleId ?? "", saved.record] as const] : [])),
  );

  const changes: TwinChange[] = [];
  const consider = (twin: TwinRecord, desired: JsonObject): void => {
    const changed = change(twin, desired);
    if (changed !== undefined) changes.push(changed);
  };
  for (const [moduleId, twinContent] of content.modules) {
    const twin = newTwins.get(moduleId) ?? twins.get({ deviceId, moduleId });
    consider(twin, layOver(twin.desired.values, twinContent));
  }
  if (content.device !== undefined) {
    const twin = twins.get({ deviceId });
    consider(twin, layOver(twin.desired.values, content.device));
  }
  if (created.length === 0 && changes.length === 0) return;
  await state.save(...created, ...changes.map(({ twin }) => ({ kind: "twin" as const, record: twin })));
  twins.announce(changes);
}
