import { readFileSync } from "node:fs";
import { runProvider } from "./kit";
import { IotEdgeProvider } from "./resources/iotedge-provider";

const { version } = JSON.parse(readFileSync(require.resolve("@edge-vision/iotedge/package.json"), "utf8")) as {
  version: string;
};

void runProvider(new IotEdgeProvider(version));
