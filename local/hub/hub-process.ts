import type { Server } from "node:https";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "pino";
import { ensureCertificates } from "../protocol/certificates";
import { AmqpServer } from "./amqp/server";
import { createHttpsServer } from "./https/server";
import { Hubs } from "./hubs";
import { MqttServer } from "./mqtt/server";
import { listen, readPorts, stopListening, writePorts, type Ports } from "./ports";
import { Journal } from "./store/journal";

export interface HubProcessOptions {
  /** Holds `directory/`, `data/`, `certificates/` and `ports.json`. */
  stateFolder: string;
  /** Ports to use; what is not given is taken from the last start, or free. */
  ports?: Partial<Ports>;
  /** How long events are kept, in milliseconds. @default one day */
  retentionMs?: number;
  /** Refuse what is above the SKU's daily quota and request rates, as the service does. @default false */
  enforceLimits?: boolean;
  logger: Logger;
}

export interface HubProcess {
  ports: Ports;
  /** The path of the certificate that clients must trust. */
  ca: string;
  close(): Promise<void>;
}

const sweepEveryMs = 2000;
const retainEveryMs = 60_000;
const oneDayMs = 24 * 60 * 60 * 1000;

/** Starts the three endpoints over one store. */
export async function startHubProcess(options: HubProcessOptions): Promise<HubProcess> {
  const { stateFolder, logger } = options;
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const certificates = await ensureCertificates(path.join(stateFolder, "certificates"), {
    authority: "Edge Vision local IoT Hub",
    names: ["localhost", "*.azure-devices.net"],
    addresses: ["127.0.0.1"],
  });
  const journal = await Journal.open(path.join(stateFolder, "data"));
  const opened: (() => Promise<void>)[] = [() => journal.close()];
  const close = async (): Promise<void> => {
    for (const step of opened.reverse()) await step();
  };

  try {
    const hubs = new Hubs(stateFolder, journal, { logger, enforceLimits: options.enforceLimits ?? false });
    await hubs.sweep();
    opened.push(() => hubs.close());
    const https = createHttpsServer(hubs, certificates.server, logger);
    await https.ready();
    opened.push(async () => {
      // fastify closes only what it made to listen itself.
      const stopped = stopListening(https.server);
      (https.server as unknown as Server).closeAllConnections();
      await stopped;
      await https.close();
    });
    const mqtt = await MqttServer.create(hubs, journal, certificates.server, logger);
    opened.push(() => mqtt.close());
    const amqp = new AmqpServer(hubs, logger);
    opened.push(() => amqp.close());

    const wanted = { ...(await readPorts(stateFolder)), ...options.ports };
    const ports: Ports = {
      https: await listen(https.server, wanted.https ?? 0),
      mqtt: await listen(mqtt.server, wanted.mqtt ?? 0),
      amqp: await listen(amqp.server, wanted.amqp ?? 0),
    };
    await writePorts(stateFolder, ports);
    opened.push(startHousekeeping(hubs, options.retentionMs ?? oneDayMs, logger));
    return { ports, ca: certificates.ca.path, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startHousekeeping(hubs: Hubs, retentionMs: number, logger: Logger): () => Promise<void> {
  let working = Promise.resolve();
  const run = (work: () => Promise<void>): void => {
    working = working.then(work).catch((error: unknown) => {
      logger.error({ err: error }, "housekeeping failed");
    });
  };
  const timers = [
    setInterval(() => {
      run(() => hubs.sweep());
    }, sweepEveryMs),
    setInterval(() => {
      run(async () => {
        for (const hub of await hubs.opened()) await hub.events.removeOlderThan(Date.now() - retentionMs);
      });
    }, retainEveryMs),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await working;
  };
}
