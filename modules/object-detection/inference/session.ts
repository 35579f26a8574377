import type { Detection } from "@edge-vision/messages";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { InferenceError, ModelError } from "../errors";
import type { Candidate, Plan, PlainTensor } from "../families/family";
import { labelsFor, recognise } from "../families/recognise";
import { suppress } from "../families/suppression";
import type { ModelCard } from "../model/card";
import type { Signature, TensorInfo } from "../model/signature";
import { clip, type Placement } from "../picture/letterbox";
import { TensorWriter, type Pixels } from "../picture/tensor";
import { loadBackend, type Backend, type BackendName } from "../runtime/backend";

export interface SessionOptions {
  file: string;
  card: ModelCard;
  backend: BackendName | "auto";
  threads: number;
}

/** One loaded model that answers one picture after the other. */
export class DetectionSession {
  readonly plan: Plan;
  readonly threshold: number;
  readonly iou: number;
  readonly labels: readonly (string | undefined)[];
  readonly #writer: TensorWriter;

  private constructor(
    private readonly session: InferenceSession,
    readonly backend: Backend,
    card: ModelCard,
  ) {
    this.plan = recognise(signatureOf(session), card);
    this.labels = labelsFor(this.plan, card);
    this.threshold = card.threshold ?? this.plan.threshold;
    this.iou = card.iou ?? this.plan.iou;
    this.#writer = new TensorWriter(this.plan.input, this.plan.input);
  }

  /**
   * @throws ModelError `MODEL_UNREADABLE` when ONNX Runtime refuses the file, or what {@link recognise} and
   * {@link labelsFor} throw.
   */
  static async load({ file, card, backend, threads }: SessionOptions): Promise<DetectionSession> {
    const runtime = loadBackend(backend, threads);
    let session: InferenceSession;
    try {
      session = await runtime.ort.InferenceSession.create(file, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        // Planned memory would be allocated a second time beside the arena, for no gain in speed.
        enableMemPattern: false,
        // Threads that wait sleep: spinning would take the cores from decoding and from the other modules.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
        graphOptimizationLevel: "all",
      });
    } catch (error) {
      throw new ModelError("MODEL_UNREADABLE", `${file}: ONNX Runtime cannot load the model: ${runtimeReason(error)}`);
    }
    return new DetectionSession(session, runtime, card);
  }

  /** What the model finds in a picture, best first. */
  async detect(pixels: Pixels, placement: Placement, threshold: number): Promise<Detection[]> {
    const outputs = await this.run(pixels, placement);
    const found = this.plan.decode(outputs, placement, threshold);
    const kept = this.plan.suppress ? suppress(found, this.iou) : [...found].sort((a, b) => b.score - a.score);
    return kept.flatMap((candidate) => this.#detection(candidate, placement));
  }

  /** The model's raw outputs for a picture. */
  async run(pixels: Pixels, placement: Placement): Promise<Record<string, PlainTensor>> {
    const { Tensor: OrtTensor } = this.backend.ort;
    const feeds: Record<string, Tensor> = {};
    const plain = this.plan.feeds(this.#writer.write(pixels, placement), placement);
    for (const [name, { type, data, dims }] of Object.entries(plain)) {
      feeds[name] = new OrtTensor(type as "float32", data as Float32Array, dims);
    }
    return (await this.session.run(feeds)) as unknown as Record<string, PlainTensor>;
  }

  #detection({ classIndex, score, box }: Candidate, { image }: Placement): Detection[] {
    if (!box.every(Number.isFinite)) {
      throw new InferenceError("the model answered with a box that is not made of finite numbers");
    }
    const [xmin, ymin, xmax, ymax] = clip(box, image).map((side) => Math.round(side * 100) / 100) as typeof box;
    const label = this.labels[classIndex];
    if (label === undefined || xmax <= xmin || ymax <= ymin) return [];
    return [{ label, score: Math.min(1, Math.round(score * 1e4) / 1e4), box: [xmin, ymin, xmax, ymax] }];
  }
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
