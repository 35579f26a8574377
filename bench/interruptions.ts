import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JpegSplitter } from "@edge-vision/camera-module/dist/jpeg/splitter";
import { Random } from "@edge-vision/camera-module/dist/ground-truth/random";
import type { Spot, SpotEvent } from "@edge-vision/messages";
import { EdgeWorld, type TestModule, until } from "#tests/edge/edge-world";
import { addModuleImage, killModule, killRuntime, SpotEventReader } from "#tests/camera/whole-path";
import type { Report } from "./report";

const runs = 10;
/** Each run waits most of its time; so many leave the model the processor it needs. */
const sideBySide = 6;
const camera = "camera-module";
const inference = "object-detection";
/** Slower than real: a stop has to outlast the time in which a killed runtime and the model start again. */
const fps = 0.75;
/** The clip begins where nobody stands in any zone, and goes on with its first picture after its last. */
const firstPicture = 70;
const cutMilliseconds = 60_000;

/** Where people stop in the clip, and a part of the lawn where nobody does. */
const spots: Spot[] = [
  spot("lamp", [360, 235, 400, 265]),
  spot("road", [660, 135, 700, 165]),
  spot("lawn", [380, 450, 460, 500]),
];

function spot(name: string, [left, top, right, bottom]: [number, number, number, number]): Spot {
  const at = (x: number, y: number): [number, number] => [x / 768, y / 576];
  return { name, polygon: [at(left, top), at(right, top), at(right, bottom), at(left, bottom)] };
}

/** When things happen to a run, in seconds after its first picture. */
interface Moments {
  readonly killCamera: number;
  readonly killRuntime: number;
  readonly cutHub: number;
}

interface Outcome {
  readonly events: readonly SpotEvent[];
  readonly repeats: number;
}

/**
 * The whole path with footage and the real model: image, detections, spots, edgeHub, hub, reader. Ten runs in which the
 * camera is killed, the runtime is killed and the hub is cut off for a minute, each at a random moment, against one in
 * which nothing happens. `SEED` repeats the moments of a run.
 */
export async function run(report: Report): Promise<void> {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const random = new Random(seed);
  const footage = await readFile(path.join(__dirname, "../../footage/courtyard.mjpeg"));
  const clip = new JpegSplitter().push(footage).map(({ jpeg }) => jpeg);
  const seconds = clip.length / fps;
  report.note(`${clip.length} pictures at ${fps} a second, ${runs} runs; again with SEED=${seed}`);
  const moment = (): number => random.between(1, seconds - 1);
  const interrupted = Array.from({ length: runs }, (): Moments => ({
    killCamera: moment(),
    killRuntime: moment(),
    cutHub: moment(),
  }));
  const [reference, ...others] = await pooled([undefined, ...interrupted], (moments) => playClip(clip, moments));
  if (!reference) throw new Error("there is no reference");
  report.note(`without interruption: ${textOf(reference)}`);
  others.forEach((outcome, i) => {
    const { killCamera, killRuntime, cutHub } = interrupted[i] as Moments;
    const at = [killCamera, killRuntime, cutHub].map((second) => second.toFixed(1));
    report.note(`camera killed at ${at[0]} s, runtime at ${at[1]} s, hub cut off at ${at[2]} s: ${textOf(outcome)}`);
  });
  const expected = new Set(keysOf(reference));
  const sum = (of: (outcome: Outcome) => number): number => others.reduce((total, one) => total + of(one), 0);
  report.figure({ name: "events without interruption", value: expected.size, unit: "", goal: { min: 4 } });
  const lost = sum((one) => [...expected].filter((key) => !keysOf(one).includes(key)).length);
  report.figure({ name: "events lost", value: lost, unit: "", goal: { equals: 0 } });
  const invented = sum((one) => keysOf(one).filter((key) => !expected.has(key)).length);
  report.figure({ name: "events invented", value: invented, unit: "", goal: { equals: 0 } });
  const same = others.filter((one) => keysOf(one).join() === keysOf(reference).join()).length;
  report.figure({ name: "runs with the same events", value: same, unit: "", goal: { equals: runs } });
  report.figure({ name: "repeats of an id", value: sum(({ repeats }) => repeats), unit: "" });
}

