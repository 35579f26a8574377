import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { Interpreter } from "@edge-vision/object-detection/dist/inference/interpreter";
import { ModelSession } from "@edge-vision/object-detection/dist/inference/session";
import { readCard } from "@edge-vision/object-detection/dist/model/card";
import { decodePicture } from "@edge-vision/object-detection/dist/picture/decode";
import type { Placement, Size } from "@edge-vision/object-detection/dist/picture/letterbox";
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
  const { signature } = await ModelSession.load({ file, backend: "native", threads });
  const interpreter = new Interpreter(signature, await readCard(file));
  return Promise.all(
    (await photos()).map(async (picture) => {
      const place = (image: Size): Placement => interpreter.place(image);
      const { pixels, placement } = await decodePicture(picture, place, { pixels: 1e8 });
      return Object.fromEntries(
        Object.entries(interpreter.inputs(pixels, placement)).map(([name, { type, data, dims }]) => [
          name,
          new ort.Tensor(type as "float32", data as Float32Array, dims),
        ]),
      );
    }),
  );
}

void main();
