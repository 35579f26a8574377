import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { StandIns } from "@edge-vision/local/dist/azure/stand-ins/stand-ins";
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

/** Opens the stack, the real program with the stand-ins for Azure at its side, for as long as `use` takes. */
export async function useStack(stack: MeasuredStack, use: (stack: Stack) => Promise<void>): Promise<void> {
  if (stack.program === "empty") {
    await use(await opened(stack, empty));
    return;
  }
  const standIns = StandIns.start(path.join(stack.folder, "azure"), stack.folder);
  try {
    const program = loaded();
    const real = await opened(stack, async () => (await program)());
    Object.assign(real.workspace.envVars, await standIns.environment());
    await use(real);
  } finally {
    await standIns.stop();
  }
}

/** The program, which is loaded while the engine answers its first questions. */
async function loaded(): Promise<PulumiFn> {
  await turn();
  return (await import("@edge-vision/infra")).default;
}

function opened({ root, folder, stackName }: MeasuredStack, program: PulumiFn): Promise<Stack> {
  return openStack({
    program,
    stackName,
    projectName: "edge-vision",
    folder,
    providers: [{ name: "iotedge", path: path.join(root, "provider", "bin") }],
    path: [StandIns.executables],
  });
}
