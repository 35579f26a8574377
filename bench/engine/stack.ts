import { mkdir } from "node:fs/promises";
import path from "node:path";
import { ensureEngine } from "@edge-vision/local/dist/engine";
import { LocalWorkspace, PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";

export interface StackOptions {
  program: PulumiFn;
  stackName: string;
  projectName: string;
  /** Settings of the stack and its state. */
  folder: string;
  /** Providers of the project: a name and the folder of `pulumi-resource-<name>`. */
  providers: { name: string; path: string }[];
  /** Folders in front of the engine's PATH. */
  path?: string[];
  env?: Record<string, string>;
}

/** A stack on the pinned engine with a file backend in its own folder. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { folder, stackName, projectName, program, providers } = options;
  const backend = path.join(folder, "backend");
  await mkdir(backend, { recursive: true });
  const { path: engine } = await ensureEngine();
  return LocalWorkspace.createOrSelectStack(
    { stackName, projectName, program },
    {
      workDir: folder,
      pulumiHome: path.join(folder, "home"),
      pulumiCommand: await PulumiCommand.get({ root: path.dirname(path.dirname(engine)) }),
      // The Automation API writes the settings as they are, but its type does not know `plugins`.
      projectSettings: { name: projectName, runtime: "nodejs", plugins: { providers } } as never,
      secretsProvider: "passphrase",
      envVars: {
        PATH: [...(options.path ?? []), path.dirname(process.execPath), process.env.PATH ?? ""].join(path.delimiter),
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...options.env,
      },
    },
  );
}
