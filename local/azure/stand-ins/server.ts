import net from "node:net";
import { type Provider, serve } from "@edge-vision/iotedge/kit";

/**
 * Serves a provider of its own to each executable that an engine starts (`local/azure/bin`): the executable connects,
 * says a provider's name in one line and is answered with the port for the engine. The provider ends with the
 * connection.
 */
export function standInServer(providers: Readonly<Record<string, () => Provider>>): net.Server {
  return net.createServer((connection) => {
    // A connection that breaks is closed; there is nobody to tell.
    connection.on("error", () => undefined);
    // The line is a few bytes, which come at once.
    connection.setEncoding("utf8").once("data", (line: string) => {
      const name = line.trim();
      const provider = Object.hasOwn(providers, name) ? providers[name]?.() : undefined;
      if (provider === undefined) connection.destroy();
      else void serveOver(connection, provider);
    });
  });
}

async function serveOver(connection: net.Socket, provider: Provider): Promise<void> {
  const server = await serve(provider);
  const end = (): void => void server.close();
  if (connection.closed) end();
  else connection.once("close", end).write(`${server.port}\n`);
}
