import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Dispatcher } from "@edge-vision/camera-module/dist/flow/dispatcher";
import type { Frame } from "@edge-vision/camera-module/dist/flow/frame";
import { FrameRate } from "@edge-vision/camera-module/dist/flow/frame-rate";
import { renderScene } from "@edge-vision/camera-module/dist/ground-truth/render";
import { Scene } from "@edge-vision/camera-module/dist/ground-truth/scene";
import { InferenceClient } from "@edge-vision/camera-module/dist/inference/inference-client";
import { JpegSplitter } from "@edge-vision/camera-module/dist/jpeg/splitter";
import type { Report } from "./report";

const pictures = 30;
const rounds = 100;
const framesASecond = 30;
const pool = 4;
/** What a pipe hands over at once. */
const chunkBytes = 65_536;

/** What splitting a camera's stream and posting each picture to inference costs, at VGA and 30 frames a second. */
export async function run(report: Report): Promise<void> {
  const service = fork(join(__dirname, "splitting", "service.js"));
  const [port] = (await once(service, "message")) as [number];
  const client = new InferenceClient({ endpoint: `http://127.0.0.1:${port}/image`, connections: pool });
  try {
    await play(report, client);
  } finally {
    await client.close();
    service.disconnect();
  }
}

async function play(report: Report, client: InferenceClient): Promise<void> {
  const scene = new Scene({ seed: 1, seconds: 60 });
  const frames = await Promise.all(Array.from({ length: pictures }, (_, i) => renderScene(scene, i / framesASecond)));
  const stream = Buffer.concat(frames);
  const splitter = new JpegSplitter();
  const rate = new FrameRate();
  let judged = 0;
  const dispatcher = new Dispatcher({
    pool,
    detect: (jpeg) => client.detect(jpeg),
    onJudged: (result) => {
      if ("failed" in result) throw result.failed;
      judged += 1;
    },
  });
  let sequence = 0;
  const playRound = async (): Promise<void> => {
    for (let at = 0; at < stream.length; at += chunkBytes) {
      for (const picture of splitter.push(stream.subarray(at, at + chunkBytes))) {
        const tick = (++sequence * 1000) / framesASecond;
        const frame: Frame = { ...picture, sequence, moment: { wall: tick, tick, boot: "" }, capturedAt: tick };
        while (dispatcher.inFlight === pool) await turn();
        if (rate.takes(tick, framesASecond)) dispatcher.offer(frame);
      }
    }
    while (dispatcher.inFlight > 0) await turn();
  };
  for (let round = 0; round < 5; round++) await playRound();
  const [before, split, sent] = [process.cpuUsage(), sequence, judged];
  for (let round = 0; round < rounds; round++) await playRound();
  const { user, system } = process.cpuUsage(before);
  const count = sequence - split;
  const share = (user + system) / 1e6 / (count / framesASecond);
  report.note(`${count} pictures of 640 × 480, ${Math.round(stream.length / pictures / 1024)} KB each`);
  report.figure({ name: "pictures lost", value: rounds * pictures - (judged - sent), unit: "", goal: { equals: 0 } });
  report.figure({ name: "share of a core", value: share * 100, unit: "%", goal: { max: 5 } });
}
