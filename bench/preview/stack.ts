import path from "node:path";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { openStack } from "../engine/stack";

/** Where a measured stack lives, as it is handed to the process that previews it. */
export interface MeasuredStack {
  /** The project's folder. */
  root: string;
  /** Settings of the stack, its state, and the state of the stand-ins. */
  folder: string;
  stackName: string;
  /** The real program, or one that declares nothing. */
  program: "edge-vision" | "empty";
}

const empty: PulumiFn = () => Promise.resolve({});

/** The stack with the stand-ins for Azure on the engine's path. */
export async function measuredStack({ root, folder, stackName, program }: MeasuredStack): Promise<Stack> {
  return openStack({
    program: program === "empty" ? empty : (await import("@edge-vision/infra")).default,
    stackName,
    projectName: "edge-vision",
    folder,
    providers: [{ name: "iotedge", path: path.join(root, "provider", "bin") }],
    path: [path.join(root, "local", "azure", "bin")],
    env: { EDGE_VISION_STATE: path.join(folder, "azure") },
  });
}
