import { createServer, type Server, type TLSSocket } from "node:tls";
import { Aedes, type Client, type ConnectPacket, type PublishPacket } from "aedes";
import type { Logger } from "pino";
import { desiredPropertiesFilter, desiredPropertiesTopic, parseUserName } from "../../protocol/topics";
import { authenticateCertificate, authenticateIdentity } from "../authentication/callers";
import { HubError, refuse } from "../errors";
import type { Hub } from "../hub";
import type { Hubs } from "../hubs";
import type { Journal } from "../store/journal";
import { stopListening } from "../ports";
import { keyOf } from "../store/model";
import { BoundedMqttStream } from "./bounded-stream";
import { ClientSession } from "./client-session";
import { createSessions } from "./sessions";

/** MQTT 3.1.1, 3.2.2.3. */
const identifierRejected = 2;
const serverUnavailable = 3;
const notAuthorized = 5;

/** Devices and modules over MQTT 3.1.1 and TLS, for all hubs of the process. */
export class MqttServer {
  readonly server: Server;
  readonly #sockets = new Set<TLSSocket>();
  readonly #sessions = new WeakMap<Client, ClientSession>();
  readonly #refused = new WeakMap<Client, HubError>();
  readonly #told = new WeakSet<Hub>();
  readonly #broker: Aedes;

  private constructor(
    private readonly hubs: Hubs,
    private readonly logger: Logger,
    tls: { cert: string; key: string },
    persistence: unknown,
  ) {
    this.#broker = new Aedes({
      persistence,
      connectTimeout: 10_000,
      queueLimit: 42,
      // A twin response in flight may not hold up the others.
      concurrency: 1000,
      preConnect: (client, packet, done) => void this.#preConnect(client, packet, done),
      authenticate: (client, _userName, password, done) => {
        this.#authenticate(client, password, done);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const allowed = this.#sessions.get(client)?.maySubscribe(subscription.topic) === true;
        if (!allowed) this.logger.warn({ client: client.id, topic: subscription.topic }, "a subscription was refused");
        done(null, allowed ? subscription : null);
      },
      authorizePublish: (client, packet, done) => void this.#receive(client, packet, done),
    });
    this.server = createServer(
      { ...tls, minVersion: "TLSv1.2", requestCert: true, rejectUnauthorized: false },
      (socket) => {
        this.#accept(socket);
      },
    );
    this.server.on("tlsClientError", (error) => {
      logger.debug({ reason: error.message }, "a TLS handshake failed");
    });
    this.#broker.on("clientReady", (client) => this.#sessions.get(client)?.open());
    this.#broker.on("clientDisconnect", (client) => this.#sessions.get(client)?.closed());
    this.#broker.on("clientError", (client, error) => {
      logger.info({ client: client.id, reason: error.message }, "a connection ended");
    });
    this.#broker.on("connectionError", (_client, error) => {
      logger.info({ reason: error.message }, "a connection was refused");
    });
  }

  static async create(
    hubs: Hubs,
    journal: Journal,
    tls: { cert: string; key: string },
    logger: Logger,
  ): Promise<MqttServer> {
    const server = new MqttServer(hubs, logger, tls, createSessions(journal));
    await server.#broker.listen();
    return server;
  }

  async close(): Promise<void> {
    const stopped = stopListening(this.server);
    await new Promise<void>((resolve) => {
      this.#broker.close(resolve);
    });
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
  }

  #accept(socket: TLSSocket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    this.#broker.handle(new BoundedMqttStream(socket));
  }

  /** Finds the hub, and makes the client's id one that is unique among all hubs. */
  async #preConnect(
    client: Client,
    packet: ConnectPacket,
    done: (error: Error | null, success: boolean) => void,
  ): Promise<void> {
    try {
      const user = parseUserName(packet.username ?? "");
      if (user === undefined)
        throw refuse.unauthorized("The user name must be <hub>/<device>[/<module>]/?api-version=….");
      const hub = await this.hubs.byHostName(user.hostName);
      this.#announceTwins(hub);
      if (packet.clientId !== keyOf(user.identity)) {
        throw refuse.argument(`The client id ${packet.clientId} is not the user name's ${keyOf(user.identity)}.`);
      }
      const { authentication, expiresAt } = this.#identify(hub, packet, client, user.identity);
      const onExpired = (): void => {
        this.logger.info({ client: client.id }, "a token expired");
      };
      this.#sessions.set(client, new ClientSession(hub, user.identity, client, authentication, expiresAt, onExpired));
      packet.clientId = `${hub.record.id}/${packet.clientId}`;
    } catch (error) {
      if (!(error instanceof HubError)) {
        this.logger.error({ err: error }, "a connection failed");
        this.#refused.set(client, refuse.internal("The local hub failed."));
      } else {
        this.logger.warn({ userName: packet.username, reason: error.message }, "a connection was refused");
        this.#refused.set(client, error);
      }
      // It never takes over a session; the answer follows in `authenticate`.
      packet.clientId = "";
      packet.clean = true;
      delete packet.will;
    }
    done(null, true);
  }

  #identify(
    hub: Hub,
    packet: ConnectPacket,
    client: Client,
    identity: { deviceId: string; moduleId?: string },
  ): { authentication: { scope: "hub" | "device"; type: "sas" | "x509Certificate" }; expiresAt?: number } {
    const password = packet.password?.toString() ?? "";
    if (password !== "") {
      const { expiry, scope, type } = authenticateIdentity(hub, password, identity);
      return { authentication: { scope, type }, expiresAt: expiry * 1000 };
    }
    const certificate = (client.conn as BoundedMqttStream).peerCertificate();
    if (certificate === undefined) throw refuse.unauthorized("Neither a token nor a client certificate was shown.");
    authenticateCertificate(hub, certificate, identity);
    return { authentication: { scope: "device", type: "x509Certificate" } };
  }

  #authenticate(
    client: Client,
    _password: Readonly<Buffer | undefined>,
    done: (error: (Error & { returnCode: number }) | null, success: boolean | null) => void,
  ): void {
    const refused = this.#refused.get(client);
    if (refused === undefined) {
      done(null, true);
      return;
    }
    const returnCode =
      refused.status >= 500 || refused.status === 429
        ? serverUnavailable
        : refused.status === 400
          ? identifierRejected
          : notAuthorized;
    done(Object.assign(new Error(refused.message), { returnCode }), null);
  }

  async #receive(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): Promise<void> {
    const session = client === null ? undefined : this.#sessions.get(client);
    if (session === undefined) {
      done(refuse.unauthorized("Only devices and modules publish."));
      return;
    }
    try {
      packet.retain = false;
      await session.receive(packet.topic, Buffer.from(packet.payload));
      done();
    } catch (error) {
      if (!(error instanceof HubError)) this.logger.error({ err: error }, "a message failed");
      done(error as Error);
    }
  }

  /** Desired properties go to whoever is connected and listens. */
  #announceTwins(hub: Hub): void {
    if (this.#told.has(hub)) return;
    this.#told.add(hub);
    hub.state.on("desired", (twin, patch) => {
      const client = hub.connections.find(twin);
      if (client?.isSubscribed(desiredPropertiesFilter) !== true) return;
      const { version } = twin.desired;
      client.publish(desiredPropertiesTopic(version), JSON.stringify({ ...patch, $version: version }));
    });
  }
}
