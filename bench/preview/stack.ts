import { mkdir } from "node:fs/promises";
import path from "node:path";
import { ensureEngine } from "@edge-vision/local/dist/engine";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";

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

/** The stack on the pinned engine, with a file backend and the stand-ins for Azure on the engine's path. */
export async function openStack(measured: MeasuredStack): Promise<Stack> {
  const { root, folder, stackName } = measured;
  const backend = path.join(folder, "backend");
  await mkdir(backend, { recursive: true });
  const { path: engine } = await ensureEngine();
  const program = measured.program === "empty" ? empty : (await import("@edge-vision/infra")).default;
  const projectSettings = {
    name: "edge-vision",
    runtime: "nodejs",
    plugins: { providers: [{ name: "iotedge", path: path.join(root, "provider", "bin") }] },
  };
  return LocalWorkspace.createOrSelectStack(
    { stackName, projectName: "edge-vision", program },
    {
      workDir: folder,
      pulumiHome: path.join(folder, "home"),
      pulumiCommand: await PulumiCommand.get({ root: path.dirname(path.dirname(engine)) }),
      // The Automation API writes the settings as they are, but its type does not know `plugins`.
      projectSettings: projectSettings as never,
      secretsProvider: "passphrase",
      envVars: {
        EDGE_VISION_STATE: path.join(folder, "azure"),
        PATH: [path.join(root, "local", "azure", "bin"), path.dirname(process.execPath), process.env.PATH ?? ""].join(
          ":",
        ),
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    },
  );
}
