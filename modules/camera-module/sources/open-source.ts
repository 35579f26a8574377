import { parseCameraSource } from "@edge-vision/messages";
import { type FrameSource, SourceError } from "./frame-source";
import { ReplaySource } from "./replay";

/** Makes the source that a setting names; `fps` is the rate that the camera's settings ask for now. */
export function openSource(setting: string, fps: () => number): FrameSource {
  const source = parseCameraSource(setting);
  switch (source.kind) {
    case "replay":
      return new ReplaySource({ path: source.path, loop: source.loop, fps: () => source.fps ?? fps() });
    default:
      throw new SourceError("SOURCE_REFUSED", `a source of the kind ${source.kind} cannot be opened`);
  }
}
