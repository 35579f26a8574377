import { mkdtemp, rm } from "node:fs/promises";
import { setPriority, tmpdir } from "node:os";
import path from "node:path";
import { bundleModule } from "@edge-vision/bundle";
import type { Detection } from "@edge-vision/messages";
import { attacks, random } from "./hostile/attacks";
import { postPicture } from "./hostile/good-client";
import { photos } from "./inference/photos";
import { root, startService } from "./inference/processes";
import type { Report } from "./report";

const requests = 10_000;
const attackers = 16;
/** Requests after which memory counts as warm. */
const warm = 4000;

/**
 * Hostile requests of many kinds, mixed with good ones: every good one must be answered correctly, nothing may crash,
 * memory must stay where it was after warm-up and the event loop must stay free.
 */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-hostile-"));
  await bundleModule({ moduleFolder: path.join(root, "modules", "object-detection"), out: folder });
  const service = await startService(folder, { QUEUE: "64" });
  // Clients are other machines: they must not take the service's processors.
  setPriority(10);
  const pictures = await photos();
  const expected = new Map<Buffer, Detection[]>();
  for (const picture of pictures) expected.set(picture, (await postPicture(service.address, picture)).detections);

  let sent = 0;
  let good = 0;
  let wrong = 0;
  let busy = 0;
  let memoryWarm = 0;
  let memoryMost = 0;
  let lagMost = 0;
  const strange = new Map<string, number>();
  const kinds = attacks(pictures);
  const next = random(20_240_607);

  const attack = async (): Promise<void> => {
    while (sent < requests) {
      sent++;
      if (sent === warm) memoryWarm = service.megabytes();
      if (sent > warm && sent % 500 === 0) memoryMost = Math.max(memoryMost, service.megabytes());
      if (sent % 1000 === 0) report.note(`${sent} hostile requests, ${good} good ones answered`);
      const kind = kinds[Math.floor(next() * kinds.length)] as (typeof kinds)[number];
      const status = await kind.send(service.address, next);
      if (status === undefined || kind.allowed.includes(status) || status === 429) continue;
      strange.set(`${kind.name}: ${status}`, (strange.get(`${kind.name}: ${status}`) ?? 0) + 1);
    }
  };
  const use = async (): Promise<void> => {
    for (let turn = 0; sent < requests; turn++) {
      const picture = pictures[turn % pictures.length] as Buffer;
      const { status, detections } = await postPicture(service.address, picture);
      if (status === 429) busy++;
      else if (status === 200 && JSON.stringify(detections) === JSON.stringify(expected.get(picture))) good++;
      else wrong++;
    }
  };
  const watch = async (): Promise<void> => {
    while (sent < requests) {
      lagMost = Math.max(lagMost, await eventLoopLag(service.address));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  };
  try {
    await Promise.all([...Array.from({ length: attackers }, attack), use(), use(), watch()]);
    for (const [what, count] of strange) report.note(`${what} (${count} times)`);
    report.figure({ name: "hostile requests", value: sent, unit: "requests", goal: { min: requests } });
    report.figure({ name: "good requests answered correctly", value: good, unit: "requests", goal: { min: 100 } });
    report.figure({ name: "good requests answered wrongly", value: wrong, unit: "requests", goal: { equals: 0 } });
    report.figure({ name: "good requests told to come later", value: busy, unit: "requests" });
    report.figure({
      name: "hostile requests answered unexpectedly",
      value: strange.size,
      unit: "kinds",
      goal: { equals: 0 },
    });
    report.figure({
      name: "ends of the inference process",
      value: await restarts(service.address),
      unit: "ends",
      goal: { equals: 0 },
    });
    report.figure({ name: "memory after warm-up", value: memoryWarm, unit: "MB" });
    report.figure({
      name: "memory at most after that",
      value: memoryMost / memoryWarm,
      unit: "× warm",
      goal: { max: 1.1 },
    });
    report.figure({ name: "event loop blocked at most", value: lagMost, unit: "ms", goal: { max: 100 } });
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The longest block since the last question, in milliseconds; the service measures it itself. */
async function eventLoopLag(address: string): Promise<number> {
  return 1000 * (await metric(address, "nodejs_eventloop_lag_max_seconds"));
}

async function restarts(address: string): Promise<number> {
  return metric(address, "object_detection_inference_ends_total");
}

async function metric(address: string, name: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? NaN);
}
