import "./zod-settings";
import { runProvider } from "@edge-vision/iotedge/kit";
import { stateFolder } from "../state-folder";
import { azureNative } from "./provider";

void runProvider(azureNative(stateFolder()));
