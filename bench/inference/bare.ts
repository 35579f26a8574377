import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import type * as Ort from "onnxruntime-common";

/** Runs a model in a loop on one tensor, with nothing around it, and prints the runs a second. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { model: { type: "string" }, threads: { type: "string" }, seconds: { type: "string" } },
  });
  const ort = createRequire(__filename)("onnxruntime-node") as typeof Ort;
  const session = await ort.InferenceSession.create(values.model as string, {
    intraOpNumThreads: Number(values.threads),
    interOpNumThreads: 1,
  });
  const [input] = session.inputMetadata;
  if (!input?.isTensor) throw new Error("the model has no input");
  const shape = input.shape as readonly number[];
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(0.5);
  const feeds = { [input.name]: new ort.Tensor("float32", data, shape) };
  await session.run(feeds);
  await session.run(feeds);
  const start = performance.now();
  const until = start + Number(values.seconds) * 1000;
  let runs = 0;
  do {
    await session.run(feeds);
    runs++;
  } while (performance.now() < until);
  process.stdout.write(`${(runs * 1000) / (performance.now() - start)}\n`);
}

void main();
