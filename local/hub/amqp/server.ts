import { createServer, type Server, type Socket } from "node:net";
import { create_container, type Connection, type Container, type EventContext } from "rhea";
import type { Logger } from "pino";
import type { Hubs } from "../hubs";
import { EventsConnection } from "./connection";
import { guardFrames, maximumFrameSize } from "./frame-guard";
import { stopListening } from "../ports";
import { Readers } from "./readers";

const idleTimeoutMs = 120_000;

/** The built-in, Event Hubs compatible endpoint: AMQP 1.0 on loopback, without TLS, as the emulator mode of SDKs has it. */
export class AmqpServer {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<Connection, EventsConnection>();
  readonly #readers = new Readers();

  constructor(
    private readonly hubs: Hubs,
    private readonly logger: Logger,
  ) {
    const container = this.#createContainer();
    this.server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
      const connection = container.create_connection({
        max_frame_size: maximumFrameSize,
        idle_time_out: idleTimeoutMs,
        channel_max: 255,
        handle_max: 255,
      } as never) as unknown as { accept(socket: Socket): void; eof(): void };
      connection.accept(socket);
      // A socket that is destroyed has no "end", and rhea would keep its heartbeat going for minutes.
      socket.once("close", () => {
        connection.eof();
      });
      guardFrames(socket);
    });
  }

  #createContainer(): Container {
    const container = create_container({ id: "edge-vision-hub" });
    const mechanisms = container.sasl_server_mechanisms as unknown as Record<string, unknown> & {
      enable_anonymous(): void;
    };
    mechanisms.enable_anonymous();
    // A connection proves nothing; tokens are put afterwards (claims-based security).
    const open = (): unknown => ({ outcome: undefined, start: accept });
    mechanisms.MSSBCBS = open;

    container.on("connection_open", ({ connection }: EventContext) => {
      this.#connections.set(connection, new EventsConnection(this.hubs, this.#readers, this.logger));
    });
    const gone = ({ connection }: EventContext): void => {
      this.#connections.get(connection)?.close();
      this.#connections.delete(connection);
    };
    container.on("connection_close", gone);
    container.on("disconnected", gone);
    container.on("sender_open", ({ connection, sender }: EventContext) => {
      if (sender !== undefined) this.#connections.get(connection)?.onSenderOpen(sender);
    });
    container.on("sender_close", ({ connection, sender }: EventContext) => {
      if (sender !== undefined) this.#connections.get(connection)?.onSenderClose(sender);
    });
    container.on("sendable", ({ connection, sender }: EventContext) => {
      if (sender !== undefined) this.#connections.get(connection)?.onCredit(sender);
    });
    container.on("receiver_open", (context: EventContext) =>
      this.#connections.get(context.connection)?.onReceiverOpen(context),
    );
    container.on(
      "message",
      (context: EventContext) => void this.#connections.get(context.connection)?.onMessage(context),
    );
    // A peer's faults end its connection, and nothing else.
    for (const event of [
      "error",
      "connection_error",
      "protocol_error",
      "session_error",
      "sender_error",
      "receiver_error",
    ]) {
      container.on(event, (problem: unknown) => {
        this.logger.info(
          { event, reason: (problem as Error | undefined)?.message },
          "a reader's connection had a fault",
        );
      });
    }
    return container;
  }

  async close(): Promise<void> {
    const stopped = stopListening(this.server);
    for (const connection of this.#connections.values()) connection.close();
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
  }
}

function accept(this: { outcome: boolean | undefined }): void {
  this.outcome = true;
}
