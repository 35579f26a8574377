import { availableParallelism } from "node:os";
import path from "node:path";
import { parseCard, readCard } from "../model/card";
import { checkModelFile } from "../model/model-file";
import { concurrency } from "./concurrency";
import { Interpreter } from "./interpreter";
import type { InferenceOptions, ModelFile, ModelInfo } from "./protocol";
import { SessionThread } from "./session-thread";

export interface LoadedModel {
  info: ModelInfo;
  interpreter: Interpreter;
  sessions: readonly SessionThread[];
}

/**
 * Checks a model's file and card, loads it into its sessions and tries each on the probe picture.
 *
 * @param entry script of the inference process, which is also the script of the session threads
 * @throws ModelError whatever makes the model unusable
 */
export async function loadModel(entry: string, model: ModelFile, options: InferenceOptions): Promise<LoadedModel> {
  const file = path.resolve(model.file);
  const card = model.card === undefined ? await readCard(file) : parseCard(model.card, "the model's card");
  const { bytes, sha256 } = await checkModelFile(file, {
    maxBytes: options.maxModelBytes,
    sha256s: [
      ...(model.sha256 === undefined ? [] : [{ value: model.sha256, origin: "the setting" }]),
      ...(card.sha256 === undefined ? [] : [{ value: card.sha256, origin: "the model's card" }]),
    ],
  });
  const { sessions: count, threads } = concurrency(options, bytes, availableParallelism());
  const start = async (): Promise<SessionThread> =>
    SessionThread.start(entry, { file, card, threads, backend: options.backend });
  // The first alone: a model that is refused is loaded once, not once a session.
  const first = await start();
  const others = await Promise.all(Array.from({ length: count - 1 }, start));
  const { signature, backend, probeMs } = first.info;
  const interpreter = new Interpreter(signature, card);
  const { plan, labels, threshold, iou } = interpreter;
  const { width, height, type, channels, layout } = plan.input;
  return {
    interpreter,
    sessions: [first, ...others],
    info: {
      name: card.name ?? defaultName(file),
      file,
      bytes,
      sha256,
      family: plan.family,
      input: `${width}x${height} ${channels} ${layout} ${type}`,
      labels: labels.filter((label) => label !== undefined).length,
      threshold,
      iou,
      backend,
      probeMs,
      sessions: count,
      threads,
    },
  };
}

/** `models/my-car-park/model.onnx` is my-car-park; any other file has its own name. */
function defaultName(file: string): string {
  const { name, dir } = path.parse(file);
  return name === "model" ? path.basename(dir) : name;
}
