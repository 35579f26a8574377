import { runProvider } from "@edge-vision/iotedge/kit";
import { stateFolder } from "../state-folder";
import { docker } from "./provider";

void runProvider(docker(stateFolder()));
