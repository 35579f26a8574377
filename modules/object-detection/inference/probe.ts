import { ModelError } from "../errors";
import type { Interpreter } from "./interpreter";
import type { ModelSession } from "./session";

/** Side of the probe picture. */
const side = 64;

/**
 * Tries a model on a picture made of a gradient, twice: the first run also allocates. Answers the milliseconds of the
 * second.
 *
 * @throws ModelError `MODEL_OUTPUT` when the run fails, or when the outputs hold something that is not a finite number
 * or cannot be read.
 */
export async function probe(session: ModelSession, interpreter: Interpreter): Promise<number> {
  const placement = interpreter.place({ width: side, height: side });
  const { width, height } = placement.content;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7) % 256);
  try {
    const inputs = interpreter.inputs({ data, width, height }, placement);
    for (const [name, tensor] of Object.entries(await session.run(inputs))) {
      if (tensor.data instanceof Float32Array && !tensor.data.every(Number.isFinite)) {
        throw new ModelError("MODEL_OUTPUT", `output ${name} holds values that are not finite numbers`);
      }
    }
    const start = performance.now();
    interpreter.detections(await session.run(inputs), placement, interpreter.threshold);
    return performance.now() - start;
  } catch (error) {
    const reason = String((error as { message?: unknown }).message).split("\n")[0] ?? "";
    throw new ModelError("MODEL_OUTPUT", `the model fails on the probe picture: ${reason}`);
  }
}
