import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { DetectionSession } from "@edge-vision/object-detection/dist/inference/session";
import { readCard } from "@edge-vision/object-detection/dist/model/card";
import { decodePicture } from "@edge-vision/object-detection/dist/picture/decode";
import { letterbox } from "@edge-vision/object-detection/dist/picture/letterbox";
import { TensorWriter } from "@edge-vision/object-detection/dist/picture/tensor";
import type * as Ort from "onnxruntime-common";
import { photos } from "./photos";

const ort = createRequire(__filename)("onnxruntime-node") as typeof Ort;

/** Runs a model in a loop on the tensors of the bench's pictures, with nothing around it; prints the runs a second. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { model: { type: "string" }, threads: { type: "string" }, seconds: { type: "string" } },
  });
  const file = values.model as string;
  const threads = Number(values.threads);
  const feeds = await tensors(file, threads);
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const run = async (turn: number): Promise<unknown> => session.run(feeds[turn % feeds.length] as Feeds);
  await run(0);
  await run(1);
  const start = performance.now();
  const until = start + Number(values.seconds) * 1000;
  let runs = 0;
  do await run(runs++);
  while (performance.now() < until);
  process.stdout.write(`${(runs * 1000) / (performance.now() - start)}\n`);
}

type Feeds = Record<string, Ort.Tensor>;

/** What the service would give the model for each picture. */
async function tensors(file: string, threads: number): Promise<Feeds[]> {
  const { plan } = await DetectionSession.load({ file, card: await readCard(file), backend: "native", threads });
  return Promise.all(
    (await photos()).map(async (picture) => {
      const { pixels, placement } = await decodePicture(picture, (image) => letterbox(image, plan.input), {
        pixels: 1e8,
      });
      const writer = new TensorWriter(plan.input, plan.input);
      return Object.fromEntries(
        Object.entries(plan.feeds(writer.write(pixels, placement), placement)).map(([name, { type, data, dims }]) => [
          name,
          new ort.Tensor(type as "float32", data as Float32Array, dims),
        ]),
      );
    }),
  );
}

void main();
