import { parseArgs } from "node:util";
import type { AddressInfo } from "node:net";
import { runService } from "../../protocol/ready";
import { resourceManager } from "./server";

const { values } = parseArgs({
  options: {
    state: { type: "string" },
    port: { type: "string", default: "0" },
    "with-parent": { type: "boolean", default: false },
  },
});

void runService({
  name: "resource-manager",
  withParent: values["with-parent"],
  start: async () => {
    if (values.state === undefined) throw new Error("--state <folder> is missing.");
    const app = resourceManager(values.state);
    await app.listen({ host: "127.0.0.1", port: Number(values.port) });
    const { port } = app.server.address() as AddressInfo;
    return { ready: { ports: { http: port } }, close: () => app.close() };
  },
});
