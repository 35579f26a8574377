import type { HubEvent } from "./hub/events";
import type { ModuleState } from "./hub/modules";

/** One thing that the page is told. */
export type FeedItem =
  | { type: "message"; message: HubEvent }
  | { type: "modules"; modules: (ModuleState & { rate: number })[] }
  | { type: "connection"; connected: boolean; reason?: string };

type Listener = (item: FeedItem) => void;

const window_ms = 10_000;

/** What happened lately, and who wants to hear of it: the page's only state. */
export class Feed {
  private readonly listeners = new Set<Listener>();
  private readonly recent: HubEvent[] = [];
  private readonly arrivals = new Map<string, number[]>();
  private modules: ModuleState[] = [];
  private connection: FeedItem = { type: "connection", connected: false, reason: "connecting to the hub" };

  /** @param keep how many messages a page that opens late is shown */
  constructor(
    private readonly keep = 50,
    private readonly now: () => number = Date.now,
  ) {}

  message(message: HubEvent): void {
    this.recent.push(message);
    if (this.recent.length > this.keep) this.recent.shift();
    const key = keyOf(message.deviceId, message.moduleId);
    this.arrivals.set(key, [...this.lately(key), this.now()]);
    this.tell({ type: "message", message });
  }

  setModules(modules: ModuleState[]): void {
    this.modules = modules;
    this.tell(this.modulesItem());
  }

  setConnection(connected: boolean, reason?: string): void {
    this.connection = { type: "connection", connected, ...(reason !== undefined && { reason }) };
    this.tell(this.connection);
  }

  /** Tells a new listener all that is known, then everything that happens until the returned function is called. */
  listen(listener: Listener): () => void {
    listener(this.connection);
    listener(this.modulesItem());
    for (const message of this.recent) listener({ type: "message", message });
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private modulesItem(): FeedItem {
    return {
      type: "modules",
      modules: this.modules.map((module) => ({ ...module, rate: this.rate(module.deviceId, module.moduleId) })),
    };
  }

  /** Messages a second over the last ten seconds. */
  private rate(deviceId: string, moduleId: string): number {
    return (this.lately(keyOf(deviceId, moduleId)).length * 1_000) / window_ms;
  }

  private lately(key: string): number[] {
    const from = this.now() - window_ms;
    return (this.arrivals.get(key) ?? []).filter((at) => at > from);
  }

  private tell(item: FeedItem): void {
    for (const listener of this.listeners) listener(item);
  }
}

function keyOf(deviceId: string, moduleId: string | undefined): string {
  return `${deviceId}/${moduleId ?? ""}`;
}
