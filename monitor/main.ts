import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { eventsConnectionString, type HubConnection } from "./hub/connection";
import { readEvents } from "./hub/events";
import { ModuleReader } from "./hub/modules";
import { Feed } from "./feed";
import { createPage } from "./server";

const usage = `Usage: monitor [--port N] [--consumer-group NAME] [--device ID]… [--camera ID=URL]… [--with-parent]

The hub's connection is read as JSON from the environment variable EDGE_VISION_HUB (see HubConnection), or from the
file that EDGE_VISION_HUB_FILE names, so that no key stands on a command line.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "consumer-group": { type: "string", default: "$Default" },
      device: { type: "string", multiple: true, default: [] },
      camera: { type: "string", multiple: true, default: [] },
      "with-parent": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const hub = hubFromEnvironment();
  const feed = new Feed();
  const page = createPage({ feed, cameras: new Map(values.camera.map(parseCamera)) });
  await page.listen({ host: "127.0.0.1", port: Number(values.port) });

  const reader = readEvents({
    connectionString: eventsConnectionString(hub),
    consumerGroup: values["consumer-group"],
    onEvent: (event) => {
      feed.message(event);
    },
    onError: (error) => {
      log("reading events was interrupted, connecting again", error);
    },
  });
  const modules = new ModuleReader(hub);
  const polling = poll(feed, modules, values.device);

  const end = (): void => {
    clearInterval(polling);
    void Promise.allSettled([reader.close(), page.close()]).then(() => process.exit(0));
    setTimeout(() => process.exit(0), 3_000).unref();
  };
  process.once("SIGTERM", end).once("SIGINT", end);
  if (values["with-parent"]) process.stdin.resume().once("end", end).once("close", end);
  const address = page.server.address();
  const port = typeof address === "object" && address ? address.port : Number(values.port);
  process.stdout.write(`${JSON.stringify({ ready: true, ports: { http: port } })}\n`);
}

function poll(feed: Feed, modules: ModuleReader, devices: readonly string[]): NodeJS.Timeout {
  let busy = false;
  const once = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      feed.setModules((await Promise.all(devices.map((device) => modules.read(device)))).flat());
      feed.setConnection(true);
    } catch (error) {
      feed.setConnection(false, "the hub does not answer");
      log("reading the modules' state failed", error);
    } finally {
      busy = false;
    }
  };
  void once();
  return setInterval(() => void once(), 2_000);
}

function hubFromEnvironment(): HubConnection {
  const file = process.env["EDGE_VISION_HUB_FILE"];
  const json = file ? readFileSync(file, "utf8") : process.env["EDGE_VISION_HUB"];
  if (!json) throw new Error("EDGE_VISION_HUB is not set: it holds the hub's connection as JSON");
  return JSON.parse(json) as HubConnection;
}

function parseCamera(argument: string): [string, string] {
  const at = argument.indexOf("=");
  if (at < 1) throw new Error(`--camera ${argument}: expected <device id>=<address of its snapshot>`);
  return [argument.slice(0, at), argument.slice(at + 1)];
}

function log(message: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: "warn", message, reason })}\n`);
}

main().catch((error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stderr.write(
    code === "EADDRINUSE"
      ? "monitor: the page's port is in use: choose another with --port\n"
      : `monitor: ${message}\n`,
  );
  process.exit(1);
});
