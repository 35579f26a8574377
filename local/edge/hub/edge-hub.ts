import type { Logger } from "pino";
import { parseSas, verifySas } from "../../protocol/sas";
import type { HubEndpoint } from "../hub-endpoint";
import type { IdentityService } from "../identity/identity-service";
import { Broker } from "./broker";
import { MessageStore } from "./message-store";
import type { EdgeMessage } from "./message";
import { ModuleGateway } from "./module-gateway";
import { inputLane, routeMessage, type Routing } from "./router";

export interface EdgeHubOptions {
  hubHostName: string;
  deviceId: string;
  endpoint?: HubEndpoint;
  identities: IdentityService;
  certificate: { cert: string; key: string };
  /** The loopback port modules connect to. */
  port: number;
  /** Folders of messages and twins. */
  messages: string;
  twins: string;
  /** Called when counts changed. */
  counted: () => void;
  /** Called when a module connected or disconnected. */
  clientsChanged: () => void;
  log: Logger;
}

/** Whether a module is connected, and since when. */
export interface ClientStatus {
  connected: boolean;
  since: string;
}

const cleanupIntervalMs = 60_000;

/** Routes, stores and forwards what modules send; stands between them and the hub. */
export class EdgeHub {
  private routing: Routing = { routes: [], timeToLiveSecs: 7200 };
  private readonly configured: Promise<void>;
  private markConfigured: () => void = () => undefined;
  private readonly gateways = new Map<string, Promise<ModuleGateway>>();
  private readonly connections = new Map<string, ClientStatus>();
  private deliveredCount = 0;
  private broker!: Broker;
  private readonly cleanup: NodeJS.Timeout;

  private constructor(
    private readonly options: EdgeHubOptions,
    private readonly store: MessageStore,
  ) {
    this.configured = new Promise((resolve) => {
      this.markConfigured = resolve;
    });
    this.cleanup = setInterval(() => void this.removeExpired(), cleanupIntervalMs);
  }

  static async start(options: EdgeHubOptions): Promise<EdgeHub> {
    const store = await MessageStore.open(options.messages);
    const hub = new EdgeHub(options, store);
    hub.broker = await hub.listen();
    // What an earlier run left is sent without waiting for its module.
    for (const lane of store.lanes()) {
      const [kind, moduleId] = lane.split("/");
      if (kind === "upstream" && moduleId !== undefined) void hub.gateway(moduleId);
    }
    return hub;
  }

  get queued(): number {
    return this.store.queued;
  }

  get delivered(): number {
    return this.deliveredCount;
  }

  /** The modules that are or were connected. */
  get clients(): ReadonlyMap<string, ClientStatus> {
    return this.connections;
  }

  /** @param maximumBytes bytes of messages that may wait; the store's own limit when not given */
  configure(routing: Routing, maximumBytes?: number): void {
    this.routing = routing;
    this.store.limit(maximumBytes);
    this.markConfigured();
  }

  /** A module is in the deployment: its connection to the hub is made before it asks. */
  async expect(moduleId: string): Promise<void> {
    await this.gateway(moduleId);
  }

  /** A new process of the module is about to start. */
  async forget(moduleId: string): Promise<void> {
    await this.broker.forgetSession(moduleId);
    (await this.gateway(moduleId)).forget();
  }

  /** A module has left the deployment. */
  async remove(moduleId: string): Promise<void> {
    const gateway = this.gateways.get(moduleId);
    this.gateways.delete(moduleId);
    this.connections.delete(moduleId);
    await this.broker.forgetSession(moduleId);
    await (await gateway)?.close();
  }

  async close(): Promise<void> {
    clearInterval(this.cleanup);
    await this.broker.close();
    for (const gateway of await Promise.all(this.gateways.values())) await gateway.close();
    await this.store.close();
  }

