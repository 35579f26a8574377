import { mkdir, readlink, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { bundleModule } from "@edge-vision/bundle";
import { type SpotEvent, spotEventSchema } from "@edge-vision/messages";
import { type EdgeWorld, until } from "../edge/edge-world";

/** Puts the image of one of the project's modules into the device's store and returns its reference. */
export async function addModuleImage(world: EdgeWorld, module: string, port: number): Promise<string> {
  const repository = path.join(world.folder, "images", module);
  await mkdir(repository, { recursive: true });
  const out = path.join(repository, "new");
  const moduleFolder = path.dirname(require.resolve(`@edge-vision/${module}/package.json`));
  const { digest, entry, nodePath } = await bundleModule({ moduleFolder, out });
  const description = { entry, env: {}, exposedPorts: { [`${port}/tcp`]: {} }, workingDirectory: ".", nodePath };
  await writeFile(path.join(out, "image.json"), JSON.stringify(description));
  await rename(out, path.join(repository, digest.replace("sha256:", "")));
  return `registry.azurecr.io/${module}@${digest}`;
}

/** Ends a module with `SIGKILL`, as soon as it runs. */
export async function killModule(world: EdgeWorld, module: string): Promise<void> {
  let pid = 0;
  await until(
    async () => {
      pid = (await world.status())?.modules[module]?.pid ?? 0;
      // The status of a runtime that was killed names processes that are gone.
      const runsIn = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      return runsIn.startsWith(world.folder);
    },
    () => `${module} runs`,
  );
  process.kill(pid, "SIGKILL");
}

/** Ends the device's runtime with `SIGKILL`, and all modules with it, and starts it again. */
export async function killRuntime(world: EdgeWorld): Promise<void> {
  await world.endRuntime("SIGKILL");
  await world.startRuntime();
}

/** Reads spot events at the hub, as any consumer does. */
export class SpotEventReader {
  /** Each id's event, in order of arrival. */
  readonly events = new Map<string, SpotEvent>();
  /** How many came with an id that was there already. */
  repeats = 0;
  readonly #client: EventHubConsumerClient;

  constructor(connectionString: string) {
    this.#client = new EventHubConsumerClient("$Default", connectionString);
    this.#client.subscribe(
      {
        processEvents: (received) => {
          for (const { body } of received) {
            const event = spotEventSchema.parse(body);
            if (this.events.has(event.eventId)) this.repeats += 1;
            else this.events.set(event.eventId, event);
          }
          return Promise.resolve();
        },
        processError: () => Promise.resolve(),
      },
      { startPosition: earliestEventPosition },
    );
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
