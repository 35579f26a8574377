import path from "node:path";
import { launch } from "@edge-vision/iotedge/launch";

launch(path.join(__dirname, "main.js"));
