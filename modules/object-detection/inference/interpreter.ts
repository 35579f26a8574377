import type { Detection } from "@edge-vision/messages";
import { InferenceError } from "../errors";
import type { Candidate, Plan, PlainTensor } from "../families/family";
import { labelsFor, recognise } from "../families/recognise";
import { suppress } from "../families/suppression";
import type { ModelCard } from "../model/card";
import type { Signature } from "../model/signature";
import { clip, letterbox, stretch, type Placement, type Size } from "../picture/letterbox";
import { TensorWriter, type Pixels, type TensorData } from "../picture/tensor";

export type Tensors = Record<string, PlainTensor>;

/** Turns pictures into what a model wants to be asked, and what it answers into detections. */
export class Interpreter {
  readonly plan: Plan;
  readonly threshold: number;
  readonly iou: number;
  readonly labels: readonly (string | undefined)[];
  readonly #writer: TensorWriter;

  /** @throws ModelError what {@link recognise} and {@link labelsFor} throw */
  constructor(signature: Signature, card: ModelCard) {
    this.plan = recognise(signature, card);
    this.labels = labelsFor(this.plan, card);
    this.threshold = card.threshold ?? this.plan.threshold;
    this.iou = card.iou ?? this.plan.iou;
    this.#writer = new TensorWriter(this.plan.input, this.plan.input);
  }

  /** Where a picture comes to lie in the model's input. */
  place(image: Size): Placement {
    const { input } = this.plan;
    return input.fit === "letterbox" ? letterbox(image, input) : stretch(image, input);
  }

  /**
   * The model's inputs for a picture.
   *
   * @param used inputs of an earlier picture that are done with; they are written over
   */
  inputs(pixels: Pixels, placement: Placement, used?: Tensors): Tensors {
    const target = used?.[this.plan.input.name]?.data as TensorData | undefined;
    return this.plan.feeds(this.#writer.write(pixels, placement, target), placement);
  }

  /** What the model's outputs say of a picture, best first. */
  detections(outputs: Tensors, placement: Placement, threshold: number): Detection[] {
    const found = this.plan.decode(outputs, placement, threshold);
    const kept = this.plan.suppress ? suppress(found, this.iou) : [...found].sort((a, b) => b.score - a.score);
    return kept.flatMap((candidate) => this.#detection(candidate, placement));
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
