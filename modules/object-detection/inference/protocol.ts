import type { Detection } from "@edge-vision/messages";
import type { Failure } from "../errors";
import type { ModelCard } from "../model/card";
import type { BackendName } from "../runtime/backend";

/** A model as a file on this machine. */
export interface ModelFile {
  file: string;
  /** Refused when the file has another one. */
  sha256?: string;
  /** Used instead of `model.json` beside the file. */
  card?: ModelCard;
}

export interface InferenceOptions {
  /** How many pictures are in the model at once. `auto`: from the cores and the model's size. */
  sessions: number | "auto";
  /** Threads of each session. `auto`: the cores, divided among the sessions. */
  threads: number | "auto";
  backend: BackendName | "auto";
  /** Most pixels of a picture. */
  maxPixels: number;
  /** Largest model file in bytes. */
  maxModelBytes: number;
}

/** What a loaded model is. */
export interface ModelInfo {
  name: string;
  file: string;
  bytes: number;
  sha256: string;
  family: string;
  input: string;
  labels: number;
  /** The model's own threshold: from its card, or the family's. */
  threshold: number;
  iou: number;
  backend: BackendName;
  sessions: number;
  threads: number;
  /** How long the model took for the probe picture, in milliseconds. */
  probeMs: number;
}

export interface Answer {
  detections: Detection[];
  /** Seconds. */
  decodeTime: number;
  inferenceTime: number;
}

/** From the service to the inference process. Pictures travel beside it, over a pipe of frames. */
export type Command =
  | { type: "load"; model: ModelFile; options: InferenceOptions; threshold: number | undefined }
  | { type: "threshold"; value: number | undefined }
  | { type: "cancel"; id: number }
  | { type: "ping" };

/** From the inference process to the service. */
export type Report =
  | { type: "ready"; info: ModelInfo }
  | { type: "refused"; failure: Failure }
  | { type: "answer"; id: number; answer: Answer }
  | { type: "failed"; id: number; failure: Failure }
  | { type: "pong"; residentBytes: number };

/** The file descriptor on which the inference process receives pictures. */
export const frameDescriptor = 4;
