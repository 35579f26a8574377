import type { CameraSource } from "@edge-vision/messages";
import type { ProcessSourceOptions } from "./process-source";

type PiCamera = Extract<CameraSource, { kind: "rpicam" | "raspivid" }>;

const smallestRate = 1;

/** The command of a Raspberry Pi camera on libcamera: `rpicam-vid`, called `libcamera-vid` before Bookworm. */
export function rpicam(source: PiCamera, fps: number): ProcessSourceOptions {
  return {
    name: `rpicam camera ${source.camera}`,
    programs: ["rpicam-vid", "libcamera-vid"],
    arguments: [
      ...["--nopreview", "--timeout", "0", "--codec", "mjpeg", "--flush"],
      ...["--camera", String(source.camera), "--framerate", String(Math.max(smallestRate, fps))],
      ...sizeOf(source),
      ...(source.quality === undefined ? [] : ["--quality", String(source.quality)]),
      // The sensor turns by 180° only; a quarter turn is made afterwards.
      ...(source.rotate === 180 ? ["--rotation", "180"] : []),
      ...mirrorOf(source),
      ...["--output", "-"],
    ],
    install: "rpicam-apps (Raspberry Pi OS Bookworm and later) or libcamera-apps",
  };
}

/** The command of a Raspberry Pi camera on the legacy stack, which talks to the firmware through /dev/vchiq. */
export function raspivid(source: PiCamera, fps: number): ProcessSourceOptions {
  return {
    name: `raspivid camera ${source.camera}`,
    programs: ["raspivid"],
    arguments: [
      ...["--nopreview", "--timeout", "0", "--codec", "MJPEG", "--flush"],
      ...["--camselect", String(source.camera), "--framerate", String(Math.ceil(Math.max(smallestRate, fps)))],
      ...sizeOf(source),
      ...(source.rotate === 0 ? [] : ["--rotation", String(source.rotate)]),
      ...mirrorOf(source),
      ...["--output", "-"],
    ],
    install: "the legacy camera stack (Raspberry Pi OS Buster, or Bullseye with legacy camera support switched on)",
    devices: ["/dev/vchiq"],
  };
}

function sizeOf({ width = 640, height = 480 }: PiCamera): string[] {
  return ["--width", String(width), "--height", String(height)];
}

function mirrorOf({ hflip, vflip }: PiCamera): string[] {
  return [...(hflip ? ["--hflip"] : []), ...(vflip ? ["--vflip"] : [])];
}
