import { CameraWorld } from "./testing/camera-world";
import { Watchdog, WatchdogError } from "./watchdog";

jest.setTimeout(120_000);

test("the module gives up when no picture comes for too long", async () => {
  const world = await CameraWorld.create();
  await world.start({ CAMERA_SOURCE: "replay:/nowhere.mjpeg", WATCHDOG: "1" });
  await expect(world.ended).rejects.toThrow(WatchdogError);
  await expect(world.ended).rejects.toThrow(/^no picture for \d+ s/);
  await world[Symbol.asyncDispose]();
});

test("the watchdog counts from the last sign of life, and 0 seconds watch nothing", () => {
  let time = 0;
  const watchdog = new Watchdog(10, () => time);
  time = 10_000;
  expect(watchdog.overdue).toBeUndefined();
  time = 12_000;
  expect(watchdog.overdue).toBe("no picture for 12 s");
  watchdog.feed();
  expect(watchdog.overdue).toBeUndefined();
  const never = new Watchdog(0, () => time);
  time = 1e12;
  expect(never.overdue).toBeUndefined();
});
