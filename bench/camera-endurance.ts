import { readdirSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { Dispatcher } from "@edge-vision/camera-module/dist/flow/dispatcher";
import type { Frame } from "@edge-vision/camera-module/dist/flow/frame";
import { disturb, usual } from "@edge-vision/camera-module/dist/ground-truth/disturb";
import { Random } from "@edge-vision/camera-module/dist/ground-truth/random";
import { renderScene } from "@edge-vision/camera-module/dist/ground-truth/render";
import { Scene } from "@edge-vision/camera-module/dist/ground-truth/scene";
import { settingsFor } from "@edge-vision/camera-module/dist/ground-truth/watch-scene";
import { JpegSplitter } from "@edge-vision/camera-module/dist/jpeg/splitter";
import { DetectionsReporter } from "@edge-vision/camera-module/dist/reporting/detections-reporter";
import { FrameHistory } from "@edge-vision/camera-module/dist/server/frame-history";
import { FileSpotStorage } from "@edge-vision/camera-module/dist/spots/file-spot-storage";
import { SpotWatch } from "@edge-vision/camera-module/dist/spots/spot-watch";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { Report } from "./report";

/** A day and more at ten frames a second. */
const frames = 1_000_000;
const warmUp = frames / 10;
const framesASecond = 10;
const sceneSeconds = 600;

/** A day of footage at high speed: what the camera keeps of it in memory and in open files. */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "endurance-"));
  try {
    await play(report, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(report: Report, folder: string): Promise<void> {
  const scene = new Scene({ seed: 1, seconds: sceneSeconds });
  const random = new Random(1);
  const detections = Array.from({ length: sceneSeconds * framesASecond }, (_, i) =>
    disturb(scene.detections(i / framesASecond), scene.view, usual, random),
  );
  const picture = await sharp(await renderScene(scene, 0))
    .resize(160, 120)
    .jpeg({ quality: 60 })
    .toBuffer();
  const settings = { ...settingsFor(scene), report: "both" as const };

  const storage = new FileSpotStorage(folder, () => undefined);
  const [splitter, history, reporter] = [new JpegSplitter(), new FrameHistory(), new DetectionsReporter("camera")];
  let [sequence, events, messages, bytes] = [0, 0, 0, 0];
  const watch = await SpotWatch.open({
    storage,
    camera: "camera",
    onEvent: (event) => {
      events += 1;
      void storage.removeEvent(event);
    },
    onStorageFault: (error) => {
      throw error;
    },
  });
  watch.configure(settings);
  let judged = 0;
  const dispatcher = new Dispatcher({
    detect: () => Promise.resolve(detections[judged++ % detections.length] ?? []),
    onJudged: (result) => {
      if ("failed" in result) throw result.failed;
      const { width, height } = scene.view;
      watch.observe({ moment: result.frame.moment, width, height, detections: result.detections });
      if (reporter.report(result.frame, result.detections, settings)) messages += 1;
      history.judged(result.frame);
    },
  });

  let resident = 0;
  let descriptors = 0;
  const started = performance.now();
  while (sequence < frames) {
    for (const found of splitter.push(picture)) {
      const tick = (++sequence * 1000) / framesASecond;
      const frame: Frame = { ...found, sequence, moment: { wall: tick, tick, boot: "" }, capturedAt: tick };
      history.captured(frame);
      bytes += found.jpeg.length;
      dispatcher.offer(frame);
    }
    await Promise.resolve();
    if (sequence % 100 === 0) {
      await watch.settled();
      await breathe();
    }
    if (sequence === warmUp) [resident, descriptors] = [process.memoryUsage.rss(), openFiles()];
  }
  const seconds = (performance.now() - started) / 1000;
  report.note(`${frames} frames, ${Math.round(bytes / 2 ** 20)} MB, ${messages} reports and ${events} spot events`);
  report.figure({ name: "speed", value: frames / framesASecond / seconds, unit: "× real time" });
  report.figure({
    name: "resident memory after all frames",
    value: process.memoryUsage.rss() / resident,
    unit: "× after a tenth of them",
    goal: { max: 1.1 },
  });
  report.figure({ name: "open files more", value: openFiles() - descriptors, unit: "", goal: { max: 0 } });
}

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}