  private listen(): Promise<Broker> {
    const { deviceId, hubHostName, certificate, log, port } = this.options;
    const withGateway = (moduleId: string, use: (gateway: ModuleGateway) => void): void => {
      this.gateway(moduleId).then(use, (error: unknown) => {
        log.error({ module: moduleId }, (error as Error).message);
      });
    };
    return Broker.listen(port, {
      deviceId,
      hubHostName,
      certificate,
      log,
      handlers: {
        authenticate: (moduleId, token) => this.authenticate(moduleId, token),
        onMessage: (message) => this.take(message),
        onTwinGet: (moduleId, requestId) => {
          withGateway(moduleId, (gateway) => {
            gateway.onTwinGet(requestId);
          });
        },
        onTwinPatch: (moduleId, requestId, payload) => {
          withGateway(moduleId, (gateway) => {
            gateway.onTwinPatch(requestId, payload);
          });
        },
        onMethodResponse: (moduleId, requestId, status, payload) => {
          withGateway(moduleId, (gateway) => {
            gateway.methods.onAnswer(requestId, status, payload);
          });
        },
        onSubscribed: (moduleId) => {
          withGateway(moduleId, (gateway) => {
            gateway.onSubscribed();
          });
        },
        onConnected: (moduleId) => {
          log.info({ module: moduleId }, "connected to edgeHub");
          this.note(moduleId, true);
          withGateway(moduleId, (gateway) => {
            gateway.onSubscribed();
          });
        },
        onDisconnected: (moduleId) => {
          log.info({ module: moduleId }, "disconnected from edgeHub");
          this.note(moduleId, false);
          withGateway(moduleId, (gateway) => {
            gateway.onDisconnected();
          });
        },
      },
    });
  }

  private note(moduleId: string, connected: boolean): void {
    this.connections.set(moduleId, { connected, since: new Date().toISOString() });
    this.options.clientsChanged();
  }

  private async authenticate(moduleId: string, token: string): Promise<number> {
    const { hubHostName, deviceId, identities } = this.options;
    const sas = parseSas(token);
    const { primaryKey, secondaryKey } = await identities.get(moduleId);
    verifySas(sas, {
      keys: [primaryKey, ...(secondaryKey === undefined ? [] : [secondaryKey])],
      resource: `${hubHostName}/devices/${deviceId}/modules/${moduleId}`,
    });
    return sas.expiry;
  }

  /** Resolves when the message is where it survives a crash. */
  private async take(message: EdgeMessage): Promise<void> {
    // At the very first start a module may be ahead of the routes.
    await this.configured;
    const deliveries = routeMessage(this.routing, message, this.options.deviceId);
    await this.store.add(message, deliveries);
    this.options.counted();
    const receivers = deliveries.map(({ lane }) => lane.slice(lane.indexOf("/") + 1));
    for (const moduleId of new Set(receivers)) {
      // A sibling that is not deployed keeps its messages until it is, or until they expire.
      if (this.gateways.has(moduleId) || !deliveries.some(({ lane }) => lane === inputLane(moduleId))) {
        (await this.gateway(moduleId)).onStored();
      }
    }
  }

  private gateway(moduleId: string): Promise<ModuleGateway> {
    let gateway = this.gateways.get(moduleId);
    if (gateway === undefined) {
      const { hubHostName, deviceId, endpoint, identities, twins, log } = this.options;
      gateway = ModuleGateway.open(moduleId, {
        hubHostName,
        deviceId,
        ...(endpoint === undefined ? {} : { endpoint }),
        identities,
        twins,
        log,
        store: this.store,
        broker: this.broker,
        delivered: () => {
          this.deliveredCount += 1;
          this.options.counted();
        },
      });
      this.gateways.set(moduleId, gateway);
    }
    return gateway;
  }

  private async removeExpired(): Promise<void> {
    const gateways = await Promise.all(this.gateways.values());
    const removed = await this.store.removeExpired(Date.now(), (key) => gateways.some((one) => one.isOnTheWay(key)));
    if (removed === 0) return;
    this.options.log.warn(`${removed} messages were past their time to live and are dropped`);
    this.options.counted();
  }
}
