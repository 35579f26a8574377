import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { Camera } from "../camera";
import { readEnvironment } from "../settings/environment";
import { FakeEdgeHub } from "./fake-edge-hub";
import { until } from "./until";

export const courtyard = resolve(__dirname, "../../../footage/courtyard.mjpeg");

/** Reads a request's body and answers a detection of a car. */
export const findCar: RequestListener = (request, response) => {
  request.resume().on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify([{ label: "car", score: 0.9, box: [10, 10, 60, 40] }]));
  });
};

/** A camera with everything around it in memory: edgeHub, the inference service, a state folder. */
export class CameraWorld implements AsyncDisposable {
  readonly hub = new FakeEdgeHub();
  readonly log: Record<string, unknown>[] = [];
  /** Base address of the camera's own server. */
  address = "";

  readonly #folder: string;
  readonly #inference: Server;
  #end = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(folder: string, inference: Server) {
    this.#folder = folder;
    this.#inference = inference;
  }

  static async create(infer: RequestListener = findCar): Promise<CameraWorld> {
    const inference = createServer(infer);
    await new Promise<void>((done) => inference.listen(0, "127.0.0.1", done));
    return new CameraWorld(await mkdtemp(join(tmpdir(), "camera-")), inference);
  }

  /** Starts the camera with these variables; the endpoint, a free port and the state folder are given. */
  async start(variables: Record<string, string>): Promise<void> {
    const environment = readEnvironment({
      IMAGE_PROCESSING_ENDPOINT: `http://127.0.0.1:${(this.#inference.address() as AddressInfo).port}/image`,
      PORT: "0",
      STATE: join(this.#folder, "state"),
      ...variables,
    });
    const write = (line: string): void => {
      this.log.push(JSON.parse(line) as Record<string, unknown>);
    };
    const log = pino({ level: "debug" }, { write });
    this.#end = new AbortController();
    const camera = await Camera.create(environment, { connect: this.hub.connect, deviceId: "edge-device-1", log });
    const since = this.log.length;
    this.#running = camera.run(this.#end.signal);
    const { port } = await until(() => this.log.slice(since).find(({ msg }) => msg === "listening"), "the server");
    this.address = `http://127.0.0.1:${Number(port)}`;
  }

  /** Settles when the camera ends by itself. */
  get ended(): Promise<void> {
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  /** The value of a figure of `GET /metrics`, 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.address}/metrics`)).text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that has given up has told so already.
    await this.stop().catch(() => undefined);
    this.#inference.closeAllConnections();
    await new Promise((done) => this.#inference.close(done));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
