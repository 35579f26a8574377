import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { bundleModule } from "@edge-vision/bundle";
import { measure, percentile } from "./inference/clients";
import { photos } from "./inference/photos";
import { bareRate, root, startFlask, startService, type Server } from "./inference/processes";
import { largeModel, python } from "./inference/python";
import { median } from "./statistics/median";
import type { Report } from "./report";

const rounds = 7;
const seconds = 4;
const largeRounds = 5;
const largeSeconds = 10;
/** The one with a goal is measured next to the bare model, for the machine may change its pace. */
const clientCounts = [4, 1, 2, 8] as const;

/**
 * The inference service against the bare model and against a Python service, on the same pictures and as many threads.
 * All are measured in turn, several times; the figures are medians of the rounds' ratios.
 */
export async function run(report: Report): Promise<void> {
  const threads = availableParallelism();
  const cache = path.join(root, ".edge-vision", "bench");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-bench-"));
  const model = path.join(root, "models", "nanodet-coco", "model.onnx");
  const pictures = await photos();
  const servers: Server[] = [];
  try {
    report.note(`preparing: Python packages, a large model, the module's bundle (${threads} threads)`);
    const executable = await python(cache);
    const large = await largeModel(executable, cache);
    await bundleModule({ moduleFolder: path.join(root, "modules", "object-detection"), out: folder });

    const service = await startService(folder, { MODEL: model });
    servers.push(service);
    const flask = await startFlask(executable, model, threads);
    servers.push(flask);
    await nanodet(report, { service, flask, model, threads, pictures });
    for (const server of servers.splice(0)) await server.stop();

    const largeService = await startService(folder, { MODEL: large });
    servers.push(largeService);
    const ratios: number[] = [];
    for (let round = 0; round < largeRounds; round++) {
      const bare = await bareRate(large, threads, largeSeconds);
      ratios.push((await measure(largeService.address, pictures, 4, largeSeconds)).rate / bare);
    }
    report.figure({
      name: "large graph, 4 clients",
      value: median(ratios),
      unit: "× bare session.run",
      goal: { min: 0.97 },
    });
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Setting {
  service: Server;
  flask: Server;
  model: string;
  threads: number;
  pictures: readonly Buffer[];
}

async function nanodet(report: Report, { service, flask, model, threads, pictures }: Setting): Promise<void> {
  await measure(service.address, pictures, 4, 2);
  await measure(flask.address, pictures, 4, 2);
  const toBare = new Map<number, number[]>(clientCounts.map((count) => [count, []]));
  const times = new Map<number, number[]>(clientCounts.map((count) => [count, []]));
  const toFlask: number[] = [];
  const flaskTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const bare = await bareRate(model, threads, seconds);
    for (const count of clientCounts) {
      const measured = await measure(service.address, pictures, count, seconds);
      toBare.get(count)?.push(measured.rate / bare);
      times.get(count)?.push(...measured.times);
      if (count !== 4) continue;
      const reference = await measure(flask.address, pictures, count, seconds);
      toFlask.push(measured.rate / reference.rate);
      flaskTimes.push(...reference.times);
    }
  }
  for (const [count, ratios] of [...toBare].sort(([a], [b]) => a - b)) {
    const goal = count === 4 ? { goal: { min: 0.9 } } : {};
    report.figure({ name: `nanodet, ${count} clients`, value: median(ratios), unit: "× bare session.run", ...goal });
    latency(report, `nanodet, ${count} clients`, times.get(count) ?? []);
  }
  report.figure({
    name: "throughput, 4 clients",
    value: median(toFlask),
    unit: "× Python service",
    goal: { min: 1.5 },
  });
  latency(report, "Python service, 4 clients", flaskTimes);
  const [own, reference] = [service.megabytes(), flask.megabytes()];
  report.figure({ name: "memory of the service", value: own, unit: "MB" });
  report.figure({ name: "memory of the Python service", value: reference, unit: "MB" });
  report.figure({ name: "memory", value: own / reference, unit: "× Python service", goal: { max: 0.6 } });
}

function latency(report: Report, name: string, times: number[]): void {
  const ascending = times.sort((a, b) => a - b);
  report.figure({ name: `${name}, p50`, value: percentile(ascending, 0.5), unit: "ms" });
  report.figure({ name: `${name}, p99`, value: percentile(ascending, 0.99), unit: "ms" });
}
