import path from "node:path";
import type { Logger } from "pino";
import { inputTopic } from "../../protocol/topics";
import type { HubEndpoint } from "../hub-endpoint";
import type { IdentityService } from "../identity/identity-service";
import type { Broker } from "./broker";
import { Lane } from "./lane";
import type { MessageStore } from "./message-store";
import { MethodProxy } from "./method-proxy";
import { inputLane, upstreamLane } from "./router";
import { TwinProxy } from "./twin-proxy";
import { UpstreamConnection } from "./upstream";

export interface GatewayOptions {
  hubHostName: string;
  deviceId: string;
  endpoint?: HubEndpoint;
  identities: IdentityService;
  store: MessageStore;
  broker: Broker;
  twins: string;
  delivered: () => void;
  log: Logger;
}

/** Messages that may be on their way to the hub at once. */
const upstreamWindow = 32;

/** All that edgeHub does for one module: its messages in both directions, its twin, its methods. */
export class ModuleGateway {
  readonly methods: MethodProxy;
  private readonly upstream: UpstreamConnection;
  private readonly toHub: Lane;
  private readonly toModule: Lane;

  private constructor(
    readonly moduleId: string,
    private readonly options: GatewayOptions,
    private readonly twin: () => TwinProxy,
    upstream: UpstreamConnection,
    methods: MethodProxy,
  ) {
    const { store, broker, delivered, log, deviceId } = options;
    this.upstream = upstream;
    this.methods = methods;
    const common = { store, delivered, log };
    this.toHub = new Lane({
      ...common,
      name: upstreamLane(moduleId),
      window: upstreamWindow,
      isOpen: () => upstream.isConnected,
      deliver: ({ message }) => upstream.send(message),
      failed: (error) => {
        upstream.reset(error);
      },
    });
    this.toModule = new Lane({
      ...common,
      name: inputLane(moduleId),
      // One at a time: the module confirms in order.
      window: 1,
      isOpen: () => broker.acceptsInputs(moduleId),
      deliver: ({ message, input = "" }) => {
        const { system, application } = message.properties;
        const from = {
          cdid: deviceId,
          cmid: message.moduleId,
          ...(message.output === undefined ? {} : { on: message.output }),
        };
        const properties = { system: { ...system, ...from }, application };
        return broker.deliver(moduleId, inputTopic(deviceId, moduleId, input, properties), message.body);
      },
      failed: (error) => {
        log.info({ module: moduleId }, `an input message was not confirmed: ${error.message}`);
        broker.disconnect(moduleId);
      },
    });
  }

  static async open(moduleId: string, options: GatewayOptions): Promise<ModuleGateway> {
    const { hubHostName, deviceId, endpoint, identities, broker, log, twins } = options;
    const methods = new MethodProxy(moduleId, broker, log);
    const upstream = new UpstreamConnection({
      hubHostName,
      deviceId,
      moduleId,
      ...(endpoint === undefined ? {} : { endpoint }),
      key: async (refused) => (await identities.get(moduleId, { fresh: refused })).primaryKey,
      log,
      onConnected: (hubTwin) => {
        twin.onHub(hubTwin);
        gateway.toHub.pump();
      },
      onDesired: (patch) => {
        twin.onDesired(patch);
      },
      onMethod: (request) => {
        void methods.onHub(request, upstream);
      },
    });
    const twin = await TwinProxy.open({
      moduleId,
      file: path.join(twins, `${moduleId}.json`),
      broker,
      upstream,
      log,
    });
    const gateway = new ModuleGateway(moduleId, options, () => twin, upstream, methods);
    upstream.start();
    return gateway;
  }

  get desired(): TwinProxy["desired"] {
    return this.twin().desired;
  }

  isOnTheWay(key: string): boolean {
    return this.toHub.isOnTheWay(key) || this.toModule.isOnTheWay(key);
  }

  /** A message was stored for the hub or for the module. */
  onStored(): void {
    this.toHub.pump();
    this.toModule.pump();
  }

  onSubscribed(): void {
    this.toModule.pump();
    this.twin().tell();
    const { moduleId } = this;
    void this.upstream.setMethods(this.options.broker.acceptsMethods(moduleId)).catch(() => undefined);
  }

  onDisconnected(): void {
    this.methods.onDisconnected();
    void this.upstream.setMethods(false).catch(() => undefined);
  }

  onTwinGet(requestId: string): void {
    this.twin().onGet(requestId);
  }

  onTwinPatch(requestId: string, payload: Buffer): void {
    this.twin().onPatch(requestId, payload);
  }

  /** A new process of the module starts. */
  forget(): void {
    this.twin().forget();
  }

  async close(): Promise<void> {
    this.upstream.stop();
    await this.twin().close();
  }
}
