import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import pino from "pino";
import { runService } from "../protocol/ready";
import { readEdgeConfig } from "./config";
import type { HubEndpoint } from "./hub-endpoint";
import { EdgeRuntime } from "./runtime";

/** The command line cannot be used; every fault is told. `code` is `INVALID_ARGUMENTS`. */
class ArgumentsError extends Error {
  override readonly name = "ArgumentsError";
  readonly code = "INVALID_ARGUMENTS";
}

/** Modules have 10 s to end. */
const closeTimeoutMs = 14_000;

const { values } = parseArgs({
  options: {
    config: { type: "string" },
    state: { type: "string" },
    images: { type: "string" },
    "hub-host": { type: "string" },
    "hub-https-port": { type: "string" },
    "hub-mqtt-port": { type: "string" },
    "hub-ca": { type: "string" },
    "supervisor-env": { type: "string", multiple: true },
    "with-parent": { type: "boolean" },
  },
});

type Values = typeof values;

function required(name: "config" | "state" | "images"): string {
  const value = values[name];
  if (value === undefined) throw new ArgumentsError(`--${name} is missing; --config, --state and --images are needed.`);
  return path.resolve(value);
}

/** All four together, or none: then the hub is where its name says. */
async function readEndpoint(given: Values): Promise<HubEndpoint | undefined> {
  const { "hub-host": host, "hub-https-port": https, "hub-mqtt-port": mqtt, "hub-ca": caPath } = given;
  if (host === undefined && https === undefined && mqtt === undefined && caPath === undefined) return undefined;
  if (host === undefined || https === undefined || mqtt === undefined || caPath === undefined) {
    throw new ArgumentsError("--hub-host, --hub-https-port, --hub-mqtt-port and --hub-ca are needed together.");
  }
  return {
    host,
    httpsPort: readPort("--hub-https-port", https),
    mqttPort: readPort("--hub-mqtt-port", mqtt),
    caPath,
    ca: await readFile(caPath, "utf8"),
  };
}

function readPort(name: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new ArgumentsError(`${name} is ${JSON.stringify(text)}; it must be a port from 1 to 65535.`);
}

function readPairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at <= 0) throw new ArgumentsError(`--supervisor-env ${JSON.stringify(pair)} is not NAME=VALUE.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

void runService({
  name: "edge runtime",
  withParent: values["with-parent"] === true,
  closeTimeoutMs,
  start: async () => {
    const config = await readEdgeConfig(required("config"));
    const endpoint = await readEndpoint(values);
    const runtime = await EdgeRuntime.start({
      config,
      state: required("state"),
      images: required("images"),
      ...(endpoint === undefined ? {} : { endpoint }),
      environment: readPairs(values["supervisor-env"] ?? []),
      log: pino({ base: { device: config.deviceId } }, pino.destination({ fd: 2, sync: true })),
    });
    return { ready: { ports: { mqtt: runtime.port } }, close: () => runtime.close() };
  },
});
