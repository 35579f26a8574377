import "../azure-native/zod-settings";
import type { AddressInfo } from "node:net";
import { parseArgs, promisify } from "node:util";
import { runService } from "../../protocol/ready";
import { azureNative } from "../azure-native/provider";
import { command } from "../command/provider";
import { docker } from "../docker/provider";
import { standInServer } from "./server";

const { values } = parseArgs({ options: { state: { type: "string" } } });

/** An engine whose command was killed comes to its end with its providers; an operation takes no longer than this. */
const closeTimeoutMs = 600_000;

void runService({
  name: "stand-ins",
  withParent: true,
  closeTimeoutMs,
  start: async () => {
    const { state } = values;
    if (state === undefined) throw new Error("--state <folder> is missing.");
    const server = standInServer({
      "azure-native": () => azureNative(state),
      command: () => command(),
      docker: () => docker(state),
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return { ready: { ports: { launch: port } }, close: promisify(server.close.bind(server)) };
  },
});
