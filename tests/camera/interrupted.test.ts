import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JpegSplitter } from "@edge-vision/camera-module/dist/jpeg/splitter";
import { deviceId, EdgeWorld, until } from "../edge/edge-world";
import { addModuleImage, killModule, killRuntime, SpotEventReader } from "./whole-path";

/*
 * The whole path: the camera's image on the device's runtime, edgeHub, the hub, a reader. It plays the courtyard clip
 * once; a double of the inference service knows for each of its frames whether a vehicle stands on the spot. Whatever
 * is interrupted and when, the reader gets the same events, each under one id.
 */

const root = path.resolve(__dirname, "../..");
const camera = "camera-module";
const spot = {
  name: "kerb",
  polygon: [
    [0.1, 0.4],
    [0.4, 0.4],
    [0.4, 0.6],
    [0.1, 0.6],
  ],
};
/** In which frames the spot is taken. */
const taken = (frame: number): boolean => frame < 34 || frame >= 67;

/** Answers as the real service does, and keeps the number of the latest frame that it was asked for. */
class Inference {
  latest = -1;
  readonly #frames = new Map<string, number>();
  readonly #server: Server;

  constructor(clip: Buffer) {
    new JpegSplitter().push(clip).forEach(({ jpeg }, i) => this.#frames.set(hash(jpeg), i));
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const frame = this.#frames.get(hash(Buffer.concat(chunks)));
        if (frame === undefined) return response.writeHead(400).end();
        this.latest = Math.max(this.latest, frame);
        const found = taken(frame) ? [{ label: "car", score: 0.9, box: [100, 120, 280, 330] }] : [];
        return response.end(JSON.stringify(found));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/image`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

function hash(bytes: Buffer): string {
  return createHash("sha1").update(bytes).digest("hex");
}

const interruptions: [string, number, (world: EdgeWorld) => Promise<void>][] = [
  ["the camera is killed before the spot is freed", 20, (world) => killModule(world, camera)],
  ["the camera is killed just after the spot is freed", 40, (world) => killModule(world, camera)],
  ["the runtime is killed", 45, killRuntime],
  ["the hub is cut off", 30, cutHub],
];

async function cutHub(world: EdgeWorld): Promise<void> {
  world.network("cut");
  await sleep(8000);
  world.network("pass");
}

test.each(interruptions)(
  "%s: the same events, each once",
  async (_what, frame, interrupt) => {
    const inference = new Inference(await readFile(path.join(root, "footage/courtyard.mjpeg")));
    const world = await EdgeWorld.start();
    const reader = new SpotEventReader(world.hub.eventHubConnectionString);
    const { events } = reader;
    try {
      await world.deploy({
        modules: {
          [camera]: {
            script: "",
            image: await addModuleImage(world, camera, 8886),
            env: { IMAGE_PROCESSING_ENDPOINT: await inference.listen(), STATE: "/data" },
            createOptions: { HostConfig: { Binds: ["camera-data:/data"] } },
            desired: {
              source: "replay:footage/courtyard.mjpeg?loop=off&resume=on",
              ...{ fps: 8, report: "spots", spots: [spot], enterSeconds: 0.5, exitSeconds: 0.5, gapSeconds: 600 },
            },
          },
        },
        routes: { events: `FROM /messages/modules/${camera}/outputs/output1 INTO $upstream` },
      });
      await world.startRuntime();
      const seen = (): string => `the camera has come to frame ${inference.latest}, the hub has ${events.size} events`;
      await until(
        () => inference.latest >= frame,
        () => `frame ${frame}; ${seen()}`,
        120_000,
      );
      await interrupt(world);
      await until(
        () => inference.latest >= 75 && events.size >= 2,
        () => `both events; ${seen()}`,
        120_000,
      );
      expect([...events.values()].map((one) => [one.spot, one.event, one.camera])).toEqual([
        ["kerb", "freed", deviceId],
        ["kerb", "occupied", deviceId],
      ]);
    } finally {
      await reader.close();
      await world.close();
      await inference.close();
    }
  },
  300_000,
);
