import type { Logger } from "pino";
import { Connections } from "./connections";
import { Reconciler } from "./deployments/reconciler";
import type { StoredHubRecord } from "./directory";
import { Registry } from "./identities/registry";
import { DirectMethods } from "./methods";
import { EventLog } from "./store/events";
import { HubState } from "./store/hub-state";
import type { Journal } from "./store/journal";
import { Twins } from "./twins/twins";

/** One IoT Hub: its state, its events and who is connected. */
export class Hub {
  readonly connections = new Connections();
  readonly methods = new DirectMethods(this.connections);
  readonly registry: Registry;
  readonly twins: Twins;
  readonly reconciler: Reconciler;

  private constructor(
    /** What the directory says now; replaced when the file changes. */
    public record: StoredHubRecord,
    readonly state: HubState,
    readonly events: EventLog,
    logger: Logger,
  ) {
    this.registry = new Registry(state);
    this.twins = new Twins(state);
    this.reconciler = new Reconciler(this, logger);
    state.on("revoked", (identity) => {
      this.connections.close(identity);
    });
  }

  static async open(journal: Journal, record: StoredHubRecord, logger: Logger): Promise<Hub> {
    const [state, events] = await Promise.all([
      HubState.load(journal, record.id),
      EventLog.open(journal, record.id, record.partitionCount),
    ]);
    return new Hub(record, state, events, logger);
  }

  close(): void {
    this.methods.close();
    this.connections.closeAll();
  }
}
