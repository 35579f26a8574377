import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pino } from "pino";
import sharp from "sharp";
import { Service } from "../../modules/object-detection/service";
import { readSettings } from "../../modules/object-detection/settings";

const moduleFolder = path.join(__dirname, "..", "..", "modules", "object-detection");

export const nanodetModel = path.join(__dirname, "..", "..", "models", "nanodet-coco", "model.onnx");

/** The service in this process, with a real inference process, on a free port. */
export class TestService {
  private constructor(
    readonly service: Service,
    readonly address: string,
  ) {}

  /** Starts the service; the settings are those of its environment. */
  static async start(environment: Record<string, string>): Promise<TestService> {
    const settings = readSettings({ PORT: "0", SESSIONS: "1", THREADS: "1", DEADLINE: "60", ...environment });
    const entry = path.join(moduleFolder, "dist", "inference-process.js");
    const service = new Service(settings, pino({ level: "silent" }), entry);
    const address = await service.start();
    await service.inference.decided();
    return new TestService(service, address);
  }

  async post(picture: Uint8Array, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.address}/image`, {
      method: "POST",
      body: new Uint8Array(picture),
      headers: { "content-type": "application/octet-stream" },
      ...init,
    });
  }

  async get(resource: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.address + resource);
    const text = await response.text();
    return {
      status: response.status,
      body: response.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text,
    };
  }

  async close(): Promise<void> {
    await this.service.close();
  }
}

/** A temporary folder with one of the small graphs of the tests as `model.onnx` and with its card. */
export class ModelFolder {
  private constructor(
    readonly folder: string,
    readonly file: string,
  ) {}

  static async make(graph: string, card: Record<string, unknown>): Promise<ModelFolder> {
    const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-model-"));
    const file = path.join(folder, "model.onnx");
    await copyFile(path.join(moduleFolder, "fixtures", `${graph}.onnx`), file);
    await writeFile(path.join(folder, "model.json"), JSON.stringify(card));
    return new ModelFolder(folder, file);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A picture of one colour as PNG. */
export async function plainPicture(
  width: number,
  height: number,
  [r, g, b]: readonly [number, number, number],
): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const last = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > last) throw new Error(`${what}: not within 60 s`);
    await wait(20);
  }
}
