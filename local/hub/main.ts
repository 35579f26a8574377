import { Command, InvalidArgumentError } from "commander";
import pino from "pino";
import { runService } from "../protocol/ready";
import { startHubProcess } from "./hub-process";

interface Flags {
  state: string;
  httpsPort?: number;
  mqttPort?: number;
  amqpPort?: number;
  withParent?: boolean;
  enforceLimits?: boolean;
  logLevel: string;
}

const flags = new Command("hub")
  .description("Serves the IoT Hubs that the directory in the state folder names.")
  .requiredOption("--state <folder>", "the folder of the hub's state")
  .option("--https-port <port>", "the service API", readPort)
  .option("--mqtt-port <port>", "devices and modules", readPort)
  .option("--amqp-port <port>", "readers of events", readPort)
  .option("--enforce-limits", "refuse what is above the SKU's daily quota and request rates")
  .option("--with-parent", "end when stdin closes")
  .option("--log-level <level>", "of the JSON lines on stderr", "info")
  .parse()
  .opts<Flags>();

void runService({
  name: "hub",
  withParent: flags.withParent ?? false,
  start: async () => {
    const logger = pino({ name: "hub", level: flags.logLevel }, pino.destination(2));
    const hub = await startHubProcess({
      stateFolder: flags.state,
      logger,
      enforceLimits: flags.enforceLimits ?? false,
      ports: {
        ...(flags.httpsPort === undefined ? {} : { https: flags.httpsPort }),
        ...(flags.mqttPort === undefined ? {} : { mqtt: flags.mqttPort }),
        ...(flags.amqpPort === undefined ? {} : { amqp: flags.amqpPort }),
      },
    });
    return { ready: { ports: { ...hub.ports }, ca: hub.ca }, close: () => hub.close() };
  },
});

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
}
