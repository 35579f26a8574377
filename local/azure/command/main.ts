import { runProvider } from "@edge-vision/iotedge/kit";
import { command } from "./provider";

void runProvider(command());
