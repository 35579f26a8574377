import type { Detection } from "@edge-vision/messages";
import { Dispatcher } from "@edge-vision/camera-module/dist/flow/dispatcher";
import type { Frame } from "@edge-vision/camera-module/dist/flow/frame";
import { FrameRate } from "@edge-vision/camera-module/dist/flow/frame-rate";
import { renderScene } from "@edge-vision/camera-module/dist/ground-truth/render";
import { Scene } from "@edge-vision/camera-module/dist/ground-truth/scene";
import { JpegSplitter } from "@edge-vision/camera-module/dist/jpeg/splitter";
import type { Report } from "./report";

const pictures = 30;
const rounds = 100;
const framesASecond = 30;
/** What a pipe hands over at once. */
const chunkBytes = 65_536;

/** What splitting and dispatching a camera's stream costs, at VGA and 30 frames a second. */
export async function run(report: Report): Promise<void> {
  const scene = new Scene({ seed: 1, seconds: 60 });
  const frames = await Promise.all(Array.from({ length: pictures }, (_, i) => renderScene(scene, i / framesASecond)));
  const stream = Buffer.concat(frames);
  const splitter = new JpegSplitter();
  const rate = new FrameRate();
  const found: Detection[] = [{ label: "car", score: 0.9, box: [0, 0, 10, 10] }];
  let judged = 0;
  const dispatcher = new Dispatcher({ detect: () => Promise.resolve(found), onJudged: () => (judged += 1) });
  let sequence = 0;
  const play = async (times: number): Promise<void> => {
    for (let round = 0; round < times; round++) {
      for (let at = 0; at < stream.length; at += chunkBytes) {
        for (const picture of splitter.push(stream.subarray(at, at + chunkBytes))) {
          const tick = (++sequence * 1000) / framesASecond;
          const frame: Frame = { ...picture, sequence, moment: { wall: tick, tick, boot: "" }, capturedAt: tick };
          if (rate.takes(tick, framesASecond)) dispatcher.offer(frame);
        }
        await Promise.resolve();
      }
    }
  };
  await play(5);
  const [before, counted] = [process.cpuUsage(), sequence];
  await play(rounds);
  const { user, system } = process.cpuUsage(before);
  const count = sequence - counted;
  const share = (user + system) / 1e6 / (count / framesASecond);
  report.note(
    `${count} pictures of 640 × 480, ${Math.round(stream.length / pictures / 1024)} KB each, ${judged} dispatched`,
  );
  report.figure({ name: "pictures lost", value: rounds * pictures - count, unit: "", goal: { equals: 0 } });
  report.figure({ name: "share of a core", value: share * 100, unit: "%", goal: { max: 5 } });
}
