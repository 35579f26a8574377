import type { Logger } from "pino";
import { readJson, writeJson } from "../files";
import { HubCallError, type HubModule, type HubRegistry } from "./hub-registry";

/** Who a module is, with the keys that prove it. */
export interface ModuleIdentity {
  moduleId: string;
  generationId: string;
  primaryKey: string;
  secondaryKey?: string;
}

/** A module has no identity, and the hub cannot be asked for one. `code` is `IDENTITY_UNKNOWN`. */
export class IdentityUnknownError extends Error {
  override readonly name = "IdentityUnknownError";
  readonly code = "IDENTITY_UNKNOWN";
}

const ownedBy = "IotEdge";
/** An identity is asked for again only after this time, however often it is refused. */
const freshMs = 2000;

/** Module identities out of the hub, made where there is none, and kept so that modules can start without the hub. */
export class IdentityService {
  private readonly pending = new Map<string, Promise<ModuleIdentity>>();
  private readonly asked = new Map<string, number>();

  private constructor(
    private readonly registry: HubRegistry,
    private readonly file: string,
    private readonly known: Map<string, ModuleIdentity>,
    private readonly log: Logger,
  ) {}

  static async open(registry: HubRegistry, file: string, log: Logger): Promise<IdentityService> {
    const list = ((await readJson(file)) ?? []) as ModuleIdentity[];
    return new IdentityService(registry, file, new Map(list.map((identity) => [identity.moduleId, identity])), log);
  }

  /**
   * A module's identity: the known one, or with `fresh` (and where none is known) the hub's.
   *
   * @throws IdentityUnknownError
   */
  async get(moduleId: string, { fresh = false } = {}): Promise<ModuleIdentity> {
    const known = this.known.get(moduleId);
    const recently = Date.now() - (this.asked.get(moduleId) ?? 0) < freshMs;
    if (known !== undefined && (!fresh || recently)) return known;
    try {
      return await this.ask(moduleId, false);
    } catch (error) {
      if (known !== undefined) return known;
      throw error;
    }
  }

  /**
   * Brings the hub's identities to what the deployment has: makes what is missing, reads what changed, removes what
   * edgeAgent made and no longer needs. Without the hub, what is known stays in use.
   *
   * @returns the faults by module: those that have no identity
   */
  async reconcile(moduleIds: readonly string[]): Promise<Map<string, Error>> {
    const faults = new Map<string, Error>();
    for (const moduleId of moduleIds) {
      try {
        await this.ask(moduleId, true);
      } catch (error) {
        const known = this.known.has(moduleId);
        this.log.warn({ module: moduleId }, `its identity could not be read: ${(error as Error).message}`);
        if (!known)
          faults.set(moduleId, new IdentityUnknownError(`It has no identity yet: ${(error as Error).message}`));
      }
    }
    await this.removeOthers(new Set(moduleIds));
    return faults;
  }

  private async removeOthers(wanted: ReadonlySet<string>): Promise<void> {
    try {
      for (const { moduleId, managedBy } of await this.registry.list()) {
        if (managedBy?.toLowerCase() !== ownedBy.toLowerCase() || moduleId.startsWith("$") || wanted.has(moduleId))
          continue;
        await this.registry.remove(moduleId);
        this.known.delete(moduleId);
        this.log.info({ module: moduleId }, "its identity was removed");
      }
      await this.save();
    } catch (error) {
      this.log.warn(`identities that are no longer needed could not be removed: ${(error as Error).message}`);
    }
  }

  /** Several callers share one question. */
  private ask(moduleId: string, create: boolean): Promise<ModuleIdentity> {
    const key = `${moduleId}/${String(create)}`;
    let answer = this.pending.get(key);
    if (answer === undefined) {
      answer = this.fetch(moduleId, create).finally(() => this.pending.delete(key));
      this.pending.set(key, answer);
    }
    return answer;
  }

  private async fetch(moduleId: string, create: boolean): Promise<ModuleIdentity> {
    this.asked.set(moduleId, Date.now());
    let found = await this.registry.find(moduleId);
    if (found === undefined && create) found = await this.createOnce(moduleId);
    if (found === undefined) throw new IdentityUnknownError(`The hub has no module ${moduleId} on this device.`);
    const identity = toIdentity(found);
    if (JSON.stringify(identity) !== JSON.stringify(this.known.get(moduleId))) {
      this.known.set(moduleId, identity);
      await this.save();
    }
    return identity;
  }

  private async createOnce(moduleId: string): Promise<HubModule | undefined> {
    try {
      return await this.registry.create(moduleId);
    } catch (error) {
      // Someone else was faster.
      if ((error as HubCallError).status === 409) return this.registry.find(moduleId);
      throw error;
    }
  }

  private async save(): Promise<void> {
    await writeJson(this.file, [...this.known.values()], 0o600);
  }
}

function toIdentity({ moduleId, generationId, authentication }: HubModule): ModuleIdentity {
  const { primaryKey, secondaryKey } = authentication.symmetricKey ?? {};
  if (primaryKey === undefined || primaryKey === "") {
    throw new IdentityUnknownError(
      `The module ${moduleId} has no symmetric key; modules on a device need SAS authentication.`,
    );
  }
  return { moduleId, generationId, primaryKey, ...(secondaryKey === undefined ? {} : { secondaryKey }) };
}
