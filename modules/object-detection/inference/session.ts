import type { InferenceSession, Tensor } from "onnxruntime-common";
import { ModelError } from "../errors";
import type { PlainTensor } from "../families/family";
import type { Signature, TensorInfo } from "../model/signature";
import { loadBackend, type Backend, type BackendName } from "../runtime/backend";
import type { Tensors } from "./interpreter";

export interface SessionOptions {
  file: string;
  backend: BackendName | "auto";
  threads: number;
}

/** A model in ONNX Runtime. */
export class ModelSession {
  readonly signature: Signature;

  private constructor(
    private readonly session: InferenceSession,
    private readonly runtime: Backend,
  ) {
    this.signature = signatureOf(session);
  }

  /** @throws ModelError `MODEL_UNREADABLE` when ONNX Runtime refuses the file */
  static async load({ file, backend, threads }: SessionOptions): Promise<ModelSession> {
    const runtime = loadBackend(backend, threads);
    try {
      const session = await runtime.ort.InferenceSession.create(file, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        // Planned memory would be allocated a second time beside the arena, for no gain in speed.
        enableMemPattern: false,
        extra: { session: threading(threads) },
        graphOptimizationLevel: "all",
      });
      return new ModelSession(session, runtime);
    } catch (error) {
      throw new ModelError("MODEL_UNREADABLE", `${file}: ONNX Runtime cannot load the model: ${runtimeReason(error)}`);
    }
  }

  get backend(): BackendName {
    return this.runtime.name;
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const { Tensor: OrtTensor } = this.runtime.ort;
    const feeds: Record<string, Tensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(inputs)) {
      feeds[name] = new OrtTensor(type as "float32", data as Float32Array, dims);
    }
    const outputs = Object.entries(await this.session.run(feeds));
    return Object.fromEntries(
      outputs.map(([name, { type, data, dims }]) => [name, { type, data: data as PlainTensor["data"], dims }]),
    );
  }
}

/**
 * How the threads of a session share its work. Those that wait for the others spin while the model runs, which is worth
 * 3 %, and sleep as soon as it does not: the cores are for decoding and for the other modules too. Work is dealt out in
 * small pieces, because a thread may share its core with the decoder: worth 3 % too.
 */
function threading(threads: number): object {
  const intraOp = { allow_spinning: threads > 1 ? "1" : "0" };
  return { intra_op: intraOp, force_spinning_stop: "1", dynamic_block_base: "4" };
}

/** ONNX Runtime's message without the places in its own source. */
function runtimeReason(error: unknown): string {
  const [line = ""] = String((error as { message?: unknown }).message).split("\n");
  return line.replace(/^Load model from .* failed: ?/, "").replace(/\/onnxruntime_src\/\S+:\d+ .*?\) (?=[A-Z])/, "");
}

function signatureOf(session: InferenceSession): Signature {
  const describe = (values: readonly InferenceSession.ValueMetadata[]): TensorInfo[] =>
    values.map((value) =>
      value.isTensor
        ? { name: value.name, type: value.type, shape: value.shape }
        : { name: value.name, type: "not a tensor", shape: [] },
    );
  return { inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) };
}
