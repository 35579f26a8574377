import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between runtime and hub: passes on, is cut off, or accepts and says nothing. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private mode: "pass" | "cut" | "silent" = "pass";

  private constructor(private readonly server: Server) {}

  static async start(target: () => number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on("connection", (socket) => {
      proxy.keep(socket);
      if (proxy.mode === "cut") socket.destroy();
      if (proxy.mode !== "pass") return;
      const onward = connect(target(), "127.0.0.1");
      proxy.keep(onward);
      socket.pipe(onward);
      onward.pipe(socket);
      socket.once("close", () => onward.destroy());
      onward.once("close", () => socket.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that fell silent stay so: only new ones pass again. */
  set(mode: "pass" | "cut" | "silent"): void {
    this.mode = mode;
    for (const socket of this.sockets) {
      if (mode === "cut") socket.destroy();
      if (mode === "silent") socket.unpipe().pause();
    }
  }

  async close(): Promise<void> {
    this.set("cut");
    this.server.close();
    await once(this.server, "close");
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.sockets.delete(socket));
  }
}
