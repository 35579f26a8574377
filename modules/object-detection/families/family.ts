import type { Box } from "@edge-vision/messages";
import type { ModelCard } from "../model/card";
import type { Signature } from "../model/signature";
import type { Placement, Size } from "../picture/letterbox";
import type { PixelFormat, TensorData } from "../picture/tensor";

export type FamilyName = "yolov3" | "tiny-yolov2" | "yolov8" | "ssd-mobilenet" | "nanodet";

/** A tensor as families see it: no runtime's own type. */
export interface PlainTensor {
  type: string;
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
  dims: readonly number[];
}

/** Something found, before suppression: the class's number and the box in pixels of the picture, not clipped. */
export interface Candidate {
  classIndex: number;
  score: number;
  box: Box;
}

/** How to ask one particular model and how to read what it answers. */
export interface Plan {
  family: FamilyName;
  input: Size & PixelFormat & { name: string; fit: "letterbox" | "stretch" };
  /** How many classes the outputs tell apart; `undefined` where the outputs do not show it. */
  classes: number | undefined;
  /** Labels by class number when the card names none. */
  labels: readonly (string | undefined)[] | undefined;
  /** Defaults, used when the card says nothing else. */
  threshold: number;
  iou: number;
  /** Whether overlapping boxes are still to be suppressed. */
  suppress: boolean;
  /** All tensors that the model wants for one picture, each in memory of its own: it is handed from thread to thread. */
  feeds(pixels: TensorData, placement: Placement): Record<string, PlainTensor>;
  /** Everything with at least this score, in any order. */
  decode(outputs: Readonly<Record<string, PlainTensor>>, placement: Placement, threshold: number): Candidate[];
}

/** Either the plan, or every reason why the model is not of this family. */
export type Fit = { plan: Plan } | { reasons: string[] };

/** One family of detectors. Names of tensors are hints; shapes and types decide. */
export interface Family {
  readonly name: FamilyName;
  fit(signature: Signature, card: ModelCard): Fit;
}