/** What an event must be in every run: its id and what it says, but for the time. */
function keysOf({ events }: Outcome): string[] {
  return events.map(({ eventId, event }) => `${eventId} ${event}`).sort();
}

function textOf({ events, repeats }: Outcome): string {
  return `${events.map(({ eventId, event }) => `${eventId} ${event}`).join(", ")}; ${repeats} repeats`;
}

async function playClip(clip: readonly Buffer[], moments: Moments | undefined): Promise<Outcome> {
  const world = await EdgeWorld.start();
  const reader = new SpotEventReader(world.hub.eventHubConnectionString);
  try {
    const recording = path.join(world.folder, "courtyard.mjpeg");
    const turned = [...clip.slice(firstPicture), ...clip.slice(0, firstPicture)];
    await writeFile(recording, Buffer.concat(turned));
    const state = world.volume("camera-data");
    await mkdir(state, { recursive: true });
    // Ids have a part that is drawn once for each storage; the same here, so that ids can be compared.
    await writeFile(path.join(state, "spots.json"), JSON.stringify({ epoch: "bench", spots: {} }));
    const model = { script: "", image: await addModuleImage(world, inference, 8885) };
    await world.deploy({ modules: { [inference]: model }, routes: {} });
    await world.startRuntime();
    await until(
      () => isReady(world),
      () => "the model is loaded",
      120_000,
    );
    await deploy(world, model, recording);
    const seen = async (): Promise<number> =>
      Number(await readFile(path.join(state, "replay-position"), "utf8").catch(() => "0"));
    await until(
      async () => (await seen()) > 0,
      () => "the first picture",
      120_000,
    );
    if (moments) await interrupt(world, moments);
    await until(
      async () => (await seen()) >= clip.length && (await readdir(path.join(state, "outbox"))).length === 0,
      () => "the clip has ended and every event was confirmed",
      300_000,
    );
    await until(
      async () => (await world.status())?.edgeHub.queued === 0,
      () => "edgeHub has passed on all",
      120_000,
    );
    // What comes late would be an event too many.
    await sleep(5000);
    return { events: [...reader.events.values()], repeats: reader.repeats };
  } finally {
    await reader.close();
    await world.close();
  }
}

async function isReady(world: EdgeWorld): Promise<boolean> {
  const address = (await world.status())?.modules[inference]?.ports?.["8885/tcp"] ?? "127.0.0.1:1";
  return fetch(`http://${address}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function deploy(world: EdgeWorld, model: TestModule, recording: string): Promise<void> {
  await world.deploy({
    modules: {
      [inference]: model,
      [camera]: {
        script: "",
        image: await addModuleImage(world, camera, 8886),
        env: { IMAGE_PROCESSING_ENDPOINT: `http://${inference}:8885/image`, STATE: "/data" },
        createOptions: { HostConfig: { Binds: ["camera-data:/data"] } },
        desired: {
          source: `replay:${recording}?loop=off&resume=on`,
          ...{ fps, report: "spots", spots, vehicles: ["person"], enterSeconds: 2, exitSeconds: 2 },
        },
      },
    },
    routes: { events: `FROM /messages/modules/${camera}/outputs/output1 INTO $upstream` },
  });
}

async function interrupt(world: EdgeWorld, moments: Moments): Promise<void> {
  const after = (seconds: number): Promise<void> => sleep(seconds * 1000);
  await Promise.all([
    after(moments.killCamera).then(() => killModule(world, camera)),
    after(moments.killRuntime).then(() => killRuntime(world)),
    after(moments.cutHub).then(async () => {
      world.network("cut");
      await sleep(cutMilliseconds);
      world.network("pass");
    }),
  ]);
}

/** Does the work for each, {@link sideBySide} at a time, and gives the results in order. */
async function pooled<T, R>(inputs: readonly T[], work: (input: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = inputs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, input] of waiting) results[index] = await work(input);
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return results;
}
