import type { Logger } from "pino";
import { Connections } from "./connections";
import { Reconciler } from "./deployments/reconciler";
import type { StoredHubRecord } from "./directory";
import { Registry } from "./identities/registry";
import { DailyQuota } from "./limits/quota";
import { Throttle } from "./limits/throttle";
import { DirectMethods } from "./methods";
import { EventLog } from "./store/events";
import { HubState } from "./store/hub-state";
import type { Journal } from "./store/journal";
import { Twins } from "./twins/twins";

export interface HubOptions {
  logger: Logger;
  /** Refuse what is above the SKU's daily quota and rates. */
  enforceLimits: boolean;
}

/** One IoT Hub: its state, its events and who is connected. */
export class Hub {
  readonly connections = new Connections();
  readonly methods = new DirectMethods(this.connections);
  readonly registry: Registry;
  readonly twins: Twins;
  readonly reconciler: Reconciler;

  readonly throttle: Throttle | undefined;

  private constructor(
    private readonly current: { record: StoredHubRecord },
    readonly state: HubState,
    readonly events: EventLog,
    readonly quota: DailyQuota,
    { logger, enforceLimits }: HubOptions,
  ) {
    this.registry = new Registry(state);
    this.twins = new Twins(state);
    this.throttle = enforceLimits ? new Throttle(() => this.record.sku) : undefined;
    this.reconciler = new Reconciler(this, logger);
    state.on("revoked", (identity) => {
      this.connections.close(identity);
    });
  }

  static async open(journal: Journal, record: StoredHubRecord, options: HubOptions): Promise<Hub> {
    const current = { record };
    const [state, events, quota] = await Promise.all([
      HubState.load(journal, record.id),
      EventLog.open(journal, record.id, record.partitionCount),
      DailyQuota.open(journal, record.id, () => current.record.sku, {
        enforce: options.enforceLimits,
        logger: options.logger,
      }),
    ]);
    return new Hub(current, state, events, quota, options);
  }

  /** What the directory says now; replaced when the file changes. */
  get record(): StoredHubRecord {
    return this.current.record;
  }

  set record(record: StoredHubRecord) {
    this.current.record = record;
  }

  close(): void {
    this.methods.close();
    this.connections.closeAll();
  }
}
