import { type CameraSource, type Orientation, redactCameraSource } from "@edge-vision/messages";
import type { ProcessSourceOptions } from "./process-source";

const install = "the Debian package ffmpeg";
const quiet = ["-hide_banner", "-loglevel", "error", "-nostats"];
const pictures = ["-f", "mjpeg", "pipe:1"];
const encode = ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"];

/** The command of a USB camera. Its own JPEGs are passed on untouched where nothing has to be turned. */
export function v4l2(source: Extract<CameraSource, { kind: "v4l2" }>, fps: number): ProcessSourceOptions {
  const { width, height, device, format } = source;
  const filters = turn(source);
  const copy = format === "mjpeg" && filters.length === 0;
  return {
    name: `v4l2 ${device}`,
    programs: ["ffmpeg"],
    arguments: [
      ...quiet,
      ...["-f", "v4l2", "-input_format", format],
      ...(width !== undefined && height !== undefined ? ["-video_size", `${width}x${height}`] : []),
      ...(source.fps === undefined ? [] : ["-framerate", String(source.fps)]),
      ...["-i", device],
      ...(copy ? ["-c:v", "copy"] : [...filter([`fps=${fps}`, ...filters]), ...encode]),
      ...pictures,
    ],
    install,
    devices: [device],
  };
}

/**
 * The command of a network camera. Its address, which may hold a password, goes to ffmpeg's input as a play list of
 * one entry: a command line can be read by every process of the machine.
 */
export function rtsp(source: Extract<CameraSource, { kind: "rtsp" }>, fps: number): ProcessSourceOptions {
  const { url, transport, width, height } = source;
  const scale = width === undefined && height === undefined ? [] : [`scale=${width ?? -2}:${height ?? -2}`];
  return {
    name: redactCameraSource(url),
    programs: ["ffmpeg"],
    arguments: [
      ...quiet,
      ...["-fflags", "nobuffer", "-f", "concat", "-safe", "0"],
      ...["-protocol_whitelist", "pipe,rtsp,rtsps,rtp,srtp,tcp,udp,tls,crypto", "-i", "pipe:0", "-an"],
      ...filter([`fps=${fps}`, ...scale, ...turn(source)]),
      ...encode,
      ...pictures,
    ],
    input: `ffconcat version 1.0\nfile '${url.replaceAll("'", "'\\''")}'\noption rtsp_transport ${transport}\n`,
    secrets: secretsOf(url),
    install,
  };
}

/** The command that plays a video file in real time. */
export function video(source: Extract<CameraSource, { kind: "replay" }>, fps: number): ProcessSourceOptions {
  return {
    name: `replay ${source.path}`,
    programs: ["ffmpeg"],
    arguments: [
      ...quiet,
      ...["-re", ...(source.loop ? ["-stream_loop", "-1"] : []), "-i", source.path, "-an"],
      ...filter([`fps=${fps}`, ...turn(source)]),
      ...encode,
      ...pictures,
    ],
    install,
    devices: [source.path],
    mayEnd: true,
  };
}

function filter(filters: string[]): string[] {
  return ["-vf", filters.join(",")];
}

function turn({ rotate, hflip, vflip }: Orientation): string[] {
  const turned = { 0: [], 90: ["transpose=clock"], 180: ["hflip", "vflip"], 270: ["transpose=cclock"] }[rotate];
  return [...turned, ...(hflip ? ["hflip"] : []), ...(vflip ? ["vflip"] : [])];
}

/** What of an address must not appear in ffmpeg's messages: user name and password, and values of path and query. */
function secretsOf(url: string): string[] {
  const credentials = /^[a-z0-9]+:\/\/([^/?#]*)@/i.exec(url)?.[1] ?? "";
  const password = credentials.slice(credentials.indexOf(":") + 1);
  const values = /=(.+)$/.exec(url)?.[1] ?? "";
  return [credentials, password, values].filter((secret) => secret !== "");
}
