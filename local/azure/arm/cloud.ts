import { scopeId } from "./arm-id";
import { type ArmType, type Situation, situationOf } from "./arm-type";
import type { ResourceStore, StoredResource } from "./resource-store";

/** What the resource types share: the store, the other types, the provider's settings. */
export class ArmCloud {
  /** Set by the provider's configuration: `azure-native:location`. */
  defaultLocation: string | undefined;
  private readonly types: ReadonlyMap<string, ArmType>;

  constructor(
    readonly stateFolder: string,
    readonly store: ResourceStore,
    types: readonly ArmType[],
  ) {
    this.types = new Map(types.map((type) => [type.token, type]));
  }

  typeOf(token: string): ArmType | undefined {
    return this.types.get(token);
  }

  /** What the hooks of a stored resource's type get. */
  situationOf(resource: StoredResource): Situation {
    return situationOf(resource, this.store, this.stateFolder);
  }

  async hasGroup(name: string): Promise<boolean> {
    return (await this.store.get(scopeId(name))) !== undefined;
  }

  async locationOfGroup(name: string): Promise<string | undefined> {
    const location = (await this.store.get(scopeId(name)))?.inputs["location"];
    return typeof location === "string" ? location : undefined;
  }

  /** Removes a resource with everything below it, the deepest first. */
  async removeBelow(id: string): Promise<void> {
    const found = await this.store.below(id);
    for (const resource of found.sort((a, b) => b.id.length - a.id.length)) {
      await this.store.remove(resource.id);
      await this.typeOf(resource.token)?.removed?.(this.situationOf(resource));
    }
  }
}
