import { randomUUID } from "node:crypto";
import type { CameraSettings, Detection, DetectionsReport } from "@edge-vision/messages";
import type { OutgoingMessage } from "../edge/hub-connection";
import type { Frame } from "../flow/frame";
import { filterDetections } from "./detections-filter";

/** Makes a message of each frame in which something worth reporting was found. */
export class DetectionsReporter {
  readonly #camera: string;
  #lastAt = -Infinity;

  constructor(camera: string) {
    this.#camera = camera;
  }

  /** The message for a frame, or undefined when there is nothing to report or it would come too early. */
  report(frame: Frame, detections: readonly Detection[], settings: CameraSettings): OutgoingMessage | undefined {
    if (settings.report === "spots") return undefined;
    const found = filterDetections(detections, frame, settings);
    if (found.length === 0) return undefined;
    const since = frame.capturedAt - this.#lastAt;
    // A clock that was set back must not silence the camera.
    if (since >= 0 && since < settings.minInterval * 1000) return undefined;
    this.#lastAt = frame.capturedAt;
    const body: DetectionsReport = {
      camera: this.#camera,
      at: new Date(frame.capturedAt).toISOString(),
      width: frame.width,
      height: frame.height,
      detections: found,
    };
    return { id: randomUUID(), type: "detections", body };
  }
}
