import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spotEventSchema } from "@edge-vision/messages";
import sharp from "sharp";
import { CameraWorld, courtyard } from "./testing/camera-world";
import { until } from "./testing/until";

jest.setTimeout(120_000);

const spots = [
  {
    name: "a",
    polygon: [
      [0.1, 0.4],
      [0.4, 0.4],
      [0.4, 0.6],
      [0.1, 0.6],
    ],
  },
];
const variables = { CAMERA_SOURCE: `replay:${courtyard}`, REPORT: "spots", SPOTS: JSON.stringify(spots), FPS: "40" };
const quick = { enterSeconds: 0.2, exitSeconds: 0.2 };

/** Whether the inference service sees a car on the spot. */
let parked = true;

const inference: RequestListener = (request, response) => {
  request.resume().on("end", () => {
    const car = { label: "car", score: 0.9, box: [100, 120, 280, 330] };
    response.end(JSON.stringify(parked ? [car] : []));
  });
};

let world: CameraWorld;

beforeEach(async () => {
  parked = true;
  world = await CameraWorld.create(inference);
  world.hub.desire(quick);
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function phase(): Promise<string | undefined> {
  const { body } = await world.hub.invoke("spots");
  return (body as { spots: { phase: string }[] }).spots[0]?.phase;
}

test("a freed spot is reported once, and nothing while nothing changes", async () => {
  await world.start(variables);
  await until(() => world.hub.opened > 0, "the connection");
  await until(async () => (await phase()) === "occupied", "the first phase");
  expect(world.hub.sent).toEqual([]);
  parked = false;
  await until(() => world.hub.sent.length > 0, "the event");
  const [message] = world.hub.sent;
  const event = spotEventSchema.parse(message?.body);
  expect(event).toMatchObject({ spot: "a", event: "freed", camera: "edge-device-1" });
  expect(message).toMatchObject({ id: event.eventId, type: "spot" });
  parked = true;
  await until(() => world.hub.sent.length > 1, "the next event");
  expect(world.hub.sent.map(({ body }) => body.event)).toEqual(["freed", "occupied"]);
});

test("an event that was not confirmed is sent by the next run under the same id, and then forgotten", async () => {
  await world.start(variables);
  await until(() => world.hub.opened > 0, "the connection");
  await until(async () => (await phase()) === "occupied", "the first phase");
  world.hub.confirming = false;
  parked = false;
  await until(async () => (await world.metric("camera_outbox_events")) === 1, "the event in the outbox");
  await world.stop();
  world.hub.confirming = true;
  await world.start(variables);
  await until(() => world.hub.sent.length === 1, "the event");
  expect(world.hub.sent[0]?.body).toMatchObject({ spot: "a", event: "freed" });
  await until(async () => (await world.metric("camera_outbox_events")) === 0, "the empty outbox");
  await world.stop();
  await world.start(variables);
  await until(async () => (await world.metric("camera_frames_judged_total")) > 20, "frames of the third run");
  expect(world.hub.sent).toHaveLength(1);
});

test("resetSpot makes a spot unknown without an event", async () => {
  await world.start(variables);
  await until(() => world.hub.opened > 0, "the connection");
  await until(async () => (await phase()) === "occupied", "the first phase");
  expect((await world.hub.invoke("resetSpot", { spot: "z" })).status).toBe(404);
  expect((await world.hub.invoke("resetSpot", { name: "a" })).status).toBe(400);
  parked = false;
  expect((await world.hub.invoke("resetSpot", { spot: "a" })).status).toBe(200);
  await until(async () => (await phase()) === "free", "the new phase");
  expect(world.hub.sent).toEqual([]);
});

test("no event while the picture is dark, and that is reported", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dark-"));
  const black = sharp({ create: { width: 768, height: 576, channels: 3, background: "#030303" } }).jpeg();
  await writeFile(join(folder, "1.jpg"), await black.toBuffer());
  await world.start(variables);
  await until(() => world.hub.opened > 0, "the connection");
  await until(async () => (await phase()) === "occupied", "the first phase");
  world.hub.desire({ source: `replay:${folder}` });
  await until(() => world.hub.reported.picture === "dark", "the report");
  parked = false;
  const judged = await world.metric("camera_frames_judged_total");
  await until(async () => (await world.metric("camera_frames_judged_total")) > judged + 40, "dark frames");
  expect(world.hub.sent).toEqual([]);
  world.hub.desire({ source: `replay:${courtyard}` });
  await until(() => world.hub.sent.length > 0, "the event after the dark");
  expect(world.hub.reported.picture).toBe("ok");
  await rm(folder, { recursive: true });
});

test("a picture leaves the device only when the setting allows it", async () => {
  await world.start(variables);
  await until(() => world.hub.opened > 0, "the connection");
  await until(async () => (await world.metric("camera_frames_judged_total")) > 0, "a frame");
  expect((await world.hub.invoke("snapshot")).status).toBe(403);
  world.hub.desire({ snapshot: true });
  const { status, body } = await world.hub.invoke("snapshot");
  expect(status).toBe(200);
  const picture = Buffer.from((body as { data: string }).data, "base64");
  expect(await sharp(picture).metadata()).toMatchObject({ format: "jpeg", width: 768 });
});

test("the daily budget is warned of at 80 %", async () => {
  world.hub.desire({ dailyBudget: 1, budgetUnit: 512 });
  await world.start(variables);
  await until(() => world.hub.opened > 0, "the connection");
  await until(async () => (await phase()) === "occupied", "the first phase");
  parked = false;
  await until(() => world.hub.reported.budget, "the report");
  expect(world.hub.reported.budget).toMatchObject({ used: 1, limit: 1, state: "spent" });
});
