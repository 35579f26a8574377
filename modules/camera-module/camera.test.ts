import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detectionsReportSchema } from "@edge-vision/messages";
import { CameraWorld, courtyard } from "./testing/camera-world";
import { until } from "./testing/until";

jest.setTimeout(120_000);

const source = `replay:${courtyard}`;
let world: CameraWorld;

afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

describe("reports of detections", () => {
  test("are sent as JSON with id, type and content type, and their confirmations are logged", async () => {
    world = await CameraWorld.create();
    await world.start({ CAMERA_SOURCE: source, FPS: "30" });
    await until(() => world.hub.sent.length >= 5, "five messages");
    const [message] = world.hub.sent;
    expect(message).toMatchObject({ type: "detections", contentType: "application/json", contentEncoding: "utf-8" });
    expect(detectionsReportSchema.parse(message?.body)).toMatchObject({
      camera: "edge-device-1",
      width: 768,
      height: 576,
      detections: [{ label: "car", score: 0.9, box: [10, 10, 60, 40] }],
    });
    const confirmed = world.log.filter(({ msg }) => msg === "confirmed").map(({ messageId }) => messageId);
    expect(confirmed.slice(0, 4)).toEqual(world.hub.sent.slice(0, 4).map(({ id }) => id));
    expect(new Set(confirmed).size).toBe(confirmed.length);
    const times = world.hub.sent.map(({ body }) => String(body.at));
    expect(times).toEqual([...times].sort());
  });

  test("are not sent when nothing is found", async () => {
    world = await CameraWorld.create((request, response) => request.resume().on("end", () => response.end("[]")));
    await world.start({ CAMERA_SOURCE: source, FPS: "60" });
    await until(async () => (await world.metric("camera_frames_judged_total")) >= 20, "judged frames");
    expect(world.hub.sent).toEqual([]);
  });
});

describe("settings from the module twin", () => {
  test("are applied without a restart and acknowledged; a refusal keeps the old ones", async () => {
    world = await CameraWorld.create();
    await world.start({ CAMERA_SOURCE: "replay:/nowhere", FPS: "30" });
    await until(() => world.hub.reported.settings, "the first acknowledgement");
    expect(world.hub.reported.settings).toEqual({ version: 1, status: "applied", faults: null });
    world.hub.desire({ source });
    await until(() => world.hub.sent.length > 0, "a message");
    world.hub.desire({ threshold: 2, speed: 1 });
    expect(await until(() => refusal(), "the refusal")).toEqual({
      version: 3,
      status: "refused",
      faults: [
        { path: "threshold", message: expect.any(String) as string },
        { path: "speed", message: "is not a known setting" },
      ],
    });
    const before = world.hub.sent.length;
    await until(() => world.hub.sent.length > before, "messages with the old settings");
    // The patch removes what was refused.
    world.hub.desire({ threshold: 0.95, speed: null });
    await until(() => (world.hub.reported.settings as { version: number }).version === 4, "the threshold");
    await until(async () => (await world.metric("camera_requests_in_flight")) === 0, "the last old frame");
    const after = world.hub.sent.length;
    const judged = await world.metric("camera_frames_judged_total");
    await until(async () => (await world.metric("camera_frames_judged_total")) > judged + 10, "more frames");
    expect(world.hub.sent.length - after).toBeLessThanOrEqual(1);
  });

  test("are waited for at the first start, and kept for a start without the hub", async () => {
    world = await CameraWorld.create();
    world.hub.reachable = false;
    await world.start({ CAMERA_SOURCE: source });
    await until(() => world.log.some(({ msg }) => msg === "the hub cannot be reached"), "a failed try");
    expect(await world.metric("camera_frames_captured_total")).toBe(0);
    const ready = await fetch(`${world.address}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ ready: false, reasons: ["no settings yet: the hub has not answered"] });
    world.hub.reachable = true;
    world.hub.desire({ fps: 20 });
    await until(() => world.hub.sent.length > 0, "a message");
    expect((await fetch(`${world.address}/readyz`)).status).toBe(200);
    await world.stop();
    world.hub.reachable = false;
    await world.start({ CAMERA_SOURCE: source });
    await until(async () => (await world.metric("camera_frames_judged_total")) > 2, "frames without the hub");
  });
});

describe("the preview", () => {
  test("exists only when it is switched on", async () => {
    world = await CameraWorld.create();
    await world.start({ CAMERA_SOURCE: source, FPS: "20" });
    await until(() => world.hub.sent.length > 0, "a message");
    expect((await fetch(`${world.address}/snapshot.jpg`)).status).toBe(404);
    await world.stop();
    await world.start({ CAMERA_SOURCE: source, FPS: "20", PREVIEW: "on" });
    const response = await until(async () => {
      const answer = await fetch(`${world.address}/snapshot.jpg`);
      return answer.ok ? answer : undefined;
    }, "a picture");
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(Buffer.from(await response.arrayBuffer()).readUInt16BE(0)).toBe(0xffd8);
    const sent = world.hub.sent.length;
    await until(() => world.hub.sent.length > sent, "a message");
    const at = String(world.hub.sent.at(-1)?.body.at);
    const own = await fetch(`${world.address}/snapshot.jpg?at=${at}`);
    expect([own.status, own.headers.get("x-captured-at")]).toEqual([200, at]);
  });
});

describe("a source that cannot deliver", () => {
  test("a missing file and a clip without pictures are told clearly, and reported", async () => {
    const folder = await mkdtemp(join(tmpdir(), "clip-"));
    const clip = join(folder, "corrupt.mjpeg");
    await writeFile(clip, Buffer.alloc(100_000, 0xff));
    world = await CameraWorld.create();
    await world.start({ CAMERA_SOURCE: "replay:/nowhere.mjpeg" });
    await until(() => errorOf("SOURCE_NOT_FOUND")?.includes("/nowhere.mjpeg cannot be read (ENOENT)"), "the error");
    world.hub.desire({ source: `replay:${clip}` });
    await until(() => errorOf("SOURCE_NO_PICTURES")?.includes("100000 bytes hold no whole JPEG picture"), "the error");
    await until(() => (world.hub.reported.source as { state: string }).state === "failed", "the report");
    await rm(folder, { recursive: true });
  });
});

function refusal(): object | undefined {
  const settings = world.hub.reported.settings as { status: string };
  return settings.status === "refused" ? settings : undefined;
}

function errorOf(code: string): string | undefined {
  return world.log.find((line) => line.code === code)?.msg as string | undefined;
}
