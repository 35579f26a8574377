import { HubDirectory, type StoredHubRecord } from "./directory";
import { refuse } from "./errors";
import { Hub, type HubOptions } from "./hub";
import type { Journal } from "./store/journal";

/** Every hub that the directory names; each is loaded when it is first asked for. */
export class Hubs {
  readonly #directory: HubDirectory;
  readonly #open = new Map<string, Promise<Hub>>();

  constructor(
    hubStateFolder: string,
    private readonly journal: Journal,
    private readonly options: HubOptions,
  ) {
    this.#directory = new HubDirectory(hubStateFolder);
  }

  /** @throws HubError `IotHubNotFound` */
  async byHostName(hostName: string): Promise<Hub> {
    const record = this.#directory.byHostName(hostName);
    if (record === undefined) throw refuse.hubNotFound(hostName);
    return this.#load(record);
  }

  /** @throws HubError `IotHubNotFound` */
  async byEventHubPath(path: string): Promise<Hub> {
    const record = this.#directory.byEventHubPath(path);
    if (record === undefined) throw refuse.hubNotFound(`with the Event Hubs compatible name ${path}`);
    return this.#load(record);
  }

  /** Those that were asked for since the start. */
  opened(): Promise<Hub[]> {
    return Promise.all(this.#open.values());
  }

  /** Closes hubs that the directory no longer names, and removes their data. */
  async sweep(): Promise<void> {
    const present = new Set(this.#directory.all().map(({ id }) => id));
    for (const [id, hub] of this.#open) {
      if (present.has(id)) continue;
      this.#open.delete(id);
      (await hub).close();
    }
    for (const id of await this.journal.firstParts()) {
      if (!present.has(id)) await this.journal.clear(`${id}/`, `${id}/\uffff`);
    }
  }

  async close(): Promise<void> {
    for (const hub of await this.opened()) hub.close();
  }

  async #load(record: StoredHubRecord): Promise<Hub> {
    let opening = this.#open.get(record.id);
    if (opening === undefined) {
      opening = Hub.open(this.journal, record, this.options);
      this.#open.set(record.id, opening);
      opening.catch(() => this.#open.delete(record.id));
    }
    const hub = await opening;
    hub.record = record;
    return hub;
  }
}
