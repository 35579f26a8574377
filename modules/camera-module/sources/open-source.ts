import { join } from "node:path";
import { type CameraSource, type Orientation, parseCameraSource } from "@edge-vision/messages";
import { rtsp, v4l2, video } from "./ffmpeg";
import type { FrameSource } from "./frame-source";
import { HttpSource } from "./http";
import { OrientedSource } from "./oriented-source";
import { raspivid, rpicam } from "./pi-camera";
import { ProcessSource } from "./process-source";
import { ReplaySource } from "./replay";

/** Whether the source must be started again when the wanted rate changes, since its program is told it. */
export function isToldItsRate(setting: string): boolean {
  const source = parseCameraSource(setting);
  if (source.kind === "http") return false;
  return source.kind === "replay" ? isVideo(source.path) : source.fps === undefined;
}

/**
 * Makes the source that a setting names; `fps` is the rate that the camera's settings ask for now. A clip that goes on
 * after a restart keeps its place in `stateFolder`.
 */
export function openSource(setting: string, fps: () => number, stateFolder = "."): FrameSource {
  const source = parseCameraSource(setting);
  const rate = (): number => source.fps ?? fps();
  switch (source.kind) {
    case "replay": {
      const { path, loop, resume } = source;
      if (isVideo(path)) return new ProcessSource(video(source, rate()));
      const positionFile = resume ? join(stateFolder, "replay-position") : undefined;
      return oriented(new ReplaySource({ path, loop, positionFile, fps: rate }), source);
    }
    case "rpicam": {
      const camera = new ProcessSource(rpicam(source, rate()));
      const { rotate } = source;
      return rotate === 90 || rotate === 270
        ? new OrientedSource(camera, { rotate, hflip: false, vflip: false })
        : camera;
    }
    case "raspivid":
      return new ProcessSource(raspivid(source, rate()));
    case "v4l2":
      return new ProcessSource(v4l2(source, rate()));
    case "rtsp":
      return new ProcessSource(rtsp(source, rate()));
    case "http":
      return oriented(new HttpSource({ url: source.url, fps: rate }), source);
  }
}

function oriented(source: FrameSource, { rotate, hflip, vflip }: Orientation & CameraSource): FrameSource {
  const upright = rotate === 0 && !hflip && !vflip;
  return upright ? source : new OrientedSource(source, { rotate, hflip, vflip });
}

function isVideo(path: string): boolean {
  return /\.(mp4|m4v|mov|mkv|avi|webm|ts|h264|264)$/i.test(path);
}
