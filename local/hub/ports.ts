import { readFile } from "node:fs/promises";
import type { Server } from "node:net";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";

export interface Ports {
  https: number;
  mqtt: number;
  amqp: number;
}

const names = ["https", "mqtt", "amqp"] as const;

/** The ports of the last start, so that clients find a restarted hub where it was. */
export async function readPorts(stateFolder: string): Promise<Partial<Ports>> {
  try {
    const given = JSON.parse(await readFile(fileOf(stateFolder), "utf8")) as Record<string, unknown>;
    const ports: Partial<Ports> = {};
    for (const name of names) {
      const port = given[name];
      if (typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536) ports[name] = port;
    }
    return ports;
  } catch {
    return {};
  }
}

export async function writePorts(stateFolder: string, ports: Ports): Promise<void> {
  await writeFileAtomic(fileOf(stateFolder), `${JSON.stringify(ports)}\n`);
}

function fileOf(stateFolder: string): string {
  return path.join(stateFolder, "ports.json");
}

/** Listens on loopback; resolves with the port. Rejects with the system's error (`EADDRINUSE`). */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.removeListener("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("The server has no port."));
      else resolve(address.port);
    });
  });
}

/** Stops listening; resolves when no connection is left. A server that never listened is no error. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
