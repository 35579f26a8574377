import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { median } from "./statistics/median";
import { type Service, startService } from "./engine/service";
import { type MeasuredStack, useStack } from "./preview/stack";
import type { Report } from "./report";

const root = path.join(__dirname, "..", "..");
const rounds = 11;
const execute = promisify(execFile);

/** Without certificates of this machine's network: reading them would double the start of every Node process. */
const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };

/**
 * A preview of the stack `dev` when nothing has changed, divided by a preview of a program that declares nothing, both
 * as whole processes with the same SDK and engine, measured in turns.
 */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-preview-"));
  const dev: MeasuredStack = { root, folder: path.join(folder, "dev"), stackName: "dev", program: "edge-vision" };
  const empty: MeasuredStack = { root, folder: path.join(folder, "empty"), stackName: "empty", program: "empty" };
  const services: Service[] = [];
  try {
    const azure = path.join(dev.folder, "azure");
    await mkdir(azure, { recursive: true });
    const hub = await startService("hub/main.js", ["--state", path.join(azure, "hub")]);
    services.push(hub);
    const resourceManager = await startService("azure/resource-manager/main.js", ["--state", azure]);
    services.push(resourceManager);
    report.note("bringing up both stacks");
    await mkdir(empty.folder);
    const settings = {
      ...(await devConfig()),
      "edge-vision:hubEndpoint": JSON.stringify({ host: "127.0.0.1", port: hub.ports.https, ca: hub.ca }),
      "edge-vision:resourceManagerEndpoint": `http://127.0.0.1:${resourceManager.ports.http ?? 0}`,
    };
    await useStack(dev, async (stack) => {
      for (const [key, value] of Object.entries(settings)) await stack.setConfig(key, { value });
      await stack.up();
    });
    await useStack(empty, async (stack) => {
      await stack.up();
    });

    const seconds = { dev: [] as number[], empty: [] as number[] };
    await preview(dev);
    await preview(empty);
    for (let round = 0; round < rounds; round++) {
      seconds.dev.push(await preview(dev));
      seconds.empty.push(await preview(empty));
    }
    report.figure({ name: "preview of an empty program", value: median(seconds.empty), unit: "s" });
    report.figure({ name: "preview of dev", value: median(seconds.dev), unit: "s" });
    const ratio = median(seconds.dev.map((value, round) => value / (seconds.empty[round] ?? Number.NaN)));
    report.figure({ name: "preview of dev", value: ratio, unit: "× an empty program", goal: { max: 1.5 } });
  } finally {
    for (const { stop } of services) await stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** Seconds that one preview takes, from the start of the process to its end. */
async function preview(stack: MeasuredStack): Promise<number> {
  const started = performance.now();
  const script = path.join(__dirname, "preview", "preview-process.js");
  await execute(process.execPath, [script, JSON.stringify(stack)], { env });
  return (performance.now() - started) / 1000;
}

async function devConfig(): Promise<Record<string, string>> {
  const { config } = parse(await readFile(path.join(root, "Pulumi.dev.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, text(value)]));
}
