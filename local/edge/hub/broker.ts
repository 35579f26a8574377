import { createServer, type Server, type TLSSocket } from "node:tls";
import { Aedes, type AuthorizePublishHandler, type Client, type Subscription } from "aedes";
import type { Logger } from "pino";
import { desiredPropertiesFilter, inputsFilter, methodRequestFilter, twinResponseFilter } from "../../protocol/topics";
import { MessageStoreFullError } from "./message-store";
import { ModuleConnection, ModuleNotReachedError } from "./module-connection";
import { type PublicationHandlers, takePublication } from "./publications";
import { signInOf } from "./sign-in";

/** What the broker asks the rest of edgeHub. */
export interface BrokerHandlers extends PublicationHandlers {
  /** Checks the module's token. @returns when it expires, in seconds since 1970 @throws SasError */
  authenticate: (moduleId: string, token: string) => Promise<number>;
  onSubscribed: (moduleId: string) => void;
  onConnected: (moduleId: string) => void;
  onDisconnected: (moduleId: string) => void;
}

export interface BrokerOptions {
  deviceId: string;
  hubHostName: string;
  certificate: { cert: string; key: string };
  handlers: BrokerHandlers;
  log: Logger;
}

/**
 * MQTT 3.1.1 over TLS for the device's modules, as they know it from edgeHub. Topics are addressed to one module each and
 * never shared; nothing is kept here: messages are in the store, twins in their proxies.
 */
export class Broker {
  private readonly connections = new Map<string, ModuleConnection>();
  private readonly expiries = new WeakMap<Client, number>();

  private constructor(
    private readonly aedes: Aedes,
    private readonly server: Server,
    private readonly options: BrokerOptions,
  ) {}

  static async listen(port: number, options: BrokerOptions): Promise<Broker> {
    const aedes = await Aedes.createBroker();
    const sockets = new Set<TLSSocket>();
    const server = createServer(options.certificate, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      aedes.handle(socket);
    });
    const broker = new Broker(aedes, server, options);
    broker.wire();
    server.on("close", () => {
      for (const socket of sockets) socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: "127.0.0.1" }, () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
    return broker;
  }

  isConnected(moduleId: string): boolean {
    return this.connections.has(moduleId);
  }

  acceptsInputs(moduleId: string): boolean {
    return this.connections.get(moduleId)?.hasSubscribed(inputsFilter(this.options.deviceId, moduleId)) ?? false;
  }

  acceptsDesired(moduleId: string): boolean {
    return this.connections.get(moduleId)?.hasSubscribed(desiredPropertiesFilter) ?? false;
  }

  acceptsMethods(moduleId: string): boolean {
    return this.connections.get(moduleId)?.hasSubscribed(methodRequestFilter) ?? false;
  }

  /** Sends without confirmation. */
  publish(moduleId: string, topic: string, payload: string): void {
    this.connections.get(moduleId)?.publish(topic, payload);
  }

  /** Sends one message and resolves when the module has confirmed it. */
  deliver(moduleId: string, topic: string, payload: Buffer): Promise<void> {
    const connection = this.connections.get(moduleId);
    if (connection === undefined) return Promise.reject(new ModuleNotReachedError(`${moduleId} is not connected.`));
    return connection.deliver(topic, payload);
  }

  disconnect(moduleId: string): void {
    this.connections.get(moduleId)?.client.close();
  }

  /** A new process of the module knows nothing of what an earlier one subscribed to. */
  async forgetSession(moduleId: string): Promise<void> {
    this.disconnect(moduleId);
    const { persistence } = this.aedes as unknown as {
      persistence: { cleanSubscriptions(c: object): Promise<unknown> };
    };
    await persistence.cleanSubscriptions({ id: `${this.options.deviceId}/${moduleId}` });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.aedes.close(() => {
        resolve();
      });
    });
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.emit("close");
    });
  }

  private wire(): void {
    const { aedes, options } = this;
    const { handlers, log } = options;
    aedes.authenticate = (client, userName, password, done) => {
      this.authenticate(client, userName ?? "", password?.toString("utf8") ?? "").then(
        () => {
          done(null, true);
        },
        (error: unknown) => {
          log.warn(`refused ${client.id}: ${(error as Error).message}`);
          // CONNACK 5: not authorised.
          done(null, false);
        },
      );
    };
    aedes.authorizeSubscribe = (client, subscription, done) => {
      done(null, this.maySubscribe(client, subscription) ? subscription : null);
    };
    aedes.authorizePublish = this.takePublish;
    // What was not confirmed in an earlier connection is in the store and comes from there.
    aedes.authorizeForward = (client, forwarded) => (client.connected ? forwarded : null);
    aedes.on("clientReady", (client) => {
      this.register(client);
      handlers.onConnected(moduleOf(client));
    });
    aedes.on("clientDisconnect", (client) => {
      this.unregister(client);
    });
    aedes.on("subscribe", (_subscriptions, client) => {
      handlers.onSubscribed(moduleOf(client));
    });
    aedes.on("ack", (_packet, client) => {
      const connection = this.connections.get(moduleOf(client));
      if (connection?.client === client) connection.confirmed();
    });
    aedes.on("clientError", (client, error) => {
      log.info(`${client.id}: ${error.message}`);
    });
    aedes.on("connectionError", (_client, error) => {
      log.info(`a connection failed: ${error.message}`);
    });
    this.server.on("tlsClientError", (error) => {
      log.info(`a TLS connection failed: ${error.message}`);
    });
  }

  private async authenticate(client: Client, userName: string, password: string): Promise<void> {
    const { moduleId } = signInOf({ userName, clientId: client.id }, this.options);
    this.expiries.set(client, await this.options.handlers.authenticate(moduleId, password));
  }

  private maySubscribe(client: Client, { topic }: Subscription): boolean {
    const filters = [
      inputsFilter(this.options.deviceId, moduleOf(client)),
      twinResponseFilter,
      desiredPropertiesFilter,
      methodRequestFilter,
    ];
    if (filters.includes(topic)) return true;
    this.options.log.warn(`${client.id} may not subscribe to ${topic}`);
    return false;
  }

  private readonly takePublish: AuthorizePublishHandler = (client, published, done) => {
    if (client === null) {
      done(null);
      return;
    }
    const { topic } = published;
    const sender = { deviceId: this.options.deviceId, moduleId: moduleOf(client) };
    takePublication(sender, { topic, payload: Buffer.from(published.payload) }, this.options.handlers).then(
      () => {
        done(null);
      },
      (error: unknown) => {
        this.options.log.error(`${client.id}: ${topic} was not taken: ${(error as Error).message}`);
        // Not confirmed, so the module keeps it and tries again.
        if (error instanceof MessageStoreFullError) {
          published.qos = 0;
          done(null);
        } else done(error as Error);
      },
    );
  };

  private register(client: Client): void {
    const moduleId = moduleOf(client);
    const connection = new ModuleConnection(moduleId, client, this.expiries.get(client) ?? 0, () => {
      this.options.log.info(`${client.id}: its token has expired`);
    });
    this.connections.set(moduleId, connection);
  }

  private unregister(client: Client): void {
    const moduleId = moduleOf(client);
    const connection = this.connections.get(moduleId);
    // A newer connection may have taken its place.
    if (connection?.client !== client) return;
    this.connections.delete(moduleId);
    connection.closed();
    this.options.handlers.onDisconnected(moduleId);
  }
}

function moduleOf(client: Client): string {
  return client.id.slice(client.id.indexOf("/") + 1);
}
